/**
 * The model files that the engines run: the demo's real pair, which `cargo xtask models` fetches, and
 * files of random weights that benches/models/ makes; and what the limits of a machine say about them.
 */

import { stat } from "node:fs/promises";
import path from "node:path";

export const MODELS_FOLDER = "target/bench/models";

/**
 * @typedef {object} BenchModel
 * @property {string} title
 * @property {string} file from the repository's root
 * @property {boolean} real
 * @property {number} nVocab
 * @property {number} zeroId the token `0`; the other digits follow it
 * @property {number} nLayerWeights weights that every prompt token is multiplied with: all but the output's
 * @property {number} kvBytesPerToken keys and values as half floats
 * @property {number} unreadBytes of the file, when a token is decoded: vocabulary, merges, names, and
 *   the embedding where the output has weights of its own
 * @property {boolean} narrow whether its weights have so few bits that two products leave room to sum
 */

const SMOLLM2 = {
  nVocab: 49152,
  nLayerWeights: 30 * (2 * 576 * 576 + 2 * 192 * 576 + 3 * 576 * 1536),
  kvBytesPerToken: 30 * 2 * 192 * 2,
};
/** Its vocabulary begins with 17 special tokens and all bytes. @param {string} mix */
const synthetic = (mix) => ({
  ...SMOLLM2,
  title: `${mix.toUpperCase()}, random`,
  file: `${MODELS_FOLDER}/smollm2-135m-${mix}.gguf`,
  real: false,
  zeroId: 17 + 0x30,
  unreadBytes: 2_000_000,
  narrow: mix !== "q8_0",
});

/** @type {Record<string, BenchModel>} */
export const MODELS = {
  smollm2: {
    ...SMOLLM2,
    title: "SmolLM2 135M Q4_1",
    file: "models/fetched/smollm2-135m-instruct.gguf",
    real: true,
    zeroId: 32,
    unreadBytes: 1_785_664,
    narrow: true,
  },
  qwen: {
    title: "Qwen2.5 0.5B Q4_K_M",
    file: "models/fetched/qwen2.5-coder-0.5b-instruct.gguf",
    real: true,
    nVocab: 151_936,
    zeroId: 15,
    nLayerWeights: 24 * (2 * 896 * 896 + 2 * 128 * 896 + 3 * 896 * 4864),
    kvBytesPerToken: 24 * 2 * 128 * 2,
    // The output is a tensor of its own, of 8 bits; of the embedding, of 5, one row is read.
    unreadBytes: 5_947_776 + (151_936 * 896 * 22) / 32,
    narrow: true,
  },
  q8_0: synthetic("q8_0"),
  q4_0: synthetic("q4_0"),
  q4_k_m: synthetic("q4_k_m"),
};

/** Where the real pair is fast, files of the same shape in another encoding are too. */
export const DEFAULT_MODELS = ["smollm2", "qwen", "q8_0"];

/** @param {string} root @param {string} model */
export async function modelBytes(root, model) {
  return (await stat(path.join(root, MODELS[model].file))).size;
}
