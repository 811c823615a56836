/**
 * An engine of `@mlc-ai/web-llm` (on the GPU, by WebGPU) as a device engine.
 *
 *     import { MLCEngine } from "@mlc-ai/web-llm";
 *     const deviceEngine = webLlm({ engine: new MLCEngine(), model: "Llama-3.2-1B-Instruct-q4f16_1-MLC" });
 *     const router = Router.create({ deviceEngine, baseUrl: "/v1" });
 *
 * An engine in a worker (`WebWorkerMLCEngine`) is handed over in the same way. WebLLM reads only what is new
 * of a dialogue that goes on with all that it holds.
 */

/** @typedef {import("./engine.js").DeviceEngine} DeviceEngine */
/** @typedef {import("./engine.js").EngineRequest} EngineRequest */
/** @typedef {import("@mlc-ai/web-llm").MLCEngineInterface} MLCEngineInterface */
/** @typedef {import("@mlc-ai/web-llm").ChatCompletionRequestStreaming} Request */

/**
 * @typedef {object} WebLlmOptions
 * @property {MLCEngineInterface} engine
 * @property {string} [model] a `model_id` that the engine knows, to be loaded; none: one is loaded already, as by `CreateMLCEngine`
 * @property {string} [name] which model this is, if not `model`: what is learned of it is kept under this name
 * @property {number} [contextTokens] its `context_window_size`: 4096 unless told otherwise, as with most of WebLLM's models
 * @property {import("@mlc-ai/web-llm").ChatOptions} [chatOptions] for `engine.reload`
 * @property {boolean} [logprobs] how likely each token is, for the second look; WebLLM fetches the whole vocabulary's numbers from the GPU for that, so it is off unless told otherwise
 * @property {import("../types.js").Sampling} [sampling]
 */

/** @param {WebLlmOptions} options @returns {DeviceEngine} */
export function webLlm(options) {
  return new WebLlmEngine(options);
}

/** @implements {DeviceEngine} */
class WebLlmEngine {
  #engine;
  #model;
  #chatOptions;
  #loaded;
  #logprobs;

  /** @param {WebLlmOptions} options */
  constructor({ engine, model, name, contextTokens = 4096, chatOptions, logprobs = false, sampling }) {
    this.name = name ?? model ?? "web-llm";
    this.contextTokens = contextTokens;
    this.sampling = sampling;
    this.capabilities = { keepsPrefix: /** @type {const} */ ("whole"), limitsLength: true, tokenCounts: logprobs };
    this.#engine = engine;
    this.#chatOptions = chatOptions;
    this.#model = model;
    this.#loaded = model === undefined;
    this.#logprobs = logprobs;
  }

  /** @param {import("./engine.js").LoadRequest} how */
  async load({ onProgress, signal }) {
    const [engine, model] = [this.#engine, this.#model];
    if (this.#loaded || model === undefined) return;
    engine.setInitProgressCallback(({ progress }) => onProgress(progress));
    // It ends a download that is under way; what has come stays in WebLLM's cache.
    const pause = () => void engine.unload();
    signal.addEventListener("abort", pause);
    try {
      await engine.reload(model, this.#chatOptions);
      this.#loaded = true;
    } finally {
      signal.removeEventListener("abort", pause);
    }
  }

  /** @param {EngineRequest} request @returns {AsyncGenerator<import("./engine.js").EnginePiece>} */
  async *generate(request) {
    const { signal } = request;
    const interrupt = () => this.#engine.interruptGenerate();
    signal.addEventListener("abort", interrupt);
    try {
      const chunks = await this.#engine.chat.completions.create(this.#requestOf(request));
      for await (const { choices } of chunks) {
        const [choice] = choices;
        // It is read to its end, where WebLLM lets go of its model.
        if (signal.aborted || !choice) continue;
        const text = choice.delta.content ?? "";
        const { finish_reason: finish, logprobs } = choice;
        if (finish === "abort") continue;
        const told = logprobs?.content?.map(({ logprob }) => logprob);
        yield {
          text,
          ...(told && { logprobs: told, tokens: told.length }),
          ...(finish && { finish: finish === "length" ? "length" : "stop" }),
        };
      }
    } finally {
      if (signal.aborted) interrupt();
      signal.removeEventListener("abort", interrupt);
    }
  }

  async dispose() {
    await this.#engine.unload();
    this.#loaded = false;
  }

  /** @param {EngineRequest} request @returns {Request} */
  #requestOf({ messages, maxTokens, sampling, seed, stop }) {
    const { temperature, top_p, repetition_penalty } = sampling;
    // WebLLM takes a system message in the first place alone.
    const told = messages.map(({ role, content }, index) =>
      role === "system" && index > 0 ? { role: /** @type {const} */ ("user"), content } : { role, content },
    );
    return {
      messages: /** @type {Request["messages"]} */ (told),
      stream: true,
      max_tokens: maxTokens,
      temperature,
      top_p: Math.min(Math.max(top_p, 0.01), 1),
      repetition_penalty,
      seed,
      ...(stop.length > 0 && { stop }),
      ...(this.#logprobs && { logprobs: true, top_logprobs: 1 }),
    };
  }
}
