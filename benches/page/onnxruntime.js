/** onnxruntime-web on the processor, in the page as its documentation shows it. */

import { timeEncoder } from "./encoder.js";

const FOLDER = "/benches/node_modules/onnxruntime-web/dist/";

/** @param {import("./encoder.js").EncoderTask & {file: string, threads: number}} task */
export async function embed(task) {
  const ort = await import(`${FOLDER}ort.wasm.min.mjs`);
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = task.threads;
  const session = await ort.InferenceSession.create(task.file, { executionProviders: ["wasm"] });
  return timeEncoder(async (ids) => {
    const outputs = await session.run(inputs(ort.Tensor, ids));
    const { data, dims } = outputs.last_hidden_state; // (1, n_tokens, n_embd)
    return data.slice(0, dims[2]);
  }, task);
}

/** @param {new (kind: string, data: BigInt64Array, dims: number[]) => unknown} Tensor @param {number[]} ids */
function inputs(Tensor, ids) {
  const tensor = (/** @type {bigint[]} */ values) =>
    new Tensor("int64", BigInt64Array.from(values), [1, values.length]);
  return {
    input_ids: tensor(ids.map(BigInt)),
    attention_mask: tensor(ids.map(() => 1n)),
    token_type_ids: tensor(ids.map(() => 0n)),
  };
}
