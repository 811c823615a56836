/** Nearside, in a dedicated worker as in a page that uses it. */

import { inWorker } from "./in-worker.js";
import { storeInOpfs } from "./opfs.js";

/** @param {object} task */
export const generate = (task) => inWorker("nearside-worker.js", task);

/** @param {object} task */
export const embed = (task) => inWorker("nearside-worker.js", task);

/** @param {object} task */
export const resume = (task) => inWorker("nearside-worker.js", task);

/** @param {{file: string}} task */
export async function firstToken(task) {
  await storeInOpfs(task.file);
  return inWorker("nearside-worker.js", task);
}
