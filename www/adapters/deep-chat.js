/**
 * The router behind `<deep-chat>`:
 *
 *     Object.assign(document.querySelector("deep-chat"), deepChat(router));
 *
 * In React the same properties are spread: `<DeepChat {...deepChat(router)} />`.
 */

import { Answer } from "./answer.js";
import { failureOf } from "./failures.js";
import { contentOf, fileAsPart, textPart, urlPart } from "./parts.js";
import { MAX_ROUNDS, offered, runCalls } from "./tools.js";
import { chunksOf, leavable } from "./turns.js";

/** @typedef {import("../options.js").RequestMessage} RequestMessage */
/**
 * A message of deep-chat's.
 * @typedef {{role?: string, text?: string, files?: {src?: string, name?: string}[]}} ChatMessage
 */

/**
 * deep-chat's signals.
 * @typedef {object} Signals
 * @property {(response: {text?: string, files?: never[], error?: string, overwrite?: boolean}) => Promise<void>} onResponse
 * @property {() => void} onOpen
 * @property {() => void} onClose
 * @property {{listener: () => void}} stopClicked
 */

/**
 * Read anew for each turn, so that they may be getters.
 * @typedef {object} DeepChatOptions
 * @property {string} [system] what the model is told first
 * @property {import("./tools.js").Tools} [tools] what the model may ask for; the page runs it
 * @property {Omit<import("../options.js").CompletionRequest, "messages" | "stream" | "tools">} [request]
 *   settings of every turn, such as `temperature` or `mode`
 * @property {(answer: Answer) => void} [onAnswer] called as an answer grows: who answers, why, and at the
 *   end its report
 */

/**
 * @param {import("./turns.js").Asked} router
 * @param {DeepChatOptions} [options]
 */
export function deepChat(router, options = {}) {
  return {
    connect: {
      stream: true,
      /** @param {{messages: ChatMessage[]} | FormData} body @param {Signals} signals */
      handler: (body, signals) => void answer(router, body, signals, options),
    },
    // All of the dialogue: it would be the last message alone.
    requestBodyLimits: { maxMessages: 0 },
    // The router's sentences say what to do next; deep-chat would say "please try again".
    errorMessages: { displayServiceErrorMessages: true },
  };
}

/**
 * @param {import("./turns.js").Asked} router
 * @param {{messages: ChatMessage[]} | FormData} body a form where the message has files
 * @param {Signals} signals
 * @param {DeepChatOptions} options
 */
async function answer(router, body, signals, options) {
  const { signal, leave } = leavable();
  const screen = new Screen(signals);
  signals.stopClicked.listener = leave;
  try {
    signals.onOpen();
    const messages = await messagesOf(body, options.system);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const { text, toolCalls } = await turn(router, messages, signal, screen, options);
      if (toolCalls.length === 0) break;
      messages.push({ role: "assistant", content: text, tool_calls: toolCalls });
      messages.push(...(await runCalls(options.tools ?? {}, toolCalls, signal)));
      screen.keep();
    }
  } catch (thrown) {
    const { error } = failureOf(thrown);
    if (error.code !== "aborted") await screen.fail(error.message);
  }
  signals.onClose();
}

/**
 * @param {import("./turns.js").Asked} router
 * @param {RequestMessage[]} messages
 * @param {AbortSignal} signal
 * @param {Screen} screen
 * @param {DeepChatOptions} options
 */
async function turn(router, messages, signal, screen, { tools, request, onAnswer }) {
  const answer = new Answer();
  const asked = { ...request, messages, tools: offered(tools) };
  for await (const chunk of chunksOf(router, asked, signal)) {
    if (!answer.add(chunk)) continue;
    await screen.show(answer.text);
    onAnswer?.(answer);
  }
  return answer;
}

/** What the reader sees of the answer. deep-chat appends what it is given, or writes it anew. */
class Screen {
  #signals;
  #kept = "";
  #shown = "";

  /** @param {Signals} signals */
  constructor(signals) {
    this.#signals = signals;
  }

  /** What was said before tools were asked stays above what is said after. */
  keep() {
    this.#kept = this.#shown && `${this.#shown}\n\n`;
  }

  /** A draft that is replaced stays until there is something in its place. @param {string} answer */
  async show(answer) {
    const text = this.#kept + answer;
    if (!answer || text === this.#shown) return;
    const more = text.startsWith(this.#shown);
    const response = more ? { text: text.slice(this.#shown.length) } : { text, overwrite: true };
    this.#shown = text;
    await this.#signals.onResponse(response);
  }

  /**
   * deep-chat cannot end a stream with an error in which nothing was said, be it nothing more than no files.
   * @param {string} error
   */
  async fail(error) {
    if (!this.#shown) await this.#signals.onResponse({ files: [] });
    await this.#signals.onResponse({ error });
  }
}

/** @param {{messages: ChatMessage[]} | FormData} body @param {string} [system] @returns {Promise<RequestMessage[]>} */
async function messagesOf(body, system) {
  const dialogue = "messages" in body ? body.messages.map(messageOf) : await withFiles(body);
  const said = dialogue.filter(({ content }) => content !== "");
  return system === undefined ? said : [{ role: "system", content: system }, ...said];
}

/** Files of earlier messages are there as data URLs. @param {ChatMessage} message @returns {RequestMessage} */
function messageOf({ role, text, files = [] }) {
  const parts = files.flatMap(({ src, name }) => {
    const [, type] = src?.match(/^data:([^;,]+)/) ?? [];
    return src && type ? [urlPart(type, src, name)] : [];
  });
  const said = text || parts.length === 0 ? [textPart(text ?? ""), ...parts] : parts;
  return { role: role === "user" || role === "system" ? role : "assistant", content: contentOf(said) };
}

/**
 * A form has `message1` and so on, and `files` that belong to the last of them, or to one without a text.
 * @param {FormData} form
 * @returns {Promise<RequestMessage[]>}
 */
async function withFiles(form) {
  const texts = [...form].filter(([name]) => /^message\d+$/.test(name)).map(([, json]) => String(json));
  const dialogue = texts.map((json) => messageOf(JSON.parse(json)));
  const files = form.getAll("files").flatMap((file) => (file instanceof File ? [fileAsPart(file)] : []));
  const last = dialogue.at(-1)?.role === "user" ? dialogue.pop() : undefined;
  const said = typeof last?.content === "string" && last.content ? [textPart(last.content)] : [];
  return [...dialogue, { role: "user", content: contentOf([...said, ...(await Promise.all(files))]) }];
}
