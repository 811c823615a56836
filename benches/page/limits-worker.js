/** One worker's share of limits.js: benches/limits.wat, each loop for about the same time. */

import { serveJobs } from "./in-worker.js";

/**
 * Per second: bytes read, and operations.
 * @typedef {Record<"readBytes" | "relaxedDot" | "relaxedDotShort" | "relaxedDotWide" | "wideDot" | "multiplyAdd", number>} Rates
 */

/** Operations in one step of each loop, a product and a sum counted as two. */
const OPERATIONS = { relaxedDot: 32, relaxedDotShort: 32, relaxedDotWide: 32, wideDot: 16, multiplyAdd: 8 };

const N_STEPS = 1 << 26;
const N_REPEATS = 7;

serveJobs({
  /** @returns {Promise<Rates>} */
  async limits() {
    const compiled = await WebAssembly.compileStreaming(fetch("/target/bench/limits.wasm"));
    const { exports } = await WebAssembly.instantiate(compiled);
    const { memory, readBytes, ...loops } = /** @type {any} */ (exports);
    new Uint32Array(memory.buffer).fill(0x01020304);
    const nBytes = memory.buffer.byteLength;
    const operations = Object.entries(OPERATIONS).map(([name, perStep]) => [
      name,
      bestRate(() => loops[name](N_STEPS), perStep * N_STEPS),
    ]);
    return { readBytes: bestRate(() => readBytes(nBytes), nBytes), ...Object.fromEntries(operations) };
  },
});

/** The best of a few, as others only ever slow a loop down. @param {() => void} loop @param {number} amount */
function bestRate(loop, amount) {
  let best = 0;
  for (let i = 0; i < N_REPEATS; i++) {
    const started = performance.now();
    loop();
    best = Math.max(best, amount / ((performance.now() - started) / 1000));
  }
  return best;
}
