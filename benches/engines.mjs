/**
 * What is compared: each engine with the jobs it can do and the threads it is tried with.
 */

import { existsSync } from "node:fs";
import path from "node:path";

import { MODELS_FOLDER } from "./models.mjs";

/**
 * @typedef {"generate" | "embed" | "firstToken" | "limits"} Job
 *
 * @typedef {object} Engine
 * @property {string} id as `--only` names it
 * @property {string} label
 * @property {string} module its file in benches/page, without `.js`
 * @property {Job[]} jobs
 * @property {number[]} threads
 * @property {"native"} [where] not in the browser: benches/native.mjs runs it
 * @property {string} [encoder] the encoder's file that it reads, from the repository's root
 * @property {{lengths: number[], nVocab: number}} [sentences] where it cannot read those of MiniLM
 * @property {true} [busy] measured while another process keeps a core busy
 * @property {Record<number, string>} [packages] where it is built here: by number of threads, the
 *   module, without which it is left out
 */

const MINILM = `${MODELS_FOLDER}/minilm-l6`;
const PACKAGES = { 1: "pkg/nearside.js", 2: "pkg/threads/nearside.js" };

/** @type {Engine[]} */
export const ENGINES = [
  {
    id: "nearside",
    label: "Nearside",
    module: "nearside",
    jobs: ["generate", "embed", "firstToken"],
    threads: [1, 2],
    encoder: `${MINILM}/model-q8_0.gguf`,
    packages: PACKAGES,
  },
  {
    id: "nearside-q5_1",
    label: "Nearside, Q5_1",
    module: "nearside",
    jobs: ["embed"],
    threads: [1, 2],
    encoder: `${MINILM}/model-q5_1.gguf`,
    packages: PACKAGES,
  },
  {
    id: "nearside-scorer",
    label: "Nearside, the embedded pair's scorer",
    module: "nearside",
    jobs: ["embed"],
    threads: [1],
    encoder: "models/scorer.gguf",
    sentences: { lengths: [16, 64, 128], nVocab: 900 },
    packages: PACKAGES,
  },
  {
    id: "nearside-general",
    label: "Nearside, the general scorer",
    module: "nearside",
    jobs: ["embed"],
    threads: [1, 2],
    encoder: "models/general.gguf",
    sentences: { lengths: [16, 64, 128, 256], nVocab: 9000 },
    packages: PACKAGES,
  },
  {
    id: "nearside-busy",
    label: "Nearside, one core kept busy",
    module: "nearside",
    jobs: ["generate"],
    threads: [1, 2],
    busy: true,
    packages: PACKAGES,
  },
  {
    id: "nearside-simd128",
    label: "Nearside without relaxed SIMD",
    module: "nearside",
    jobs: ["generate"],
    threads: [1],
    packages: { 1: "pkg/simd128/nearside.js" },
  },
  {
    id: "wllama-2.4.0",
    label: "wllama 2.4.0",
    module: "wllama",
    jobs: ["generate", "firstToken"],
    threads: [1, 2],
  },
  {
    id: "wllama-3.8.1",
    label: "wllama 3.8.1",
    module: "wllama",
    jobs: ["generate", "firstToken"],
    threads: [1, 2],
  },
  {
    id: "candle",
    label: "candle 0.11, its own llama",
    module: "candle",
    jobs: ["generate"],
    threads: [1],
    packages: { 1: "target/bench/candle/candle_bench.js" },
  },
  {
    id: "ort-int8",
    label: "onnxruntime-web int8",
    module: "onnxruntime",
    jobs: ["embed"],
    threads: [1, 2],
    encoder: `${MINILM}/onnx/model_quantized.onnx`,
  },
  {
    id: "ort-fp32",
    label: "onnxruntime-web fp32",
    module: "onnxruntime",
    jobs: ["embed"],
    threads: [1, 2],
    encoder: `${MINILM}/onnx/model.onnx`,
  },
  {
    id: "transformers-int8",
    label: "transformers.js int8",
    module: "transformers",
    jobs: ["embed"],
    threads: [1, 2],
    encoder: MINILM,
  },
  {
    id: "llama.cpp",
    label: "llama.cpp, native",
    module: "",
    where: "native",
    jobs: ["generate"],
    threads: [1, 2],
  },
  {
    id: "limits",
    label: "limit in wasm",
    module: "limits",
    jobs: ["limits"],
    threads: [1, 2],
  },
];

/**
 * The engine's numbers of threads that can be run here; `leftOut` hears of the others.
 * @param {Engine} engine @param {string} root @param {(note: string) => void} leftOut
 */
export function runnableThreads({ label, threads, packages = {} }, root, leftOut) {
  return threads.filter((n) => {
    const missing = packages[n] && !existsSync(path.join(root, packages[n]));
    if (missing) leftOut(`${label} with ${n} thread${n > 1 ? "s" : ""} is left out: there is no ${packages[n]}.`);
    return !missing;
  });
}
