/** llama.cpp outside the browser: its llama-bench on the same files, in the shape of the other runs. */

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import { MODELS } from "./models.mjs";
import { N_DECODED, N_PROMPT } from "./tasks.mjs";

/** @typedef {import("./run.mjs").Run} Run */

/**
 * All rounds of one model.
 * @param {string} llamaBench @param {string} root
 * @param {{model: string, threads: number, rounds: number}} what
 * @returns {Promise<Run[]>}
 */
export async function runNatively(llamaBench, root, { model, threads, rounds }) {
  const numbers = { "-t": threads, "-p": N_PROMPT, "-n": N_DECODED, "-r": rounds };
  const { stdout } = await promisify(execFile)(llamaBench, [
    "-m",
    path.join(root, MODELS[model].file),
    ...Object.entries(numbers).flatMap(([name, value]) => [name, String(value)]),
    ...["-o", "json"],
  ]);
  const results = /** @type {{n_gen: number, samples_ns: number[]}[]} */ (JSON.parse(stdout));
  const millis = (/** @type {boolean} */ decodes) =>
    (results.find(({ n_gen }) => n_gen > 0 === decodes)?.samples_ns ?? []).map((ns) => ns / 1e6);
  const [prefill, decode] = [millis(false), millis(true)];
  return prefill.map((prefillMillis, i) => ({
    round: i + 1,
    engine: "llama.cpp",
    job: "generate",
    threads,
    model,
    prefillMillis,
    decodeMillis: decode[i],
  }));
}
