/** wllama: llama.cpp in wasm. Version 2 is driven token by token, version 3 through its completions. */

import { timeGeneration } from "./generation.js";
import { storedFile, storeInOpfs } from "./opfs.js";
import { warmUp } from "./warm-up.js";

const N_CTX = 1024;
const QUIET = { debug() {}, log() {}, warn() {}, error: console.error };

/** @typedef {{engine: string, file: string, threads: number, prompt: number[],
 *   text: string, continuation: number[]}} Task */

/** @param {Task} task */
export async function generate(task) {
  const wllama = await open(task);
  const blob = await (await fetch(task.file)).blob();
  await wllama.loadModel([blob], parameters(task));
  return isVersion2(task) ? timeGeneration(tokenByToken(wllama), task) : completion(wllama, task);
}

/** @param {Task} task */
export async function firstToken(task) {
  await storeInOpfs(task.file);
  const started = performance.now();
  const wllama = await open(task);
  await wllama.loadModel([await (await storedFile()).getFile()], parameters(task));
  const loaded = performance.now();
  await (isVersion2(task) ? wllama.decode(task.prompt.slice(0, 1), {}) : complete(wllama, task.text[0], 1));
  const ended = performance.now();
  return { startMillis: 0, loadMillis: loaded - started, totalMillis: ended - started };
}

/** @param {Task} task */
const isVersion2 = (task) => task.engine.startsWith("wllama-2");

/** @param {Task} task */
async function open(task) {
  const base = `/benches/node_modules/${task.engine}/esm/`;
  const { Wllama } = await import(`${base}index.js`);
  const paths = isVersion2(task)
    ? {
        "single-thread/wllama.wasm": `${base}single-thread/wllama.wasm`,
        "multi-thread/wllama.wasm": `${base}multi-thread/wllama.wasm`,
      }
    : { default: `${base}wasm/wllama.wasm` };
  return new Wllama(paths, { suppressNativeLog: true, logger: QUIET });
}

/** One dialogue on the processor; batch sizes are wllama's own. @param {Task} task */
const parameters = ({ threads }) => ({ n_ctx: N_CTX, n_threads: threads, n_gpu_layers: 0, n_parallel: 1 });

/** @param {any} wllama @returns {import("./generation.js").Generator} */
const tokenByToken = (wllama) => ({
  prefill: (ids) => wllama.decode(ids, {}),
  decode: (id) => wllama.decode([id], {}),
  clear: () => wllama.kvClear(),
});

/**
 * Version 3 has no call for a single token; it times both phases itself.
 * @param {any} wllama @param {Task} task
 */
async function completion(wllama, { prompt, text, continuation }) {
  await warmUp(() => complete(wllama, text.slice(0, 32), 8));
  // The first token comes out of the prompt's batch: one more, for as many decoded ones.
  const { timings } = await complete(wllama, text, continuation.length + 1);
  if (timings.prompt_n !== prompt.length || timings.predicted_n !== continuation.length + 1) {
    throw new Error(`wllama read ${timings.prompt_n} and wrote ${timings.predicted_n} tokens`);
  }
  return { prefillMillis: timings.prompt_ms, decodeMillis: timings.predicted_ms };
}

/** @param {any} wllama @param {string} prompt @param {number} nTokens */
const complete = (wllama, prompt, nTokens) =>
  wllama.createCompletion({
    prompt,
    max_tokens: nTokens,
    cache_prompt: false,
    ignore_eos: true,
    temperature: 0,
    samplers: ["temperature"],
  });
