/** What `<nearside-chat>` shows: header, log, notices and the line to type in. */

import { h, icon } from "./dom.js";
import { styles } from "./element-styles.js";
import { bytes, count, duration } from "./format.js";
import { TurnView } from "./turn-view.js";
import { WaitingQuestions } from "./waiting-questions.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Mode} Mode */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./index.js").RouterState} RouterState */
/** @typedef {"online" | "offline" | "unknown"} EdgeState */

/**
 * What a person can do.
 * @typedef {object} Actions
 * @property {(text: string) => void} ask
 * @property {() => void} typing a message was begun
 * @property {() => void} stop
 * @property {() => void} retry
 * @property {() => void} newChat
 * @property {(mode: Mode) => void} setMode
 * @property {(maxTokens: string) => void} setMaxTokens a number, or "auto"
 * @property {() => void} loadDevice
 */

/** @type {Record<Mode, string>} */
const MODE_NAMES = {
  auto: "Auto",
  "prefer-device": "Prefer device",
  "prefer-edge": "Prefer edge",
  "device-only": "Device only",
  "edge-only": "Edge only",
};

/** How long an answer may get, in tokens; others can be set as the attribute. */
const LENGTHS = [256, 1024, 4096];

/** Warnings that loading the device model again can mend. */
const RELOADABLE = [
  "previous_load_crashed",
  "memory_low",
  "download_failed",
  "digest_mismatch",
  "model_corrupt",
  "model_truncated",
];
/** What the status line says of a device model that loaded with a warning. @type {Record<string, string>} */
const NOTES = { no_chat_template: "not made for chat" };
const NEAR_END_PX = 48;
/** Messages that are shown at once of a dialogue that is taken up again; earlier ones are a click away. */
const SHOWN = 60;
/** Beyond so many, the earlier ones are put away: each costs time whenever the log grows. */
const MOST_SHOWN = 240;

export class ChatView {
  #actions;
  #log = h("div", {
    class: "log",
    part: "log",
    role: "log",
    "aria-live": "polite",
    "aria-label": "Conversation",
    tabindex: "0",
  });
  #empty = h(
    "div",
    { class: "empty" },
    h("slot", { name: "empty" }, h("p", {}, "Ask something to begin.")),
  );
  #status = h("span", { class: "status", part: "status", role: "status" }, "Starting");
  #bar = h("progress", {
    class: "progress",
    part: "progress",
    max: "1",
    value: "0",
    "aria-label": "Loading models",
    hidden: true,
  });
  #banner = h("div", { class: "banner", part: "banner", role: "status", hidden: true });
  #warning = h("div", { class: "banner warning", part: "warning", role: "alert", hidden: true });
  #input = h("textarea", { part: "input", rows: "1", enterkeyhint: "send", autocomplete: "off" });
  #send = h(
    "button",
    { class: "round", part: "send", type: "submit", "aria-label": "Send", title: "Send (Enter)" },
    icon("send"),
  );
  #stop = h(
    "button",
    {
      class: "round",
      part: "stop",
      type: "button",
      "aria-label": "Stop",
      title: "Stop (Esc)",
      hidden: true,
    },
    icon("stop"),
  );
  #mode = h("select", {
    part: "mode",
    "aria-label": "Where answers come from",
    title: "Where answers come from",
  });
  #showEarlier = h(
    "button",
    { class: "text-button earlier", part: "earlier", type: "button", hidden: true },
    "Show earlier messages",
  );
  /** What stands before the first one shown. @type {(Message | Element)[]} */
  #earlier = [];
  #anyLength = h("option", { value: "auto" }, "Any length");
  #length = h(
    "select",
    { part: "length", "aria-label": "Longest answer", title: "Longest answer" },
    this.#anyLength,
    ...LENGTHS.map(lengthOption),
  );
  /** Questions that were asked while another was answered. */
  waiting = new WaitingQuestions(() => this.focusInput());
  #typing = false;
  /** @type {HTMLElement | null} */
  #error = null;
  /** @type {string | null} */
  #loadingText = null;
  /** @type {{state: RouterState, edge: EdgeState, hasEdge: boolean} | null} */
  #shown = null;

  /** @param {ShadowRoot} root @param {Actions} actions */
  constructor(root, actions) {
    this.#actions = actions;
    root.adoptedStyleSheets = [styles];
    for (const [value, name] of Object.entries(MODE_NAMES))
      this.#mode.append(h("option", { value }, name));
    this.#log.append(this.#empty, this.waiting.element);
    this.#showEarlier.addEventListener("click", () => this.#bringBack());
    root.append(this.#header(), this.#bar, this.#log, this.#warning, this.#banner, this.#form());
    this.#listen(root);
  }

  /** @param {string | null} placeholder @param {string | null} label */
  setPlaceholder(placeholder, label) {
    this.#input.placeholder = placeholder ?? "Ask anything";
    this.#input.setAttribute("aria-label", label ?? "Message");
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.#mode.value = mode;
    this.#showBanner();
  }

  /** @param {number | null} maxTokens null: as long as it takes */
  setMaxTokens(maxTokens) {
    const value = String(maxTokens ?? "auto");
    const offered = [...this.#length.options].some((option) => option.value === value);
    if (maxTokens !== null && !offered) this.#length.append(lengthOption(maxTokens));
    this.#length.value = value;
  }

  /** @param {FocusOptions} [options] */
  focusInput(options) {
    this.#input.focus(options);
  }

  /** @param {string} text */
  showQuestion(text) {
    this.#empty.remove();
    // Only the last answer can be gone on with.
    for (const button of this.#log.querySelectorAll("[part=go-on]")) button.remove();
    this.#add(question(text));
    this.#putAway();
    this.#toEnd();
  }

  /**
   * A question that is asked when its turn comes. Settles with its report, or with null if it is
   * cancelled before.
   * @param {string} text
   */
  queueQuestion(text) {
    const settled = this.waiting.add(text);
    this.#toEnd();
    return settled;
  }

  /** @returns {TurnView} */
  startAnswer() {
    this.#log.querySelector(".answer.open")?.remove();
    const view = new TurnView();
    view.element.classList.add("open");
    this.#add(view.element);
    this.#begin();
    return view;
  }

  /** The same answer is gone on with. @param {TurnView} view @returns {TurnView} */
  resumeAnswer(view) {
    view.resume();
    this.#begin();
    return view;
  }

  #begin() {
    this.#error?.remove();
    this.#error = null;
    this.#log.setAttribute("aria-busy", "true");
    this.#setAnswering(true);
    this.#toEnd();
  }

  /** Lets an answer grow and keeps its end in sight, unless the reader has scrolled up. @param {() => void} change */
  grow(change) {
    const atEnd =
      this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END_PX;
    change();
    if (atEnd) this.#toEnd();
  }

  /** @param {{missing: string | null}} how why there is no answer; such a turn can be repeated */
  endAnswer({ missing }) {
    const answer = this.#log.querySelector(".answer.open");
    this.#log.setAttribute("aria-busy", "false");
    this.#setAnswering(false);
    if (missing !== null && !this.#error) this.#showError(missing, "quiet");
    if (missing === null) answer?.classList.remove("open");
    this.#toEnd();
  }

  /** @param {string} sentence */
  showTurnError(sentence) {
    this.#showError(sentence, "alert");
    this.#toEnd();
  }

  /** @param {Message[]} messages */
  showDialogue(messages) {
    this.clear();
    if (messages.length > 0) this.#empty.remove();
    this.#earlier = messages.slice(0, -SHOWN);
    this.#log.prepend(this.#showEarlier, ...messages.slice(-SHOWN).map(article));
    this.#showEarlier.hidden = this.#earlier.length === 0;
    this.#toEnd();
  }

  /** Shows some more of what was said before; what is in sight stays where it is. */
  #bringBack() {
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.#showEarlier.after(...this.#earlier.splice(-SHOWN).map(article));
    this.#showEarlier.hidden = this.#earlier.length === 0;
    this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
  }

  /** Leaves the log short enough to grow fast. */
  #putAway() {
    if (this.#log.childElementCount <= MOST_SHOWN) return;
    this.#showEarlier.remove();
    const shown = [...this.#log.children].filter((element) => element !== this.waiting.element);
    const away = shown.slice(0, shown.length - SHOWN);
    for (const element of away) element.remove();
    this.#earlier.push(...away);
    this.#log.prepend(this.#showEarlier);
    this.#showEarlier.hidden = false;
  }

  clear() {
    this.#error = null;
    this.#earlier = [];
    this.#log.replaceChildren(this.#empty, this.waiting.element);
    this.#log.setAttribute("aria-busy", "false");
    this.#setAnswering(false);
    this.focusInput();
  }

  /** @param {Progress} progress */
  showProgress({ phase, doneBytes, totalBytes, bytesPerSecond }) {
    const busy = phase !== "done" && doneBytes < totalBytes;
    this.#bar.hidden = !busy;
    this.#bar.value = totalBytes > 0 ? doneBytes / totalBytes : 0;
    const rate = bytesPerSecond > 0 ? ` · ${bytes(bytesPerSecond)}/s` : "";
    this.#loadingText = busy ? `Loading ${bytes(doneBytes)} of ${bytes(totalBytes)}${rate}` : null;
    this.#showStatus();
  }

  /** @param {RouterState} state @param {EdgeState} edge @param {boolean} hasEdge */
  showState(state, edge, hasEdge) {
    this.#shown = { state, edge, hasEdge };
    if (state.device !== "loading") this.#bar.hidden = true;
    if (state.device === "ready" && this.#warning.dataset.mends === "device")
      this.#warning.hidden = true;
    this.#showStatus();
    this.#showBanner();
    this.#showLongest(state.core.longest_answer, hasEdge);
  }

  /** @param {import("./types.js").LongestAnswer | undefined} longest @param {boolean} hasEdge */
  #showLongest(longest, hasEdge) {
    if (!longest) return;
    const { seconds, device_tokens, edge_tokens } = longest;
    const edge = hasEdge ? `, ${count(edge_tokens)} at the edge` : "";
    this.#anyLength.textContent = seconds === null ? "Any length" : `Up to ${duration(seconds)}`;
    this.#length.title = `Longest answer. Unless you choose, about ${count(device_tokens)} tokens on this device${edge}.`;
  }

  /** @param {{code: string, message: string}} warning */
  showWarning({ code, message }) {
    const reloadable = RELOADABLE.includes(code);
    const again = h(
      "button",
      { type: "button", class: "text-button", onclick: this.#actions.loadDevice },
      "Load again",
    );
    const close = h(
      "button",
      { type: "button", class: "text-button", onclick: () => (this.#warning.hidden = true) },
      "Dismiss",
    );
    this.#warning.dataset.mends = reloadable ? "device" : "";
    this.#warning.replaceChildren(
      icon("warning"),
      h("span", {}, message),
      ...(reloadable ? [again] : []),
      close,
    );
    this.#warning.hidden = false;
  }

  #header() {
    const fresh = h(
      "button",
      {
        class: "quiet",
        part: "new-chat",
        type: "button",
        "aria-label": "New chat",
        title: "New chat",
        onclick: this.#actions.newChat,
      },
      icon("fresh"),
    );
    return h(
      "header",
      { part: "header" },
      h(
        "span",
        { class: "dots", "aria-hidden": "true" },
        h("i", { class: "dot device" }),
        h("i", { class: "dot edge" }),
      ),
      this.#status,
      h("span", { class: "mode" }, this.#length, icon("chevron")),
      h("span", { class: "mode" }, this.#mode, icon("chevron")),
      fresh,
    );
  }

  #form() {
    return h(
      "form",
      { part: "form", onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
      this.#input,
      this.#send,
      this.#stop,
    );
  }

  /** @param {ShadowRoot} root */
  #listen(root) {
    root.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event)));
    this.#input.addEventListener("input", () => {
      this.#fit();
      this.#noteTyping();
    });
    this.#stop.addEventListener("click", () => this.#actions.stop());
    this.#mode.addEventListener("change", () =>
      this.#actions.setMode(/** @type {Mode} */ (this.#mode.value)),
    );
    this.#length.addEventListener("change", () => this.#actions.setMaxTokens(this.#length.value));
  }

  /** Tells once for each message that a person has begun to write it. */
  #noteTyping() {
    const typing = this.#input.value.trim() !== "";
    if (typing && !this.#typing) this.#actions.typing();
    this.#typing = typing;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape" && !this.#stop.hidden) {
      event.preventDefault();
      this.#actions.stop();
    }
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (event.target === this.#input && sends) this.#submit(event);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#input.value;
    if (!text.trim() || !this.#stop.hidden) return;
    this.#input.value = "";
    this.#typing = false;
    this.#fit();
    this.#actions.ask(text);
  }

  /** The input is as high as its text, up to what the style allows. */
  #fit() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }

  /** @param {boolean} answering */
  #setAnswering(answering) {
    const root = /** @type {ShadowRoot} */ (this.#log.getRootNode());
    const hadFocus = root.activeElement === (answering ? this.#send : this.#stop);
    this.#send.hidden = answering;
    this.#stop.hidden = !answering;
    if (hadFocus) this.focusInput();
  }

  /** @param {string} sentence @param {"alert" | "quiet"} kind */
  #showError(sentence, kind) {
    const retry = h(
      "button",
      { class: "text-button", part: "retry", type: "button", onclick: this.#actions.retry },
      icon("retry"),
      "Retry",
    );
    this.#error = h(
      "div",
      { class: `turn-error ${kind}`, part: "error", role: kind === "alert" ? "alert" : null },
      kind === "alert" ? icon("warning") : null,
      h("span", {}, sentence),
      retry,
    );
    this.#add(this.#error);
  }

  /** At the end of the log, but before what waits. @param {HTMLElement} element */
  #add(element) {
    this.waiting.element.before(element);
  }

  #showStatus() {
    this.#status.textContent = this.#loadingText ?? statusText(this.#shown);
  }

  #showBanner() {
    const text = bannerText(this.#shown, /** @type {Mode} */ (this.#mode.value));
    this.#banner.hidden = text === null;
    if (text !== null && this.#banner.textContent !== text)
      this.#banner.replaceChildren(icon("edge"), h("span", {}, text));
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

/** @param {string} text */
function question(text) {
  return h("article", { class: "question", part: "question", "aria-label": "You" }, text);
}

/** What shows a message; one that was put away is shown as it was. @param {Message | Element} message */
function article(message) {
  if (message instanceof Element) return message;
  return message.role === "user" ? question(message.content) : TurnView.of(message.content).element;
}

/** @param {number} maxTokens */
function lengthOption(maxTokens) {
  return h("option", { value: String(maxTokens) }, `Up to ${count(maxTokens)} tokens`);
}

/** @param {{state: RouterState, edge: EdgeState, hasEdge: boolean} | null} shown */
function statusText(shown) {
  if (!shown || shown.state.phase === "loading") return "Starting";
  const { state, edge, hasEdge } = shown;
  const { quiz } = state.core;
  const device = {
    ready: quiz ? `Trying the device's model: ${quiz.done} of ${quiz.total}` : "Device ready",
    loading: "Device loading",
    none: "No device model",
    failed: "Device not loaded",
  };
  const side = { online: "edge online", offline: "edge offline", unknown: "edge unknown" };
  if (state.phase === "failed") return "Not running";
  const warned = state.device === "ready" && state.deviceModel?.warnings?.[0];
  const note = warned ? ` (${NOTES[warned.code] ?? warned.code})` : "";
  return `${device[state.device]}${note} · ${hasEdge ? side[edge] : "no edge"}`;
}

/** @param {{state: RouterState, edge: EdgeState} | null} shown @param {Mode} mode */
function bannerText(shown, mode) {
  if (mode === "device-only") return "Device only: nothing you write leaves this device.";
  if (shown?.edge !== "offline") return null;
  return shown.state.device === "ready"
    ? "The edge cannot be reached. This device answers until it is back."
    : "The edge cannot be reached, and no model is on this device yet.";
}
