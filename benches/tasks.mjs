/**
 * One round's runs, in the order in which they are made: every engine once with every model.
 */

import { MODELS } from "./models.mjs";

/** @typedef {import("./engines.mjs").Engine} Engine @typedef {import("./engines.mjs").Job} Job */

/**
 * @typedef {object} Task
 * @property {string} engine
 * @property {string} module
 * @property {Job} job
 * @property {number} threads
 * @property {string} [package] the module's address, where it is built here
 * @property {string} [model] the mix, where a language model is run
 * @property {string} [file] its address on the server
 * @property {number[]} [prompt]
 * @property {string} [text] the same prompt before it was cut into tokens
 * @property {number[]} [continuation]
 * @property {number[][]} [sentences]
 * @property {number} [repeats]
 * @property {true} [busy]
 */

export const N_PROMPT = 256;
export const N_DECODED = 64;
export const SENTENCE_LENGTHS = [16, 64, 128, 256];
const MINILM_SENTENCES = { lengths: SENTENCE_LENGTHS, nVocab: 30_000 };
const N_REPEATS = 7;
/** Word pieces before it may be special ones. */
const FIRST_PIECE = 110;

/** What a page downloads once, and loads at each visit. */
export const LOADED_MODEL = "smollm2";

/**
 * @param {{engine: Engine, threads: number[]}[]} entrants
 * @param {{models: string[], jobs: Job[]}} options
 * @returns {Task[]}
 */
export function round(entrants, { models, jobs }) {
  const runs = (/** @type {Job} */ job, /** @type {(engine: Engine) => Partial<Task>} */ details) =>
    !jobs.includes(job)
      ? []
      : entrants
          .filter(({ engine }) => engine.jobs.includes(job))
          .flatMap(({ engine, threads }) =>
            threads.map((n) => ({ ...common(engine, job, n), ...details(engine) })),
          );
  return [
    ...runs("limits", () => ({})),
    ...models.flatMap((model) => runs("generate", () => generation(model)).filter(({ engine }) => reads(engine, model))),
    ...runs("firstToken", () => generation(LOADED_MODEL)),
    ...runs("embed", ({ encoder, sentences: { lengths, nVocab } = MINILM_SENTENCES }) => ({
      file: `/${encoder}`,
      sentences: lengths.map((n) => sentence(n, nVocab)),
      repeats: N_REPEATS,
    })),
  ];
}

/** candle's own Llama is of that family alone. @param {string} engine @param {string} model */
const reads = (engine, model) => engine !== "candle" || model !== "qwen";

/** @param {Engine} engine @param {Job} job @param {number} threads @returns {Task} */
const common = ({ id, module, packages, busy }, job, threads) => ({
  engine: id,
  module,
  job,
  threads,
  package: packages && `/${packages[threads]}`,
  busy,
});

/** @param {string} model */
const generation = (model) => ({
  model,
  file: `/${MODELS[model].file}`,
  prompt: [...PROMPT].map((digit) => MODELS[model].zeroId + Number(digit)),
  text: PROMPT,
  continuation: Array.from({ length: N_DECODED }, (_, i) => (MODELS[model].zeroId + i * 7919) % MODELS[model].nVocab),
});

/** Digits, since each is one token: wllama 3 takes text only. */
const PROMPT = Array.from({ length: N_PROMPT }, (_, i) => (i * 7) % 10).join("");

/** @param {number} n @param {number} nVocab */
function sentence(n, nVocab) {
  return Array.from({ length: n }, (_, i) => FIRST_PIECE + ((i * 7919) % (nVocab - FIRST_PIECE)));
}
