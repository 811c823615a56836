/**
 * The log: the messages of one path through a dialogue, the answer that is being written, and what went
 * wrong. Of a long dialogue only the end is in the page.
 */

import { h, icon } from "./dom.js";
import { TurnView } from "./turn-view.js";
import { WaitingQuestions } from "./waiting-questions.js";

/** @typedef {import("./dialogues/tree.js").Told} Told */
/** @typedef {import("./words/words.js").Words} Words */

/**
 * What a person can do here.
 * @typedef {object} LogActions
 * @property {() => void} retry
 * @property {(message: Told) => void} edit
 * @property {(message: Told, by: -1 | 1) => void} walk to what stands beside a message
 * @property {(message: Told) => {n: number, of: number}} place of a message among those beside it
 * @property {() => void} typed the person is to go on typing
 */

const NEAR_END_PX = 48;
/** Screen readers look at a change a moment later. */
const QUIET_MILLIS = 500;
/** Messages that are shown at once of a dialogue that is taken up again; earlier ones are a click away. */
const SHOWN = 60;
/** Beyond so many, the earlier ones are put away: each costs time whenever the log grows. */
const MOST_SHOWN = 120;

export class MessageLog {
  element = h("div", { class: "log", part: "log", role: "log", "aria-live": "polite", tabindex: "0" });
  /** Questions that were asked while another was answered. */
  waiting;
  #words;
  #actions;
  #empty = h("div", { class: "empty" });
  #showEarlier = h("button", { class: "text-button earlier", part: "earlier", type: "button", hidden: true });
  /** @type {HTMLElement | null} */
  #error = null;
  /** The answer that is being written. @type {TurnView | null} */
  #open = null;
  /** What is shown, but for those before `#from`, which stay out of the page. @type {readonly Told[]} */
  #path = [];
  #from = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #quiet;
  /** Grows when a reader wants to see more. */
  #mostShown = MOST_SHOWN;
  /** @type {WeakMap<Told, TurnView | Element>} */
  #views = new WeakMap();

  /** @param {Words} words @param {LogActions} actions */
  constructor(words, actions) {
    this.#words = words;
    this.#actions = actions;
    this.waiting = new WaitingQuestions(words, actions.typed);
    words.keep(this.element, () => this.element.setAttribute("aria-label", words.say("conversation")));
    words.text(this.#showEarlier, "earlier");
    this.#showEarlier.addEventListener("click", () => this.#bringBack());
    this.#empty.append(h("slot", { name: "empty", dir: "auto" }, words.text(h("p"), "empty")));
    this.element.append(this.#showEarlier, this.#empty, this.waiting.element);
  }

  /** Shows a path; what it has in common with the one before stays as it is. @param {readonly Told[]} path */
  show(path) {
    const before = this.#path;
    let same = 0;
    while (same < path.length && path[same] === before[same]) same++;
    this.#endOpen();
    this.#path = path;
    if (same <= this.#from) {
      for (const message of before.slice(this.#from)) this.#element(message).remove();
      this.#from = Math.max(0, path.length - SHOWN);
      same = this.#from;
    }
    for (const message of before.slice(Math.max(same, this.#from))) this.#element(message).remove();
    for (const message of path.slice(same)) this.#add(this.#element(message));
    this.#showEarlier.hidden = this.#from === 0;
    this.#placed(Math.max(0, same - 1));
  }

  /** Another dialogue than before. @param {readonly Told[]} path */
  begin(path) {
    this.#clearError();
    for (const message of this.#path.slice(this.#from)) this.#element(message).remove();
    [this.#path, this.#from, this.#mostShown] = [[], 0, MOST_SHOWN];
    this.#quietly(() => this.show(path));
    this.element.setAttribute("aria-busy", "false");
    this.toEnd();
  }

  /** What shows an answer of the path. @param {Told} message @returns {TurnView} */
  answer(message) {
    this.#element(message);
    return /** @type {TurnView} */ (this.#views.get(message));
  }

  /** What shows a question of the path. @param {Told} message */
  questionOf(message) {
    return /** @type {HTMLElement} */ (this.#element(message));
  }

  /** @returns {TurnView} */
  startAnswer() {
    this.#endOpen();
    const view = new TurnView(this.#words);
    view.element.classList.add("open");
    this.#open = view;
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
    this.#clearError();
    this.element.setAttribute("aria-busy", "true");
    this.toEnd();
  }

  /** What is being written has become this message of the path. @param {Told} message @param {TurnView} view @param {readonly Told[]} path */
  settle(message, view, path) {
    this.#views.set(message, view);
    view.element.classList.remove("open");
    this.#open = null;
    this.show(path);
  }

  /** @param {{missing: (() => string) | null}} how says why there is no answer; such a turn can be repeated */
  endAnswer({ missing }) {
    this.element.setAttribute("aria-busy", "false");
    if (missing !== null && !this.#error) this.showError(missing, "quiet");
    if (this.#nearEnd) {
      this.#putAway();
      this.toEnd();
    }
  }

  /** Lets an answer grow and keeps its end in sight, unless the reader has scrolled up. @param {() => void} change */
  grow(change) {
    const follows = this.#nearEnd;
    change();
    if (follows) this.toEnd();
  }

  get #nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** @param {() => string} sentence @param {"alert" | "quiet"} kind @param {string | null} [details] */
  showError(sentence, kind, details = null) {
    this.#clearError();
    const said = h("span", { dir: "auto", title: details });
    const retry = h(
      "button",
      { class: "text-button", part: "retry", type: "button", onclick: this.#actions.retry },
      icon("retry"),
      this.#words.text(h("span"), "retry"),
    );
    this.#error = h(
      "div",
      { class: `turn-error ${kind}`, part: "error", role: kind === "alert" ? "alert" : null },
      kind === "alert" ? icon("warning") : null,
      this.#words.keep(said, () => (said.textContent = sentence())),
      retry,
    );
    this.#add(this.#error);
    this.toEnd();
  }

  #clearError() {
    this.#error?.remove();
    this.#error = null;
  }

  /** An answer that came to nothing. */
  #endOpen() {
    this.#open?.element.remove();
    this.#open = null;
  }

  /** Shows some more of what was said before; what is in sight stays where it is. */
  #bringBack() {
    const fromEnd = this.element.scrollHeight - this.element.scrollTop;
    const from = Math.max(0, this.#from - SHOWN);
    const more = this.#path.slice(from, this.#from).map((message) => this.#element(message));
    this.#quietly(() => this.#showEarlier.after(...more));
    for (const element of more) this.#words.sayAgain(element);
    this.#from = from;
    this.#mostShown += SHOWN;
    this.#showEarlier.hidden = from === 0;
    this.#placed(from, from + more.length);
    this.element.scrollTop = this.element.scrollHeight - fromEnd;
  }

  /** What was said before is not read out as if it were new. @param {() => void} change */
  #quietly(change) {
    this.element.setAttribute("aria-live", "off");
    change();
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.element.setAttribute("aria-live", "polite"), QUIET_MILLIS);
  }

  /** Leaves the log short enough to grow fast. */
  #putAway() {
    if (this.#path.length - this.#from <= this.#mostShown) return;
    const from = this.#path.length - SHOWN;
    for (const message of this.#path.slice(this.#from, from)) this.#element(message).remove();
    this.#from = from;
    this.#showEarlier.hidden = false;
  }

  /** At the end of the log, but before what waits. @param {Element} element */
  #add(element) {
    this.#empty.remove();
    this.waiting.element.before(element);
    // What was out of the page may have been said in another language.
    this.#words.sayAgain(element);
  }

  /** Says of what is shown where it stands among its like, and which answer is the last. @param {number} from @param {number} [to] */
  #placed(from, to) {
    if (this.#path.length === 0) this.waiting.element.before(this.#empty);
    for (const message of this.#path.slice(Math.max(from, this.#from), to)) {
      this.#element(message).classList.toggle("last", message === this.#path.at(-1));
      this.#showBranches(message);
    }
  }

  /** @param {Told} message */
  #showBranches(message) {
    const { n, of } = this.#actions.place(message);
    const view = this.#views.get(message);
    const branches = of > 1 ? this.#branches(message, n, of) : null;
    if (view instanceof TurnView) return view.showBranches(branches);
    view?.querySelector(".branches")?.remove();
    if (branches) view?.append(branches);
  }

  /** @param {Told} message @param {number} n @param {number} of */
  #branches(message, n, of) {
    const words = this.#words;
    const step = (/** @type {-1 | 1} */ by) => {
      const button = h("button", { class: `quiet ${by < 0 ? "back" : "on"}`, type: "button", part: "branch" }, icon("chevron"));
      button.disabled = by < 0 ? n === 1 : n === of;
      button.addEventListener("click", () => this.#walk(message, by));
      return words.name(button, by < 0 ? "branch_before" : "branch_after");
    };
    const place = h("span", { class: "branch-place" }, `${n}/${of}`);
    words.keep(place, () => place.setAttribute("aria-label", words.say("branch", { n, of })));
    place.setAttribute("role", "img");
    return h("span", { class: "branches", part: "branches" }, step(-1), place, step(1));
  }

  /** The one that was walked to has the button that was pressed. @param {Told} message @param {-1 | 1} by */
  #walk(message, by) {
    const at = this.#path.indexOf(message);
    const { scrollTop } = this.element;
    this.#clearError();
    this.#quietly(() => this.#actions.walk(message, by));
    this.element.scrollTop = scrollTop;
    const now = this.#path[at] && this.#element(this.#path[at]);
    const buttons = /** @type {NodeListOf<HTMLButtonElement> | undefined} */ (now?.querySelectorAll("[part=branch]"));
    const [back, on] = buttons ?? [];
    const next = by < 0 ? [back, on] : [on, back];
    next.find((button) => button && !button.disabled)?.focus();
  }

  /** @param {Told} message */
  #element(message) {
    const view = this.#views.get(message) ?? this.#viewOf(message);
    this.#views.set(message, view);
    return view instanceof TurnView ? view.element : view;
  }

  /** @param {Told} message */
  #viewOf(message) {
    return message.role === "user" ? this.#question(message) : TurnView.of(message, this.#words);
  }

  /** @param {Told} message */
  #question(message) {
    const words = this.#words;
    const edit = h("button", { class: "quiet", part: "edit", type: "button", onclick: () => this.#actions.edit(message) }, icon("edit"));
    const element = h("article", { class: "question", part: "question" }, h("span", { dir: "auto" }, message.content), words.name(edit, "edit"));
    return words.keep(element, () => element.setAttribute("aria-label", words.say("you")));
  }
}
