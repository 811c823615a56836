/**
 * A dialogue with a router as a user interface holds it: messages that grow, whether somebody answers, what
 * went wrong. It knows no framework; `react.js` puts it into React.
 */

import { RouterError } from "../errors.js";
import { Answer } from "./answer.js";
import { failureOf } from "./failures.js";
import { eachFrame } from "./frames.js";
import { contentOf, textPart } from "./parts.js";
import { MAX_ROUNDS, offered, runCalls } from "./tools.js";
import { chunksOf } from "./turns.js";

/** @typedef {import("../index.js").Router} Router */
/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").TurnReport} TurnReport */
/** @typedef {import("../options.js").ContentPart} ContentPart */
/** @typedef {import("../options.js").RequestMessage} RequestMessage */
/** @typedef {Omit<import("../options.js").CompletionRequest, "messages" | "stream" | "tools" | "signal">} TurnSettings */

/**
 * A message, and what is known of an answer. `draft` is what the device had written where the edge answered
 * anew; `report` is there once the turn has ended, and its number is what `router.rate` takes.
 * @typedef {Message & {id: string, status: "done" | "answering" | "stopped" | "failed", thinking: string,
 *   draft: string | null, route: import("../types.js").Route | null, sentence: string | null,
 *   report: TurnReport | null}} DialogueMessage
 */

/**
 * @typedef {object} Snapshot
 * @property {DialogueMessage[]} messages
 * @property {boolean} isAnswering
 * @property {RouterError | null} error of the last turn, or of the router
 * @property {import("../types.js").Decision | null} decision the last one, with every term of it
 * @property {import("../index.js").RouterState | null} state of the router; null before it was started
 * @property {import("../types.js").Progress | null} progress of the downloads
 */

/**
 * @typedef {object} DialogueSettings
 * @property {string} [system] what the model is told first
 * @property {import("./tools.js").Tools} [tools] what the model may ask for; the page runs it
 * @property {TurnSettings} [request] settings of every turn, such as `temperature` or `mode`
 */

/** @type {Snapshot} */
const EMPTY = { messages: [], isAnswering: false, error: null, decision: null, state: null, progress: null };

export class Dialogue {
  /** May be changed at any time, and holds from the next turn on. @type {DialogueSettings} */
  settings = {};
  /** @type {Router | null} */
  #router = null;
  /** @type {AbortController | null} */
  #turn = null;
  #now = { ...EMPTY };
  /** What is shown: `#now` as it was at the last frame. */
  #shown = EMPTY;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #frame = eachFrame(() => this.#show());

  /** @param {() => void} listener @returns {() => void} */
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same object until something has changed. */
  snapshot = () => this.#shown;

  /**
   * Goes on with this router, until what this gives is called.
   * @param {Router} router
   * @returns {() => void}
   */
  attach(router) {
    this.#router = router;
    const heard = new AbortController();
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ listener) =>
      router.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail), {
        signal: heard.signal,
      });
    on("state", (state) => this.#change({ state }));
    on("progress", (progress) => this.#change({ progress }));
    on("error", (error) => this.#change({ error: RouterError.fromReport(error) }));
    this.#change({ state: router.state, error: null });
    return () => {
      heard.abort();
      this.stop();
      if (this.#router === router) this.#router = null;
    };
  }

  /** What kept the router from being started. @param {unknown} thrown */
  fail(thrown) {
    this.#change({ error: failureOf(thrown).error });
  }

  /**
   * Asks, and gives the answer once it is whole; null if there is none, and `error` then says why.
   * @param {string | ContentPart[]} said a text, or OpenAI's parts: texts, pictures, files
   * @param {TurnSettings} [request] for this turn alone
   * @returns {Promise<DialogueMessage | null>}
   */
  ask = (said, request) => {
    if (this.#turn) return this.#refuse("busy", "Another turn is still running. Wait for it or stop it.");
    return this.#answer([...this.#now.messages, newMessage(question(said), "done")], request);
  };

  /**
   * Asks the last question again: the answer to it, whole or not, is forgotten.
   * @param {TurnSettings} [request] for this turn alone, such as `{ mode: "edge-only" }`
   */
  retry = (request = {}) => {
    const { messages } = this.#now;
    const last = messages.findLastIndex(({ role }) => role === "user");
    if (last < 0) return this.#refuse("invalid_request", "There is no question yet. Ask one.");
    if (this.#turn) return this.#refuse("busy", "Another turn is still running. Wait for it or stop it.");
    return this.#answer(messages.slice(0, last + 1), request);
  };

  /** Stops the turn that runs. What was written stays. */
  stop = () => this.#turn?.abort();

  /** Begins anew. */
  clear = () => {
    this.stop();
    this.#turn = null;
    this.#change({ messages: [], isAnswering: false, error: null, decision: null });
  };

  /** @param {string} code @param {string} message */
  async #refuse(code, message) {
    this.#change({ error: new RouterError(code, message) });
    return null;
  }

  /**
   * @param {DialogueMessage[]} messages
   * @param {TurnSettings} [request]
   */
  async #answer(messages, request) {
    const turn = new AbortController();
    this.#turn = turn;
    this.#change({ messages, isAnswering: true, error: null });
    this.#frame.now();
    try {
      return await this.#rounds(turn, request);
    } catch (thrown) {
      return this.#broken(turn, failureOf(thrown).error);
    } finally {
      if (this.#turn === turn) {
        this.#turn = null;
        this.#change({ isAnswering: false });
      }
      this.#frame.now();
    }
  }

  /**
   * Asks until no tool is asked for any more.
   * @param {AbortController} turn
   * @param {TurnSettings} [request]
   */
  async #rounds(turn, request) {
    const { tools = {} } = this.settings;
    for (let round = 1; ; round += 1) {
      const answer = await this.#round(turn, request);
      const calls = answer?.tool_calls;
      if (!answer || !calls || round === MAX_ROUNDS) return answer;
      for (const found of await runCalls(tools, calls, turn.signal)) this.#add(turn, found);
      if (turn.signal.aborted) return answer;
    }
  }

  /**
   * One answer of a model, or its calls of tools.
   * @param {AbortController} turn
   * @param {TurnSettings} [request]
   * @returns {Promise<DialogueMessage | null>}
   */
  async #round(turn, request) {
    if (!this.#router) throw new RouterError("invalid_request", "The router was not started yet.");
    const { system, tools } = this.settings;
    const asked = {
      ...this.settings.request,
      ...request,
      messages: sentMessages(this.#now.messages, system),
      tools: offered(tools),
    };
    const chunks = chunksOf(this.#router, asked, turn.signal);
    this.#add(turn, { role: "assistant", content: "" }, "answering");
    const answer = new Answer();
    for await (const chunk of chunks) {
      if (answer.add(chunk)) this.#grow(turn, answer);
      if (chunk.x_route && this.#turn === turn) this.#change({ decision: chunk.x_route.decision });
    }
    return this.#turn === turn ? (this.#now.messages.at(-1) ?? null) : null;
  }

  /** @param {AbortController} turn @param {Message} message @param {DialogueMessage["status"]} [status] */
  #add(turn, message, status = "done") {
    if (this.#turn !== turn) return;
    this.#change({ messages: [...this.#now.messages, newMessage(message, status)] });
  }

  /** @param {AbortController} turn @param {Answer} answer */
  #grow(turn, { text, thinking, draft, route, sentence, report, toolCalls }) {
    const grown = { content: text, thinking, draft, route, sentence, report };
    const calls = report && toolCalls.length > 0 ? { tool_calls: toolCalls } : {};
    this.#changeLast(turn, { ...grown, ...calls, status: report ? "done" : "answering" });
  }

  /**
   * What was written stays; a message in which nothing was written goes.
   * @param {AbortController} turn
   * @param {RouterError} error
   */
  #broken(turn, error) {
    if (this.#turn !== turn) return null;
    const stopped = error.code === "aborted";
    this.#changeLast(turn, { status: stopped ? "stopped" : "failed" });
    const { messages } = this.#now;
    const last = messages.at(-1);
    const empty = last?.role === "assistant" && !last.content && !last.thinking;
    this.#change({
      messages: empty ? messages.slice(0, -1) : messages,
      ...(!stopped && { error }),
    });
    return null;
  }

  /** @param {AbortController} turn @param {Partial<DialogueMessage>} change */
  #changeLast(turn, change) {
    const { messages } = this.#now;
    const last = messages.at(-1);
    if (this.#turn !== turn || last?.role !== "assistant") return;
    this.#change({ messages: messages.with(-1, { ...last, ...change }) });
  }

  /** @param {Partial<Snapshot>} change */
  #change(change) {
    this.#now = { ...this.#now, ...change };
    this.#frame.next();
  }

  #show() {
    if (this.#shown === this.#now) return;
    this.#shown = this.#now;
    for (const listener of this.#listeners) listener();
  }
}

/** @param {string | ContentPart[]} said @returns {Message} */
function question(said) {
  const content = contentOf(typeof said === "string" ? [textPart(said)] : said);
  if (typeof content === "string") return { role: "user", content };
  const texts = content.flatMap(({ text }) => text ?? []);
  return { role: "user", content: texts.join("\n"), parts: content };
}

/** @param {Message} message @param {DialogueMessage["status"]} status @returns {DialogueMessage} */
function newMessage(message, status) {
  const unknown = { thinking: "", draft: null, route: null, sentence: null, report: null };
  return { ...message, id: crypto.randomUUID(), status, ...unknown };
}

/**
 * What the next turn sends: calls that were never answered are left out, as no model can make sense of them.
 * @param {DialogueMessage[]} messages
 * @param {string} [system]
 * @returns {RequestMessage[]}
 */
function sentMessages(messages, system) {
  const answered = new Set(messages.map(({ tool_call_id }) => tool_call_id));
  const sent = messages.map(({ role, content, parts, tool_calls, tool_call_id }) => ({
    role,
    content: /** @type {ContentPart[] | undefined} */ (parts) ?? content,
    ...(tool_calls?.every(({ id }) => answered.has(id)) && { tool_calls }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  }));
  const told = /** @type {RequestMessage[]} */ (system === undefined ? [] : [{ role: "system", content: system }]);
  return [...told, ...sent.filter((message) => message.role !== "assistant" || message.content || message.tool_calls)];
}
