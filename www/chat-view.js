/** What `<nearside-chat>` shows: header, log, notices and the line to type in. */

import { h, icon } from "./dom.js";
import { styles } from "./element-styles.js";
import { bytes, count, duration } from "./format.js";
import { TurnView } from "./turn-view.js";
import { WaitingQuestions } from "./waiting-questions.js";
import { Words } from "./words/words.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Mode} Mode */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./index.js").RouterState} RouterState */
/** @typedef {import("./words/words.js").Phrase} Phrase */
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
 * @property {() => void} loadDevice also goes on with a download
 * @property {() => void} pauseDownload
 */

/** @type {Record<Mode, Phrase>} */
const MODE_NAMES = {
  auto: "mode_auto",
  "prefer-device": "mode_prefer_device",
  "prefer-edge": "mode_prefer_edge",
  "device-only": "mode_device_only",
  "edge-only": "mode_edge_only",
};

/** How long an answer may get, in tokens; others can be set as the attribute. */
const LENGTHS = [256, 1024, 4096];

/** Warnings that loading the device model again can mend, or now. */
const RELOADABLE = [
  "connection_metered",
  "previous_load_crashed",
  "memory_low",
  "download_failed",
  "digest_mismatch",
  "model_corrupt",
  "model_truncated",
];
/** What the status line says of a device model that loaded with a warning. @type {Record<string, Phrase>} */
const NOTES = { no_chat_template: "no_chat_template" };
const NEAR_END_PX = 48;
/** Messages that are shown at once of a dialogue that is taken up again; earlier ones are a click away. */
const SHOWN = 60;
/** Beyond so many, the earlier ones are put away: each costs time whenever the log grows. */
const MOST_SHOWN = 240;

export class ChatView {
  words;
  #actions;
  #root;
  #log = h("div", { class: "log", part: "log", role: "log", "aria-live": "polite", tabindex: "0" });
  #empty = h("div", { class: "empty" });
  #status = h("span", { class: "status", part: "status", role: "status" });
  #bar = h("progress", { class: "progress", part: "progress", max: "1", value: "0", hidden: true });
  #pause = h("button", { class: "quiet", part: "pause", type: "button", hidden: true });
  #banner = h("div", { class: "banner", part: "banner", role: "status", hidden: true });
  #warning = h("div", { class: "banner warning", part: "warning", role: "alert", hidden: true });
  #input = h("textarea", { part: "input", rows: "1", enterkeyhint: "send", autocomplete: "off", dir: "auto" });
  #send = h("button", { class: "round", part: "send", type: "submit" }, icon("send"));
  #stop = h("button", { class: "round", part: "stop", type: "button", hidden: true }, icon("stop"));
  #mode = h("select", { part: "mode" });
  #showEarlier = h("button", { class: "text-button earlier", part: "earlier", type: "button", hidden: true });
  /** What stands before the first one shown. @type {(Message | Element)[]} */
  #earlier = [];
  #anyLength = h("option", { value: "auto" });
  #length = h("select", { part: "length" }, this.#anyLength);
  /** Questions that were asked while another was answered. */
  waiting;
  #typing = false;
  /** @type {HTMLElement | null} */
  #error = null;
  /** @type {Progress | null} */
  #progress = null;
  /** @type {{state: RouterState, edge: EdgeState, hasEdge: boolean} | null} */
  #shown = null;

  /** @param {ShadowRoot} root @param {Actions} actions */
  constructor(root, actions) {
    this.#actions = actions;
    this.#root = root;
    this.words = new Words(root);
    this.waiting = new WaitingQuestions(this.words, () => this.focusInput());
    root.adoptedStyleSheets = [styles];
    this.#log.append(this.#empty, this.waiting.element);
    this.#showEarlier.addEventListener("click", () => this.#bringBack());
    root.append(this.#header(), this.#bar, this.#log, this.#warning, this.#banner, this.#form());
    this.#nameParts();
    this.#listen(root);
    this.words.keep(this.#pause, () => this.#showPause());
  }

  #nameParts() {
    const { words } = this;
    const label = (/** @type {Element} */ element, /** @type {Phrase} */ phrase) =>
      words.keep(element, () => element.setAttribute("aria-label", words.say(phrase)));
    label(this.#log, "conversation");
    label(this.#bar, "loading_models");
    words.name(this.#send, "send", "send_hint");
    words.name(this.#stop, "stop", "stop_hint");
    words.name(this.#mode, "mode");
    words.text(this.#showEarlier, "earlier");
    this.#empty.append(h("slot", { name: "empty" }, words.text(h("p"), "empty")));
    for (const [value, phrase] of Object.entries(MODE_NAMES))
      this.#mode.append(words.text(h("option", { value }), phrase));
    this.#length.append(...LENGTHS.map((n) => this.#lengthOption(n)));
    label(this.#length, "length");
    words.keep(this.#status, () => this.#showStatus());
    words.keep(this.#anyLength, () => this.#showLongest());
    words.keep(this.#banner, () => this.#showBanner());
  }

  /** Speaks another language from now on. @param {string} tag as in HTML's `lang` */
  async speak(tag) {
    await this.words.use(tag);
    for (const child of this.#root.children) {
      child.setAttribute("dir", this.words.direction);
      child.setAttribute("lang", this.words.language);
    }
  }

  /** @param {string | null} placeholder @param {string | null} label */
  setPlaceholder(placeholder, label) {
    this.words.keep(this.#input, () => {
      this.#input.placeholder = placeholder ?? this.words.say("placeholder");
      this.#input.setAttribute("aria-label", label ?? this.words.say("message"));
    });
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
    if (maxTokens !== null && !offered) this.#length.append(this.#lengthOption(maxTokens));
    this.#length.value = value;
  }

  /** @param {number} maxTokens */
  #lengthOption(maxTokens) {
    return this.words.text(h("option", { value: String(maxTokens) }), "length_tokens", { n: count(maxTokens) });
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
    this.#add(this.#question(text));
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
    const view = new TurnView(this.words);
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

  /** @param {{code: string, message: string}} error */
  showTurnError(error) {
    this.#showError(this.words.error(error), "alert");
    this.#toEnd();
  }

  /** @param {Message[]} messages */
  showDialogue(messages) {
    this.clear();
    if (messages.length > 0) this.#empty.remove();
    this.#earlier = messages.slice(0, -SHOWN);
    this.#log.prepend(this.#showEarlier, ...messages.slice(-SHOWN).map((message) => this.#article(message)));
    this.#showEarlier.hidden = this.#earlier.length === 0;
    this.#toEnd();
  }

  /** Shows some more of what was said before; what is in sight stays where it is. */
  #bringBack() {
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.#showEarlier.after(...this.#earlier.splice(-SHOWN).map((message) => this.#article(message)));
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
  showProgress(progress) {
    const { phase, doneBytes, totalBytes } = progress;
    const busy = phase !== "done" && doneBytes < totalBytes;
    this.#bar.hidden = !busy;
    this.#bar.value = totalBytes > 0 ? doneBytes / totalBytes : 0;
    this.#progress = busy ? progress : null;
    this.#showStatus();
    this.#showPause();
  }

  /** @param {RouterState} state @param {EdgeState} edge @param {boolean} hasEdge */
  showState(state, edge, hasEdge) {
    this.#shown = { state, edge, hasEdge };
    if (!["loading", "paused"].includes(state.device)) this.#bar.hidden = true;
    if (state.device === "ready" && this.#warning.dataset.mends === "device")
      this.#warning.hidden = true;
    this.#showStatus();
    this.#showBanner();
    this.#showLongest();
    this.#showPause();
  }

  /** The button that pauses a download, or goes on with it. */
  #showPause() {
    const paused = this.#shown?.state.device === "paused";
    const downloads = this.#progress?.phase === "download" && this.#shown?.state.device === "loading";
    this.#pause.hidden = !paused && !downloads;
    const name = this.words.say(paused ? "resume_download" : "pause_download");
    this.#pause.setAttribute("aria-label", name);
    this.#pause.title = name;
    this.#pause.replaceChildren(icon(paused ? "play" : "pause"));
  }

  #showLongest() {
    const { words } = this;
    const { state, hasEdge } = this.#shown ?? {};
    const longest = state?.core.longest_answer;
    const seconds = longest?.seconds ?? null;
    this.#anyLength.textContent =
      seconds === null ? words.say("length_any") : words.say("length_time", { time: duration(seconds) });
    const tokens = { device: count(longest?.device_tokens), edge: count(longest?.edge_tokens) };
    const hint = hasEdge ? "length_hint_both" : "length_hint_device";
    this.#length.title = longest ? words.say(hint, tokens) : words.say("length");
  }

  /** @param {{code: string, message: string}} warning */
  showWarning(warning) {
    const { words } = this;
    const reloadable = RELOADABLE.includes(warning.code);
    const again = warning.code === "connection_metered" ? "load_now" : "load_again";
    const close = () => (this.#warning.hidden = true);
    this.#warning.dataset.mends = reloadable ? "device" : "";
    this.#warning.title = warning.message;
    const said = h("span", { dir: "auto" });
    this.#warning.replaceChildren(
      icon("warning"),
      words.keep(said, () => (said.textContent = words.error(warning))),
      ...(reloadable ? [this.#textButton(again, this.#actions.loadDevice)] : []),
      this.#textButton("dismiss", close),
    );
    this.#warning.hidden = false;
  }

  /** @param {Phrase} phrase @param {() => void} onclick */
  #textButton(phrase, onclick) {
    return this.words.text(h("button", { type: "button", class: "text-button", onclick }), phrase);
  }

  #header() {
    const onclick = this.#actions.newChat;
    const fresh = h("button", { class: "quiet", part: "new-chat", type: "button", onclick }, icon("fresh"));
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
      this.#pause,
      h("span", { class: "mode" }, this.#length, icon("chevron")),
      h("span", { class: "mode" }, this.#mode, icon("chevron")),
      this.words.name(fresh, "new_chat"),
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
    this.#pause.addEventListener("click", () => {
      if (this.#shown?.state.device === "paused") this.#actions.loadDevice();
      else this.#actions.pauseDownload();
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
      this.words.text(h("span"), "retry"),
    );
    this.#error = h(
      "div",
      { class: `turn-error ${kind}`, part: "error", role: kind === "alert" ? "alert" : null },
      kind === "alert" ? icon("warning") : null,
      h("span", { dir: "auto" }, sentence),
      retry,
    );
    this.#add(this.#error);
  }

  /** At the end of the log, but before what waits. @param {HTMLElement} element */
  #add(element) {
    this.waiting.element.before(element);
  }

  #showStatus() {
    this.#status.textContent = this.#progress ? this.#loadingText(this.#progress) : this.#statusText();
  }

  /** @param {Progress} progress */
  #loadingText({ phase, doneBytes, totalBytes, bytesPerSecond, secondsLeft }) {
    const { words } = this;
    const sizes = words.say(phase === "paused" ? "paused" : "loading", { done: bytes(doneBytes), total: bytes(totalBytes) });
    if (phase !== "download" || bytesPerSecond === 0) return sizes;
    const left = secondsLeft === null ? [] : [words.say("time_left", { time: duration(secondsLeft) })];
    return [sizes, `${bytes(bytesPerSecond)}/s`, ...left].join(" · ");
  }

  #statusText() {
    const { words } = this;
    const shown = this.#shown;
    if (!shown || shown.state.phase === "loading") return words.say("starting");
    const { state, edge, hasEdge } = shown;
    if (state.phase === "failed") return words.say("not_running");
    const { quiz } = state.core;
    const device = state.device === "ready" && quiz ? words.say("device_quiz", { ...quiz }) : words.say(`device_${state.device}`);
    const warned = state.device === "ready" && state.deviceModel?.warnings?.[0];
    const note = warned ? ` (${NOTES[warned.code] ? words.say(NOTES[warned.code]) : warned.code})` : "";
    return `${device}${note} · ${words.say(hasEdge ? `edge_${edge}` : "edge_none")}`;
  }

  #showBanner() {
    const phrase = bannerPhrase(this.#shown, /** @type {Mode} */ (this.#mode.value));
    this.#banner.hidden = phrase === null;
    const text = phrase && this.words.say(phrase);
    if (text && this.#banner.textContent !== text)
      this.#banner.replaceChildren(icon("edge"), h("span", {}, text));
  }

  /** @param {string} text */
  #question(text) {
    const { words } = this;
    const element = h("article", { class: "question", part: "question", dir: "auto" }, text);
    return words.keep(element, () => element.setAttribute("aria-label", words.say("you")));
  }

  /** What shows a message; one that was put away is shown as it was. @param {Message | Element} message */
  #article(message) {
    if (message instanceof Element) return message;
    return message.role === "user" ? this.#question(message.content) : TurnView.of(message.content, this.words).element;
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

/** @param {{state: RouterState, edge: EdgeState} | null} shown @param {Mode} mode @returns {Phrase | null} */
function bannerPhrase(shown, mode) {
  if (mode === "device-only") return "banner_device_only";
  if (shown?.edge !== "offline") return null;
  return shown.state.device === "ready" ? "banner_offline" : "banner_nobody";
}
