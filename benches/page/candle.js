/** candle's own Llama in wasm, in a dedicated worker. */

import { inWorker } from "./in-worker.js";

/** @param {object} task */
export const generate = (task) => inWorker("candle-worker.js", task);
