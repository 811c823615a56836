/**
 * The one way to time a language model, whatever the engine: a prompt at once, then tokens one by
 * one, after a warm-up in which the browser optimises the module's inner loops.
 */

import { warmUp } from "./warm-up.js";

/**
 * @typedef {object} Generator
 * @property {(ids: number[]) => unknown} prefill
 * @property {(id: number) => unknown} decode
 * @property {() => unknown} clear forgets every token
 *
 * @typedef {object} GenerationTask
 * @property {number[]} prompt
 * @property {number[]} continuation the tokens to decode, the same for every engine
 */

const N_WARM_UP_PROMPT = 32;
const N_WARM_UP_TOKENS = 8;

/** @param {Generator} generator @param {GenerationTask} task */
export async function timeGeneration(generator, { prompt, continuation }) {
  const [ids, tokens] = [prompt.slice(0, N_WARM_UP_PROMPT), continuation.slice(0, N_WARM_UP_TOKENS)];
  await warmUp(() => generate(generator, ids, tokens));
  return generate(generator, prompt, continuation);
}

/** @param {Generator} generator @param {number[]} prompt @param {number[]} continuation */
async function generate(generator, prompt, continuation) {
  await generator.clear();
  const started = performance.now();
  await generator.prefill(prompt);
  const prefilled = performance.now();
  for (const id of continuation) await generator.decode(id);
  return { prefillMillis: prefilled - started, decodeMillis: performance.now() - prefilled };
}
