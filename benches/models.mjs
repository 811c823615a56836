/**
 * The model files, which benches/models/ makes, and what the limits of a machine say about them.
 */

import { stat } from "node:fs/promises";
import path from "node:path";

export const MODELS_FOLDER = "target/bench/models";

/** The shape of SmolLM2-135M, as in benches/models/llama.py. */
export const MODELS = {
  mixes: ["q8_0", "q4_0", "q4_k_m"],
  nVocab: 49152,
  /** The token `0`, after 17 special ones and 48 bytes; the other digits follow it. */
  zeroId: 17 + 0x30,
  /** Weights that every prompt token is multiplied with: all but the output's. */
  nLayerWeights: 30 * (2 * 576 * 576 + 2 * 192 * 576 + 3 * 576 * 1536),
  /** Keys and values as half floats. */
  kvBytesPerToken: 30 * 2 * 192 * 2,
  /** Vocabulary, merges and names, which are not read again once loaded. */
  headerBytes: 2_000_000,
};

/** @param {string} mix */
export const modelFile = (mix) => `smollm2-135m-${mix}.gguf`;

/** @param {string} root @param {string} mix */
export async function modelBytes(root, mix) {
  return (await stat(path.join(root, MODELS_FOLDER, modelFile(mix)))).size;
}
