/** A turn's events in OpenAI's words, with this router's own in `x_` fields. */

/** @typedef {import("./types.js").TurnEvent} TurnEvent */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").Route} Route */
/** @typedef {import("./types.js").Usage} Usage */
/** @typedef {import("./types.js").ToolCall} ToolCall */
/** @typedef {import("./types.js").ToolCallPiece} ToolCallPiece */
/** @typedef {import("./errors.js").RouterError} RouterError */

/**
 * Why this side answers, in short; `decision` has every term.
 * @typedef {object} RouteNote
 * @property {Route} route
 * @property {string} reason a stable code
 * @property {string} sentence the reason for a person
 * @property {number} p the probability that the edge's model is needed
 * @property {number} t_device_s
 * @property {number} t_edge_s
 * @property {number} missing_device tokens of the prompt that this side does not hold yet
 * @property {number} missing_edge
 * @property {Decision} decision
 */

/**
 * What a chunk adds. `reasoning_content` is what the model thinks, as DeepSeek and others name it: no
 * part of the answer, and not to be sent back. A refusal is text too, so that it is shown.
 * @typedef {{role?: "assistant", content?: string, reasoning_content?: string, refusal?: string,
 *   tool_calls?: ToolCallPiece[]}} Delta
 */

/**
 * OpenAI's usage, with this router's own counts. What `x_estimated` names was not counted by the side
 * that answered.
 * @typedef {Usage & {prompt_tokens_details: {cached_tokens: number},
 *   completion_tokens_details: {reasoning_tokens: number}}} CompletionUsage
 */

/**
 * @typedef {object} ChatCompletionChunk
 * @property {string} id
 * @property {"chat.completion.chunk"} object
 * @property {number} created
 * @property {string} model the one that is answering
 * @property {{index: 0, delta: Delta, logprobs?: import("./types.js").Logprobs,
 *   finish_reason: import("./types.js").FinishReason | null}[]} choices
 * @property {RouteNote} [x_route] on the first chunk
 * @property {{from: Route, to: Route, reason: string, sentence: string, replaces: boolean}} [x_switch]
 *   the turn goes on at the other side; where that replaces the text so far, it was only a draft
 * @property {import("./types.js").Look} [x_look] what the device has written was judged
 * @property {{expected_s: number}} [x_reading] the edge is asked what it thinks of the device's answer
 * @property {{text: string}} [x_thought] all `content` that this side has given so far, which is
 *   `text`, turned out to be thinking; the answer begins here
 * @property {{thrown_away_tokens: number}} [x_stopped] the edge began too and was stopped
 * @property {{done: number, total: number}} [x_prefill]
 * @property {CompletionUsage} [usage] on the last chunk
 * @property {TurnReport} [x_turn] on the last chunk
 */

/**
 * @typedef {object} ChatCompletion
 * @property {string} id
 * @property {"chat.completion"} object
 * @property {number} created
 * @property {string} model
 * @property {{index: 0, message: {role: "assistant", content: string | null,
 *   reasoning_content?: string, refusal?: string, tool_calls?: ToolCall[]},
 *   logprobs?: import("./types.js").Logprobs, finish_reason: import("./types.js").FinishReason}[]} choices
 * @property {CompletionUsage} usage
 * @property {RouteNote} x_route
 * @property {TurnReport} x_turn
 */

/**
 * The chunks of one turn. Leaving the loop early stops the turn; a turn that is
 * stopped ends with finish_reason "abort" if it had begun.
 * @implements {AsyncIterable<ChatCompletionChunk>}
 */
export class CompletionStream {
  /** Called when the reader leaves before the end. */
  onCancel = () => {};
  /** @type {TurnReport | null} */
  report = null;
  /** All that was told so far. @type {import("./types.js").Logprobs | null} */
  logprobs = null;
  id = `chatcmpl-${crypto.randomUUID()}`;
  created = Math.floor(Date.now() / 1000);
  #modelNames;
  /** @type {Route} */
  #route = "device";
  /** @type {ChatCompletionChunk[]} */
  #chunks = [];
  /** @type {RouterError | null} */
  #error = null;
  #ended = false;
  #wake = () => {};

  /** @param {() => Record<Route, string>} modelNames */
  constructor(modelNames) {
    this.#modelNames = modelNames;
  }

  get model() {
    return this.#modelNames()[this.#route];
  }

  /** @param {TurnEvent} event */
  push(event) {
    if (event.type === "route") {
      this.#route = event.decision.route;
      this.#add({ role: "assistant", content: "" }, { x_route: routeNote(event.decision) });
    } else if (event.type === "delta") {
      this.#route = event.route;
      this.#add({ content: event.text });
    } else if (event.type === "thinking") {
      this.#route = event.route;
      this.#add({ reasoning_content: event.text });
    } else if (event.type === "thought") {
      this.#add({}, { x_thought: { text: event.text } });
    } else if (event.type === "refusal") {
      this.#route = event.route;
      this.#add({ content: event.text, refusal: event.text });
    } else if (event.type === "tool_call") {
      this.#route = event.route;
      this.#add({ tool_calls: [event.call] });
    } else if (event.type === "switch") {
      const { from, to, reason, sentence, replaces } = event;
      this.#route = to;
      this.#add({}, { x_switch: { from, to, reason, sentence, replaces } });
    } else if (event.type === "look") {
      this.#add({}, { x_look: event.look });
    } else if (event.type === "logprobs") {
      this.#addLogprobs(event.logprobs);
    } else if (event.type === "reading") {
      this.#add({}, { x_reading: { expected_s: event.expected_s } });
    } else if (event.type === "stopped") {
      this.#add({}, { x_stopped: { thrown_away_tokens: event.thrown_away_tokens } });
    } else if (event.type === "prefill") {
      this.#add({}, { x_prefill: { done: event.done, total: event.total } });
    }
  }

  /** @param {TurnReport} report */
  finish(report) {
    this.report = report;
    this.#route = report.route;
    this.#add({}, { usage: usageOf(report), x_turn: report }, report.finish_reason);
    this.#end();
  }

  /** @param {RouterError} error */
  fail(error) {
    this.#error = error;
    this.#end();
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (;;) {
        while (this.#chunks.length > 0) {
          yield /** @type {ChatCompletionChunk} */ (this.#chunks.shift());
        }
        if (this.#error) throw this.#error;
        if (this.#ended) return;
        await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
      }
    } finally {
      if (!this.#ended) this.onCancel();
    }
  }

  /**
   * @param {Delta} delta
   * @param {Partial<ChatCompletionChunk>} [extra]
   * @param {import("./types.js").FinishReason | null} [finishReason]
   */
  #add(delta, extra, finishReason = null) {
    this.#chunks.push({
      id: this.id,
      object: "chat.completion.chunk",
      created: this.created,
      model: this.model,
      choices: [{ index: 0, delta, finish_reason: finishReason }],
      ...extra,
    });
    this.#wake();
  }

  /** @param {import("./types.js").Logprobs} logprobs */
  #addLogprobs(logprobs) {
    this.logprobs ??= { content: [] };
    this.logprobs.content?.push(...(logprobs.content ?? []));
    this.#add({});
    const last = /** @type {ChatCompletionChunk} */ (this.#chunks.at(-1));
    last.choices[0].logprobs = logprobs;
  }

  #end() {
    this.#ended = true;
    this.#wake();
  }
}

/**
 * The whole answer of a stream that has ended.
 * @param {CompletionStream} stream
 * @returns {ChatCompletion}
 */
export function completionOf(stream) {
  const report = /** @type {TurnReport} */ (stream.report);
  return {
    id: stream.id,
    object: "chat.completion",
    created: stream.created,
    model: stream.model,
    choices: [
      {
        index: 0,
        message: messageOf(report),
        ...(stream.logprobs && { logprobs: stream.logprobs }),
        finish_reason: report.finish_reason,
      },
    ],
    usage: usageOf(report),
    x_route: { ...routeNote(report.decision), route: report.route },
    x_turn: report,
  };
}

/** @param {TurnReport} report @returns {ChatCompletion["choices"][0]["message"]} */
function messageOf({ text, thinking, refused, tool_calls }) {
  return {
    role: "assistant",
    content: text === "" && tool_calls.length > 0 ? null : text,
    ...(thinking && { reasoning_content: thinking }),
    ...(refused && { refusal: text }),
    ...(tool_calls.length > 0 && { tool_calls }),
  };
}

/** @param {TurnReport} report @returns {CompletionUsage} */
function usageOf({ usage }) {
  const { cached_tokens, reasoning_tokens } = usage;
  return {
    ...usage,
    prompt_tokens_details: { cached_tokens },
    completion_tokens_details: { reasoning_tokens },
  };
}

/** @param {Decision} decision @returns {RouteNote} */
function routeNote(decision) {
  return {
    route: decision.route,
    reason: decision.reason,
    sentence: decision.sentence,
    p: decision.p,
    t_device_s: decision.device.total_s,
    t_edge_s: decision.edge.total_s,
    missing_device: decision.device.missing_tokens,
    missing_edge: decision.edge.missing_tokens,
    decision,
  };
}
