/** transformers.js on the processor: its own loading and its own build of onnxruntime-web. */

import { timeEncoder } from "./encoder.js";

const PACKAGE = "/benches/node_modules/@huggingface/transformers/";

/** @param {import("./encoder.js").EncoderTask & {file: string, threads: number}} task */
export async function embed(task) {
  const { AutoModel, Tensor, env } = await import(`${PACKAGE}dist/transformers.min.js`);
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, useBrowserCache: false });
  env.localModelPath = task.file.replace(/[^/]+$/, "");
  env.backends.onnx.wasm.wasmPaths = `${PACKAGE}node_modules/onnxruntime-web/dist/`;
  env.backends.onnx.wasm.numThreads = task.threads;
  const name = task.file.slice(env.localModelPath.length);
  const model = await AutoModel.from_pretrained(name, { dtype: "q8", device: "wasm" });
  const tensor = (/** @type {bigint[]} */ values) =>
    new Tensor("int64", BigInt64Array.from(values), [1, values.length]);
  return timeEncoder(async (ids) => {
    const { last_hidden_state } = await model({
      input_ids: tensor(ids.map(BigInt)),
      attention_mask: tensor(ids.map(() => 1n)),
      token_type_ids: tensor(ids.map(() => 0n)),
    });
    return last_hidden_state.data.slice(0, last_hidden_state.dims[2]); // (1, n_tokens, n_embd)
  }, task);
}
