/** The limits of the machine in wasm, with one worker or several at the same time. */

import { inWorker } from "./in-worker.js";

/** @typedef {import("./limits-worker.js").Rates} Rates */

/** @param {{threads: number, job: string}} task @returns {Promise<{rates: Rates}>} */
export async function limits(task) {
  const workers = Array.from({ length: task.threads }, () => inWorker("limits-worker.js", task));
  const all = /** @type {Rates[]} */ (await Promise.all(workers));
  const sum = (/** @type {keyof Rates} */ name) => all.reduce((total, rates) => total + rates[name], 0);
  const names = /** @type {(keyof Rates)[]} */ (Object.keys(all[0]));
  return { rates: /** @type {Rates} */ (Object.fromEntries(names.map((name) => [name, sum(name)]))) };
}
