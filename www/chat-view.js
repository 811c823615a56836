/** What `<nearside-chat>` shows around its log: header, notices and the line to type in. */

import { h, icon, sends } from "./dom.js";
import { styles } from "./element-styles.js";
import { bytes, count, duration } from "./format.js";
import { MessageLog } from "./message-log.js";
import { Words } from "./words/words.js";

/** @typedef {import("./dialogues/tree.js").Told} Told */
/** @typedef {import("./turn-view.js").TurnView} TurnView */
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
 * @property {() => void} openHistory the panel with all dialogues
 * @property {(mode: Mode) => void} setMode
 * @property {(maxTokens: string) => void} setMaxTokens a number, or "auto"
 * @property {() => void} loadDevice also goes on with a download
 * @property {() => void} pauseDownload
 * @property {(message: Told, text: string) => void} edit asks a question in other words
 * @property {(message: Told, by: -1 | 1) => void} walk to what stands beside a message
 * @property {(message: Told) => {n: number, of: number}} place of a message among those beside it
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

export class ChatView {
  words;
  #actions;
  #root;
  log;
  #status = h("span", { class: "status", part: "status", role: "status" });
  #history = h("button", { class: "quiet", part: "history-button", type: "button", "aria-haspopup": "dialog", hidden: true }, icon("list"));
  #bar = h("progress", { class: "progress", part: "progress", max: "1", value: "0", hidden: true });
  #pause = h("button", { class: "quiet", part: "pause", type: "button", hidden: true });
  #banner = h("div", { class: "banner", part: "banner", role: "status", hidden: true });
  #warning = h("div", { class: "banner warning", part: "warning", role: "alert", hidden: true });
  #input = h("textarea", { part: "input", rows: "1", enterkeyhint: "send", autocomplete: "off", dir: "auto" });
  #send = h("button", { class: "round", part: "send", type: "submit" }, icon("send"));
  #stop = h("button", { class: "round", part: "stop", type: "button", hidden: true }, icon("stop"));
  #mode = h("select", { part: "mode" });
  #anyLength = h("option", { value: "auto" });
  #length = h("select", { part: "length" }, this.#anyLength);
  #typing = false;
  /** @type {Progress | null} */
  #progress = null;
  /** @type {{state: RouterState, edge: EdgeState, hasEdge: boolean} | null} */
  #shown = null;

  /** @param {ShadowRoot} root @param {Actions} actions */
  constructor(root, actions) {
    this.#actions = actions;
    this.#root = root;
    this.words = new Words(root);
    this.log = new MessageLog(this.words, {
      retry: actions.retry,
      edit: (message) => void this.#edit(message),
      walk: actions.walk,
      place: actions.place,
      typed: () => this.focusInput(),
    });
    root.adoptedStyleSheets = [styles];
    const slots = ["before-input", "footer"].map((name) => h("slot", { name }));
    root.append(this.#header(), this.#bar, this.log.element, this.#warning, this.#banner, slots[0], this.#form(), slots[1]);
    this.#nameParts();
    this.#listen(root);
    this.words.keep(this.#pause, () => this.#showPause());
  }

  #nameParts() {
    const { words } = this;
    const label = (/** @type {Element} */ element, /** @type {Phrase} */ phrase) =>
      words.keep(element, () => element.setAttribute("aria-label", words.say(phrase)));
    label(this.#bar, "loading_models");
    words.name(this.#send, "send", "send_hint");
    words.name(this.#stop, "stop", "stop_hint");
    words.name(this.#mode, "mode");
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
    return this.words.text(h("option", { value: String(maxTokens) }), "length_tokens", { n: maxTokens });
  }

  /** Whether there are several dialogues. @param {boolean} has */
  setHistory(has) {
    this.#history.hidden = !has;
  }

  /** Only the panel over it can be used, until that is closed. @param {boolean} covered */
  cover(covered) {
    for (const child of this.#root.children) if (!child.classList.contains("drawer")) child.toggleAttribute("inert", covered);
    if (!covered) this.#history.focus();
  }

  /** @param {FocusOptions} [options] */
  focusInput(options) {
    this.#input.focus(options);
  }

  /**
   * A question that is asked when its turn comes. Settles with its report, or with null if it is
   * cancelled before.
   * @param {string} text
   */
  queueQuestion(text) {
    const settled = this.log.waiting.add(text);
    this.log.toEnd();
    return settled;
  }

  /** Another dialogue than before. @param {readonly Told[]} path */
  begin(path) {
    this.log.begin(path);
    this.#setAnswering(false);
  }

  /** @param {Told} [resumes] an answer that is gone on with @returns {TurnView} */
  startAnswer(resumes) {
    this.#setAnswering(true);
    return resumes ? this.log.resumeAnswer(this.log.answer(resumes)) : this.log.startAnswer();
  }

  /** @param {{missing: (() => string) | null}} how says why there is no answer; such a turn can be repeated */
  endAnswer(how) {
    this.#setAnswering(false);
    this.log.endAnswer(how);
  }

  /** @param {{code: string, message: string}} error */
  showTurnError(error) {
    this.log.showError(() => this.words.error(error), "alert", error.message);
  }

  /** @param {Told} message */
  async #edit(message) {
    const { editQuestion } = await import("./dialogues/question-editor.js");
    const text = await editQuestion(this.log.questionOf(message), message.content, this.words);
    if (text !== null) this.#actions.edit(message, text);
    if (text !== null) this.focusInput();
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
    const { language } = words;
    const longest = state?.core.longest_answer;
    const seconds = longest?.seconds ?? null;
    this.#anyLength.textContent =
      seconds === null ? words.say("length_any") : words.say("length_time", { time: duration(seconds, language) });
    const tokens = { device: count(longest?.device_tokens, language), edge: count(longest?.edge_tokens, language) };
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
      this.words.name(this.#history, "dialogues"),
      h("slot", { name: "header" }),
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
    this.#history.addEventListener("click", () => this.#actions.openHistory());
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
    if (event.key === "Escape" && !event.defaultPrevented && !this.#stop.hidden) {
      event.preventDefault();
      this.#actions.stop();
    }
    if (event.target === this.#input && sends(event)) this.#submit(event);
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
    const hadFocus = this.#root.activeElement === (answering ? this.#send : this.#stop);
    this.#send.hidden = answering;
    this.#stop.hidden = !answering;
    if (hadFocus) this.focusInput();
  }

  #showStatus() {
    this.#status.textContent = this.#progress ? this.#loadingText(this.#progress) : this.#statusText();
  }

  /** @param {Progress} progress */
  #loadingText({ phase, doneBytes, totalBytes, bytesPerSecond, secondsLeft }) {
    const { words } = this;
    const { language } = words;
    const sizes = words.say(phase === "paused" ? "paused" : "loading", { done: bytes(doneBytes, language), total: bytes(totalBytes, language) });
    if (phase !== "download" || bytesPerSecond === 0) return sizes;
    const left = secondsLeft === null ? [] : [words.say("time_left", { time: duration(secondsLeft, language) })];
    return [sizes, words.say("per_second", { size: bytes(bytesPerSecond, language) }), ...left].join(" · ");
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
}

/** @param {{state: RouterState, edge: EdgeState} | null} shown @param {Mode} mode @returns {Phrase | null} */
function bannerPhrase(shown, mode) {
  if (mode === "device-only") return "banner_device_only";
  if (shown?.edge !== "offline") return null;
  return shown.state.device === "ready" ? "banner_offline" : "banner_nobody";
}
