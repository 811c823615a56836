/** One answer as it grows: its text, what was thought before it, and its foot. */

import { h, icon } from "./dom.js";
import { AnswerText } from "./markdown/answer-text.js";
import { Thought } from "./thought.js";
import { TurnFoot } from "./turn-foot.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Route} Route */
/** @typedef {import("./words/words.js").Words} Words */

export class TurnView {
  #words;
  #answer;
  /** What was there before the answer was gone on with. @type {{text: string, foot: TurnFoot} | null} */
  #begun = null;
  /** Where in the answer this side has begun. */
  #sideBegan = 0;
  /** @type {Thought | null} */
  #thought = null;
  #thoughts = h("div", {});
  #reading = h("span", { class: "reading" });
  #waiting = h("span", { class: "waiting" }, h("i"), h("i"), h("i"), this.#reading);
  #body = h("div", { class: "text", part: "answer" }, this.#waiting);
  #foot;

  /** @param {Words} words */
  constructor(words) {
    this.#words = words;
    this.#answer = new AnswerText(words);
    this.#body.prepend(this.#answer.element);
    this.#foot = this.#newFoot();
    const element = h("article", { class: "answer" }, this.#thoughts, this.#body, this.#foot.element);
    this.element = words.keep(element, () => element.setAttribute("aria-label", words.say("answer")));
  }

  /** The answer so far, as it was written. */
  get text() {
    return this.#answer.text;
  }

  /** The answer is gone on with. */
  resume() {
    this.#begun = { text: this.text, foot: this.#foot };
    this.#foot = this.#newFoot();
    this.#begun.foot.element.replaceWith(this.#foot.element);
    this.#body.append(this.#waiting);
    this.#thought = null;
    this.#sideBegan = this.text.length;
  }

  /** @param {Decision} decision */
  route(decision) {
    this.#foot.route(decision);
  }

  /** How much of the prompt the device has read. @param {{done: number, total: number}} progress */
  read({ done, total }) {
    const percent = Math.round((100 * done) / total);
    const say = () => (done < total ? this.#words.say("reading", { percent }) : "");
    this.#words.keep(this.#reading, () => (this.#reading.textContent = say()));
  }

  /** What the model thinks before it answers. @param {string} text */
  think(text) {
    if (!this.#thought) {
      this.#thought = new Thought(this.#words);
      this.#thoughts.append(this.#thought.element);
    }
    this.#thought.add(text);
  }

  /** What this side has answered so far turned out to be thinking. */
  rethink() {
    const text = this.text.slice(this.#sideBegan);
    this.#answer.cut(this.#sideBegan);
    if (text) this.think(text);
  }

  /** @param {string} text */
  append(text) {
    this.#waiting.remove();
    this.#thought?.end();
    this.#answer.append(text);
  }

  /**
   * The turn moves to the other side. The text shown stays, or is kept as a draft where the other
   * side replaces it.
   * @param {{from: Route, to: Route, reason: string, sentence: string, replaces: boolean}} move
   */
  move(move) {
    const { to, replaces } = move;
    this.#foot.move(move);
    this.#thought?.end();
    if (replaces) this.#keepAsDraft();
    else if (this.text) this.#answer.seam(to, () => this.#words.reason(move));
    this.#thought = null;
    this.#sideBegan = this.text.length;
  }

  #keepAsDraft() {
    const earlier = this.#begun?.text.length ?? 0;
    const draft = h(
      "details",
      { class: "draft", part: "draft" },
      h("summary", {}, this.#words.text(h("span"), "draft"), icon("chevron")),
      this.#thought?.element ?? null,
      h("p", { dir: "auto" }, this.text.slice(earlier)),
    );
    this.#answer.cut(earlier);
    this.#answer.element.before(draft);
    this.#body.append(this.#waiting);
  }

  /** @param {TurnReport} report */
  finish(report) {
    this.#end();
    this.#foot.finish(report);
  }

  #end() {
    this.#waiting.remove();
    this.#thought?.end();
    this.#answer.end();
  }

  /** Ends without an answer; what was shown stays shown, but for what was to go on with an answer. */
  fail() {
    this.#end();
    if (this.#begun) this.#goBack(this.#begun);
    else if (!this.text) this.element.hidden = true;
  }

  /** @param {{text: string, foot: TurnFoot}} begun */
  #goBack({ text, foot }) {
    this.#answer.cut(text.length);
    this.#thought?.element.remove();
    this.#foot.element.replaceWith(foot.element);
    this.#foot = foot;
    this.#begun = null;
  }

  /** An answer from an earlier visit. @param {import("./dialogues/tree.js").Told} message @param {Words} words */
  static of(message, words) {
    const view = new TurnView(words);
    view.append(message.content);
    view.#answer.end();
    view.#foot.recall(message);
    return view;
  }

  /**
   * Lets the reader say what they think, ask the edge, ask again, or have the answer gone on with.
   * @param {import("./turn-foot.js").Offers} offers
   */
  offer(offers) {
    this.#foot.offer(offers);
  }

  /** The way to other answers to the same question. @param {HTMLElement | null} branches */
  showBranches(branches) {
    this.#foot.showBranches(branches);
  }

  /** Whether a newer answer to the same question is on its way. @param {boolean} outdated */
  set outdated(outdated) {
    this.element.classList.toggle("outdated", outdated);
  }

  #newFoot() {
    return new TurnFoot(this.#words, () => this.text);
  }
}
