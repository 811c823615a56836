/** The worker's half of candle.js: the crate in benches/candle. */

import { timeGeneration } from "./generation.js";
import { serveJobs } from "./in-worker.js";

serveJobs({
  /** @param {import("./generation.js").GenerationTask & {package: string, file: string}} task */
  async generate(task) {
    const module = await import(task.package);
    const { memory } = await module.default();
    const model = module.Llama.load(new Uint8Array(await (await fetch(task.file)).arrayBuffer()));
    const loadedBytes = memory.buffer.byteLength;
    const generator = {
      /** @param {number[]} ids */
      prefill: (ids) => model.prefill(new Uint32Array(ids)),
      /** @param {number} id */
      decode: (id) => model.decode(id),
      clear: () => model.clear(),
    };
    const times = await timeGeneration(generator, task);
    return { ...times, loadedBytes, peakBytes: memory.buffer.byteLength };
  },
});
