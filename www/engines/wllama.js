/**
 * `@wllama/wllama`, version 3 (llama.cpp in wasm, and on the GPU where the browser has WebGPU), as a device
 * engine.
 *
 *     import { Wllama } from "@wllama/wllama";
 *     const deviceEngine = wllama({
 *       wllama: new Wllama({ default: "/wllama/wllama.wasm" }),
 *       name: "smollm2-135m-instruct",
 *       model: "/models/smollm2-135m-instruct.gguf",
 *     });
 *     const router = Router.create({ deviceEngine, baseUrl: "/v1" });
 *
 * It tells nearly all that the router wants to know: tokens, how likely they are, and how far it has read.
 */

/** @typedef {import("./engine.js").DeviceEngine} DeviceEngine */
/** @typedef {import("./engine.js").EngineRequest} EngineRequest */
/** @typedef {import("@wllama/wllama").Wllama} Wllama */
/** @typedef {Parameters<Wllama["loadModelFromHF"]>[0]} HuggingFaceFile */

/**
 * @typedef {object} WllamaOptions
 * @property {Wllama} wllama
 * @property {string} name which model this is
 * @property {string | Blob[] | HuggingFaceFile} [model] a URL, the file's parts, or where it is at Hugging Face; none: it is loaded already
 * @property {Parameters<Wllama["loadModelFromUrl"]>[1]} [parameters] for loading: `n_ctx`, `n_threads` and others
 * @property {boolean} [logprobs] how likely each token is, for the second look; true unless told otherwise
 * @property {import("../types.js").Sampling} [sampling]
 */

/** @param {WllamaOptions} options @returns {DeviceEngine} */
export function wllama(options) {
  return new WllamaEngine(options);
}

/** @implements {DeviceEngine} */
class WllamaEngine {
  contextTokens = 0;
  capabilities = {
    continuesAnswers: true,
    keepsPrefix: /** @type {const} */ ("prefix"),
    tokenCounts: true,
    limitsLength: true,
    readsAhead: true,
  };
  #wllama;
  #model;
  #parameters;
  #logprobs;

  /** @param {WllamaOptions} options */
  constructor({ wllama, name, model, parameters, logprobs = true, sampling }) {
    this.name = name;
    this.sampling = sampling;
    this.#wllama = wllama;
    this.#model = model;
    // One dialogue at a time; with more slots llama.cpp would keep several, each with less room.
    this.#parameters = { n_parallel: 1, n_ctx: 4096, ...parameters };
    this.#logprobs = logprobs;
  }

  /** @param {import("./engine.js").LoadRequest} how */
  async load({ onProgress, signal }) {
    const wllama = this.#wllama;
    if (!wllama.isModelLoaded()) {
      const model = this.#model;
      const progressCallback = (/** @type {{loaded: number, total: number}} */ { loaded, total }) =>
        onProgress(total > 0 ? loaded / total : 0);
      const how = { ...this.#parameters, progressCallback, signal };
      if (model === undefined) throw new Error("wllama has no model, and none was named");
      if (typeof model === "string") await wllama.loadModelFromUrl(model, how);
      else if (Array.isArray(model)) await wllama.loadModel(model, this.#parameters);
      else await wllama.loadModelFromHF(model, how);
    }
    this.contextTokens = wllama.getLoadedContextInfo().n_ctx;
  }

  /** @param {EngineRequest} request @returns {AsyncGenerator<import("./engine.js").EnginePiece>} */
  async *generate({ messages, readsOnly, maxTokens, sampling, seed, signal }) {
    const { temperature, top_k, top_p, min_p, repetition_penalty } = sampling;
    const chunks = await this.#wllama.createChatCompletion({
      messages: [...messages],
      stream: true,
      max_tokens: readsOnly ? 0 : maxTokens,
      temperature,
      top_k,
      top_p,
      min_p,
      penalty_repeat: repetition_penalty,
      seed,
      cache_prompt: true,
      return_progress: true,
      ...(this.#logprobs && { logprobs: true, top_logprobs: 1 }),
      abortSignal: signal,
    });
    try {
      for await (const { choices, prompt_progress } of chunks) {
        if (prompt_progress) yield { read: prompt_progress.processed / prompt_progress.total };
        const [choice] = choices ?? [];
        if (!choice) continue;
        const { finish_reason, delta } = choice;
        // llama.cpp writes one token also where none is wanted.
        if (readsOnly) {
          if (finish_reason) yield { finish: "length" };
          continue;
        }
        const text = delta.content ?? "";
        const told = choice.logprobs?.content;
        yield {
          text,
          tokens: told?.length ?? (text === "" ? 0 : 1),
          ...(told && { logprobs: told.map(({ logprob }) => logprob) }),
          ...(finish_reason && { finish: finish_reason === "length" ? "length" : "stop" }),
        };
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  async dispose() {
    await this.#wllama.exit();
  }
}
