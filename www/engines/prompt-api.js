/**
 * The browser's own model, by the Prompt API (https://webmachinelearning.github.io/prompt-api/), as a device
 * engine: Gemini Nano in Chrome, Phi in Edge.
 *
 *     const router = Router.create({ deviceEngine: promptApi(), baseUrl: "/v1" });
 *
 * A session holds one dialogue. While a dialogue goes on, only what is new is said to its session; another
 * one begins a session of its own. On the open web a page can choose neither temperature nor length, so the
 * browser draws as it likes, and the router ends an answer that gets too long.
 */

import { RouterError } from "../errors.js";

/** @typedef {import("./engine.js").DeviceEngine} DeviceEngine */
/** @typedef {import("./engine.js").EngineRequest} EngineRequest */
/** @typedef {EngineRequest["messages"]} Messages */

/** Of a browser that does not say how much it reads. */
const USUAL_CONTEXT = 4096;

/**
 * @typedef {object} PromptApiOptions
 * @property {string} [name] what the model is to be called; the API does not tell
 * @property {LanguageModelCreateCoreOptions} [create] more for `LanguageModel.create`, such as `expectedOutputs`
 * @property {typeof LanguageModel} [api] the API, if not the browser's
 */

/** Whether the browser has a model, or could fetch one. @param {PromptApiOptions} [options] */
export async function hasPromptApi({ api = browserApi(), create } = {}) {
  return api !== undefined && (await api.availability(create)) !== "unavailable";
}

/** @param {PromptApiOptions} [options] @returns {DeviceEngine} */
export function promptApi(options = {}) {
  return new PromptApiEngine(options);
}

/** @implements {DeviceEngine} */
class PromptApiEngine {
  capabilities = { continuesAnswers: true, keepsPrefix: /** @type {const} */ ("whole"), readsAhead: true };
  contextTokens = USUAL_CONTEXT;
  #api;
  #create;
  /** @type {LanguageModel | null} */
  #session = null;
  /** What the session was told and has said. @type {Messages} */
  #held = [];
  /** Whether the session has dropped its oldest messages. */
  #overflowed = false;

  /** @param {PromptApiOptions} options */
  constructor({ name = "browser-model", create, api = browserApi() }) {
    this.name = name;
    this.#api = api;
    this.#create = create;
  }

  /** A download begins only while the person does something: then the page calls `loadDevice` again. @param {import("./engine.js").LoadRequest} how */
  async load({ onProgress, signal }) {
    if (this.#session) return;
    const api = this.#api;
    if (!api || (await api.availability(this.#create)) === "unavailable")
      throw new RouterError("engine_unavailable", "This browser has no model of its own. The edge answers.");
    const monitor = (/** @type {CreateMonitor} */ monitor) =>
      monitor.addEventListener("downloadprogress", ({ loaded }) => onProgress(loaded));
    this.#keep(await api.create({ ...this.#create, monitor, signal }), []);
    const { contextWindow, inputQuota } = this.#mustHave();
    this.contextTokens = Math.floor(contextWindow ?? inputQuota ?? USUAL_CONTEXT);
  }

  /** @param {EngineRequest} request @returns {AsyncGenerator<import("./engine.js").EnginePiece>} */
  async *generate({ messages: asIs, goesOn, readsOnly, signal }) {
    const messages = systemFirst(asIs);
    const asked = readsOnly ? messages.length : lastQuestion(messages);
    const news = await this.#enter(messages, asked, signal);
    let text = "";
    try {
      if (readsOnly) {
        if (news.length > 0) await this.#mustHave().append(/** @type {any} */ (news), { signal });
      } else {
        const open = news.map((message, index) =>
          goesOn && index === news.length - 1 ? { ...message, prefix: true } : message,
        );
        for await (const piece of iterate(this.#mustHave().promptStreaming(/** @type {any} */ (open), { signal }))) {
          text += piece;
          yield { text: piece };
        }
      }
    } finally {
      // Whoever leaves before the end has a session that nobody knows the state of.
      if (signal.aborted || (!readsOnly && text === "")) this.#forget();
    }
    const begun = goesOn ? messages[messages.length - 1].content : "";
    const said = { role: /** @type {const} */ ("assistant"), content: begun + text };
    if (readsOnly) this.#held = messages;
    else if (this.#session) this.#held = [...(goesOn ? messages.slice(0, -1) : messages), said];
    yield { finish: "stop" };
  }

  dispose() {
    this.#forget();
  }

  /**
   * A session that holds the first `n` messages or a part of them; gives those that it is still to be told.
   * @param {Messages} messages @param {number} n @param {AbortSignal} signal
   */
  async #enter(messages, n, signal) {
    const same = (/** @type {Messages[0]} */ held, /** @type {number} */ index) =>
      index < messages.length && held.role === messages[index].role && held.content === messages[index].content;
    const fresh = this.#held.length === 0 && messages.length > 1;
    if (this.#session && !fresh && !this.#overflowed && this.#held.length <= n && this.#held.every(same))
      return messages.slice(this.#held.length);
    this.#forget();
    const api = /** @type {typeof LanguageModel} */ (this.#api);
    const initialPrompts = /** @type {any} */ (messages.slice(0, n));
    this.#keep(await api.create({ ...this.#create, initialPrompts, signal }), messages.slice(0, n));
    return messages.slice(n);
  }

  /** @param {LanguageModel} session @param {Messages} held */
  #keep(session, held) {
    this.#session = session;
    this.#held = held;
    this.#overflowed = false;
    const overflowed = () => (this.#overflowed = true);
    session.addEventListener("contextoverflow", overflowed);
    session.addEventListener("quotaoverflow", overflowed);
  }

  #forget() {
    this.#session?.destroy();
    this.#session = null;
    this.#held = [];
  }

  #mustHave() {
    if (this.#session) return this.#session;
    throw new Error("the session is gone");
  }
}

/** Where the last question begins: all before it is known when a session is made. @param {Messages} messages */
function lastQuestion(messages) {
  return Math.max(0, messages.findLastIndex(({ role }) => role === "user"));
}

/** The API takes a system message in the first place alone. @param {Messages} messages @returns {Messages} */
function systemFirst(messages) {
  return messages.map((message, index) =>
    message.role === "system" && index > 0 ? { ...message, role: "user" } : message,
  );
}

/** Not every browser can iterate streams. @param {ReadableStream<string>} stream */
async function* iterate(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** @returns {typeof LanguageModel | undefined} */
function browserApi() {
  return /** @type {any} */ (globalThis).LanguageModel;
}
