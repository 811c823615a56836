/** A turn's chunks as the AI SDK's parts of a stream, and the whole of an answer as its content. */

/** @typedef {import("../completion.js").ChatCompletionChunk} Chunk */
/** @typedef {import("../types.js").TurnReport} TurnReport */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4StreamPart} StreamPart */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4Content} Content */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4FinishReason} FinishReason */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4Usage} Usage */
/** @typedef {import("@ai-sdk/provider").JSONObject} JSONObject */

/** @type {Record<import("../types.js").FinishReason, FinishReason["unified"]>} */
const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  abort: "other",
};

/** Nobody has counted anything. @type {Usage} */
const NO_USAGE = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** Turns chunks into parts; text, thinking and each tool's input are blocks that begin and end. */
export class AnswerParts {
  #raw;
  #blocks = 0;
  /** @type {{kind: "text" | "reasoning", id: string} | null} */
  #open = null;
  /** The ids of calls by their index, while their input comes. @type {(string | undefined)[]} */
  #calls = [];
  #id = "";
  #created = 0;
  #model = "";
  /** Who answers, for a page that shows it with the text. @type {JSONObject} */
  #who = {};
  /** @type {TurnReport | null} */
  #report = null;
  /** How likely the answer's tokens were, where that was asked for. @type {object[]} */
  #logprobs = [];

  /** @param {boolean} raw whether the stream has the router's own chunks too */
  constructor(raw) {
    this.#raw = raw;
  }

  /** @param {Chunk} chunk @returns {StreamPart[]} */
  add(chunk) {
    const { delta, logprobs } = chunk.choices[0];
    this.#logprobs.push(...(logprobs?.content ?? []));
    /** @type {StreamPart[]} */
    const parts = this.#raw ? [{ type: "raw", rawValue: chunk }] : [];
    if (chunk.x_route) parts.push(...this.#begin(chunk, chunk.x_route));
    if (chunk.x_switch) {
      const { to, reason, sentence, replaces } = chunk.x_switch;
      this.#who = { route: to, reason, sentence };
      parts.push(...this.#close(replaces ? "draft" : undefined));
    }
    if (chunk.x_thought) parts.push(...this.#close("thinking"));
    if (delta.reasoning_content) parts.push(...this.#say("reasoning", delta.reasoning_content));
    if (delta.content) parts.push(...this.#say("text", delta.content));
    for (const piece of delta.tool_calls ?? []) parts.push(...this.#callPiece(piece));
    if (chunk.x_turn) parts.push(...this.#finish(chunk.x_turn));
    return parts;
  }

  /** The whole, once the turn has ended. */
  result() {
    const report = /** @type {TurnReport} */ (this.#report);
    /** @type {Content[]} */
    const content = [];
    if (report.thinking) content.push({ type: "reasoning", text: report.thinking });
    if (report.text) content.push({ type: "text", text: report.text });
    for (const call of report.tool_calls) content.push(toolCall(call));
    return { content, ...ending(report, this.#logprobs), response: this.#response() };
  }

  /** The parts that end a stream in which something went wrong. @param {unknown} error @returns {StreamPart[]} */
  broken(error) {
    const finishReason = /** @type {FinishReason} */ ({ unified: "error", raw: undefined });
    return [
      ...this.#close(),
      { type: "error", error },
      { type: "finish", finishReason, usage: NO_USAGE },
    ];
  }

  /** @param {Chunk} chunk @param {import("../completion.js").RouteNote} note @returns {StreamPart[]} */
  #begin({ id, created, model }, { route, reason, sentence }) {
    [this.#id, this.#created, this.#model] = [id, created, model];
    this.#who = { route, reason, sentence };
    return [{ type: "response-metadata", ...this.#response() }];
  }

  #response() {
    return { id: this.#id, timestamp: new Date(this.#created * 1000), modelId: this.#model };
  }

  /** @param {"text" | "reasoning"} kind @param {string} delta @returns {StreamPart[]} */
  #say(kind, delta) {
    /** @type {StreamPart[]} */
    const parts = [];
    if (this.#open?.kind !== kind) {
      parts.push(...this.#close());
      this.#open = { kind, id: `${kind}-${this.#blocks++}` };
      const providerMetadata = { nearside: this.#who };
      parts.push({ type: `${kind}-start`, id: this.#open.id, providerMetadata });
    }
    parts.push({ type: `${kind}-delta`, id: this.#open.id, delta });
    return parts;
  }

  /**
   * Ends the block that is open. Text that was set aside is no part of the answer; the mark comes back
   * with the message, and keeps the text out of the next prompt.
   * @param {"draft" | "thinking"} [setAside]
   * @returns {StreamPart[]}
   */
  #close(setAside) {
    if (!this.#open) return [];
    const { kind, id } = this.#open;
    this.#open = null;
    const mark = setAside && kind === "text" ? { setAside } : {};
    return [{ type: `${kind}-end`, id, providerMetadata: { nearside: { ...this.#who, ...mark } } }];
  }

  /** @param {import("../types.js").ToolCallPiece} piece @returns {StreamPart[]} */
  #callPiece({ index, id, function: { name, arguments: delta } }) {
    const parts = this.#close();
    if (this.#calls[index] === undefined) {
      this.#calls[index] = id ?? `call-${index}`;
      parts.push({ type: "tool-input-start", id: this.#calls[index], toolName: name ?? "" });
    }
    if (delta) parts.push({ type: "tool-input-delta", id: this.#calls[index], delta });
    return parts;
  }

  /** @param {TurnReport} report @returns {StreamPart[]} */
  #finish(report) {
    this.#report = report;
    const parts = this.#close();
    for (const id of this.#calls) if (id) parts.push({ type: "tool-input-end", id });
    parts.push(...report.tool_calls.map(toolCall));
    parts.push({ type: "finish", ...ending(report, this.#logprobs) });
    return parts;
  }
}

/** @param {TurnReport} report @param {object[]} logprobs */
function ending(report, logprobs) {
  return {
    finishReason: { unified: FINISH_REASONS[report.finish_reason], raw: report.finish_reason },
    usage: usageOf(report),
    providerMetadata: { nearside: metadataOf(report, logprobs) },
  };
}

/** @param {import("../types.js").ToolCall} call @returns {Extract<Content, {type: "tool-call"}>} */
function toolCall({ id, function: { name, arguments: input } }) {
  return { type: "tool-call", toolCallId: id, toolName: name, input: input || "{}" };
}

/** @param {TurnReport} report @returns {Usage} */
function usageOf({ usage }) {
  const { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens } = usage;
  return {
    inputTokens: {
      total: prompt_tokens,
      noCache: prompt_tokens - cached_tokens,
      cacheRead: cached_tokens,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: completion_tokens,
      text: completion_tokens - reasoning_tokens,
      reasoning: reasoning_tokens,
    },
    raw: { ...usage },
  };
}

/**
 * Who answered and why: the turn's report without the texts, which the SDK has.
 * @param {TurnReport} report @param {object[]} logprobs
 * @returns {JSONObject}
 */
function metadataOf({ text: _text, thinking: _thinking, tool_calls: _calls, usage: _usage, ...rest }, logprobs) {
  return JSON.parse(JSON.stringify({ ...rest, ...(logprobs.length > 0 && { logprobs }) }));
}
