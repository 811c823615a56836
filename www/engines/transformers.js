/**
 * A text-generation pipeline of `@huggingface/transformers` (ONNX, on the GPU or the processor) as a device
 * engine.
 *
 *     import { pipeline } from "@huggingface/transformers";
 *     const model = "onnx-community/Qwen3-0.6B-ONNX";
 *     const deviceEngine = transformers({
 *       name: model,
 *       generator: (onProgress) =>
 *         pipeline("text-generation", model, { device: "webgpu", progress_callback: onProgress }),
 *     });
 *     const router = Router.create({ deviceEngine, baseUrl: "/v1" });
 *
 * On the processor the package computes where it is called, and the page stands still while it reads the
 * prompt and for each token: set `env.backends.onnx.wasm.proxy = true` there.
 */

/** @typedef {import("./engine.js").DeviceEngine} DeviceEngine */
/** @typedef {import("./engine.js").EngineRequest} EngineRequest */
/** @typedef {import("./engine.js").EnginePiece} EnginePiece */
/** @typedef {import("@huggingface/transformers").TextGenerationPipeline} Generator */
/** @typedef {{status: string, file?: string, loaded?: number, total?: number}} FileProgress */
/** @typedef {{input_ids: any, attention_mask: any}} Inputs */

/**
 * @typedef {object} TransformersOptions
 * @property {string} name which model this is
 * @property {Generator | ((onProgress: (progress: FileProgress) => void) => Promise<Generator>)} generator the pipeline, or what makes it
 * @property {number} [contextTokens] if not what the model's configuration says, at most 4096
 * @property {boolean} [logprobs] how likely each token is, for the second look; true unless told otherwise
 * @property {import("../types.js").Sampling} [sampling]
 */

/** Longer dialogues take more memory for keys and values than a page should. */
const MOST_CONTEXT = 4096;

/** @param {TransformersOptions} options @returns {DeviceEngine} */
export function transformers(options) {
  return new TransformersEngine(options);
}

/** @implements {DeviceEngine} */
class TransformersEngine {
  contextTokens;
  capabilities = {
    continuesAnswers: true,
    keepsPrefix: /** @type {const} */ ("whole"),
    tokenCounts: true,
    limitsLength: true,
  };
  #made;
  #logprobs;
  /** @type {any} */
  #generator = null;
  /** Tokens whose keys and values are there. @type {{ids: bigint[], past: any} | null} */
  #held = null;

  /** @param {TransformersOptions} options */
  constructor({ name, generator, contextTokens = 0, logprobs = true, sampling }) {
    this.name = name;
    this.sampling = sampling;
    this.contextTokens = contextTokens;
    this.#made = generator;
    this.#logprobs = logprobs;
  }

  /** @param {import("./engine.js").LoadRequest} how */
  async load({ onProgress, signal }) {
    const made = this.#made;
    // A pipeline is a function too, but it has a model.
    const isPipeline = "model" in made;
    this.#generator ??= isPipeline ? made : await /** @type {any} */ (made)(shareOfAll(onProgress));
    if (signal.aborted) throw new Error("the download was paused");
    const { max_position_embeddings = MOST_CONTEXT } = this.#generator.model.config;
    this.contextTokens ||= Math.min(max_position_embeddings, MOST_CONTEXT);
  }

  /** @param {EngineRequest} request @returns {AsyncGenerator<EnginePiece>} */
  async *generate(request) {
    const pieces = new Pieces(this.#generator);
    const running = this.#run(request, pieces).then(
      () => pieces.end(null),
      (thrown) => pieces.end(thrown),
    );
    try {
      yield* pieces.read();
      await running;
      if (!request.signal.aborted) yield { finish: pieces.nTokens < request.maxTokens ? "stop" : "length" };
    } finally {
      // The model is free once it has come to the end of its step.
      pieces.stopped = true;
      await running;
    }
  }

  async dispose() {
    await this.#forget();
    await this.#generator?.dispose();
    this.#generator = null;
  }

  /** @param {EngineRequest} request @param {Pieces} pieces */
  async #run({ messages, goesOn, maxTokens, sampling, signal }, pieces) {
    const { model } = this.#generator;
    const inputs = this.#inputs(messages, goesOn);
    const ids = inputs.input_ids.tolist()[0];
    const past = await this.#past(ids);
    this.#held = null;
    const stop = () => [signal.aborted || pieces.stopped];
    const { sequences, past_key_values } = await breathing(model).generate({
      ...inputs,
      ...(past && { past_key_values: past }),
      ...samplingOf(sampling),
      max_new_tokens: maxTokens,
      return_dict_in_generate: true,
      streamer: pieces,
      stopping_criteria: [stop],
      ...(this.#logprobs && { logits_processor: [pieces.see] }),
    });
    // The last token was written and not read.
    this.#held = { ids: sequences.tolist()[0].slice(0, -1), past: past_key_values };
  }

  /** @param {EngineRequest["messages"]} messages @param {boolean} goesOn @returns {Inputs} */
  #inputs(messages, goesOn) {
    const { tokenizer } = this.#generator;
    const closed = goesOn ? messages.slice(0, -1) : messages;
    const prompt = tokenizer.apply_chat_template(closed, { tokenize: false, add_generation_prompt: true });
    const begun = goesOn ? messages[messages.length - 1].content : "";
    return tokenizer(prompt + begun, { add_special_tokens: false });
  }

  /** Keys and values of a dialogue that goes on with all that is held. @param {bigint[]} ids */
  async #past(ids) {
    const held = this.#held;
    if (held && held.ids.length < ids.length && held.ids.every((id, index) => id === ids[index])) return held.past;
    await this.#forget();
    return null;
  }

  async #forget() {
    await this.#held?.past.dispose?.();
    this.#held = null;
  }
}

/**
 * The model, which lets the page handle what waits, an abort above all, before each of its steps: on the processor
 * they come one after the other without a pause.
 * @param {any} model
 */
function breathing(model) {
  const forward = async (/** @type {unknown} */ inputs) => {
    await nextTask();
    return model.forward(inputs);
  };
  return Object.create(model, { forward: { value: forward } });
}

/** Settles when the browser has handled what waits. */
function nextTask() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => (port1.close(), resolve(undefined));
    port2.postMessage(null);
  });
}

/** What the model writes, from the calls that it makes to the pieces that are read. */
class Pieces {
  nTokens = 0;
  stopped = false;
  #tokenizer;
  #ends;
  /** @type {bigint[]} */
  #ids = [];
  #shown = 0;
  #skipsPrompt = true;
  /** @type {Float32Array | null} */
  #scores = null;
  /** @type {EnginePiece[]} */
  #ready = [];
  #ended = false;
  /** @type {unknown} */
  #error = null;
  #wake = () => {};

  /** @param {any} generator */
  constructor({ tokenizer, model }) {
    this.#tokenizer = tokenizer;
    this.#ends = [model.generation_config?.eos_token_id ?? []].flat().map(BigInt);
  }

  /** The package's streamer: first the prompt, then each token. @param {bigint[][]} value */
  put([ids]) {
    if (this.#skipsPrompt) {
      this.#skipsPrompt = false;
      return;
    }
    const [id] = ids;
    if (this.#ends.includes(id)) return;
    this.#ids.push(id);
    this.nTokens += 1;
    const text = this.#tokenizer.decode(this.#ids, { skip_special_tokens: true });
    // The end of a character may still be on its way.
    const sure = text.endsWith("\ufffd") ? this.#shown : text.length;
    const logprobs = this.#scores ? [logprob(this.#scores, Number(id))] : undefined;
    this.#push({ text: text.slice(this.#shown, sure), tokens: 1, ...(logprobs && { logprobs }) });
    this.#shown = sure;
  }

  /** Of the package's streamer; what is said of the end comes from whoever called. */
  end(/** @type {unknown} */ error = undefined) {
    if (error === undefined) return;
    this.#ended = true;
    this.#error = error;
    this.#wake();
  }

  /** The package's logits processor: changes nothing. @type {(ids: unknown, logits: {data: Float32Array}) => unknown} */
  see = (_, logits) => {
    this.#scores = logits.data;
    return logits;
  };

  async *read() {
    for (;;) {
      while (this.#ready.length > 0) yield /** @type {EnginePiece} */ (this.#ready.shift());
      if (this.#error) throw this.#error;
      if (this.#ended) return;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
  }

  /** @param {EnginePiece} piece */
  #push(piece) {
    this.#ready.push(piece);
    this.#wake();
  }
}

/** The natural logarithm of a token's probability. @param {Float32Array} scores @param {number} id */
function logprob(scores, id) {
  let most = -Infinity;
  for (const score of scores) if (score > most) most = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - most);
  return scores[id] - most - Math.log(sum);
}

/** @param {EngineRequest["sampling"]} sampling */
function samplingOf({ temperature, top_k, top_p, repetition_penalty }) {
  const draws = temperature > 0 && { do_sample: true, temperature, top_k, top_p };
  return { do_sample: false, repetition_penalty, ...draws };
}

/** @param {(share: number) => void} onProgress @returns {(progress: FileProgress) => void} of all files together */
function shareOfAll(onProgress) {
  /** @type {Map<string, {loaded: number, total: number}>} */
  const files = new Map();
  return ({ status, file, loaded = 0, total = 0 }) => {
    if (status !== "progress" || file === undefined) return;
    files.set(file, { loaded, total });
    const all = [...files.values()];
    const sum = (/** @type {"loaded" | "total"} */ what) => all.reduce((sum, file) => sum + file[what], 0);
    if (sum("total") > 0) onProgress(sum("loaded") / sum("total"));
  };
}
