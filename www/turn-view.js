/** One answer as it grows: its text, what was thought before it, and its foot. */

import { h, icon } from "./dom.js";
import { Thought } from "./thought.js";
import { TurnFoot } from "./turn-foot.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Route} Route */

export class TurnView {
  /** The answer so far. */
  text = "";
  /** What was there before the answer was gone on with. @type {{text: string, foot: TurnFoot} | null} */
  #begun = null;
  /** @type {Text | null} */
  #run = null;
  /** @type {Thought | null} */
  #thought = null;
  #thoughts = h("div", {});
  /** What one turn writes of the answer. */
  #stretch = h("span", {});
  #body = h("div", { class: "text", part: "answer" }, this.#stretch);
  #reading = h("span", { class: "reading" });
  #waiting = h("span", { class: "waiting" }, h("i"), h("i"), h("i"), this.#reading);
  #foot = this.#newFoot();

  constructor() {
    this.#stretch.append(this.#waiting);
    this.element = h(
      "article",
      { class: "answer", "aria-label": "Answer" },
      this.#thoughts,
      this.#body,
      this.#foot.element,
    );
  }

  /** The answer is gone on with. */
  resume() {
    this.#begun = { text: this.text, foot: this.#foot };
    this.#foot = this.#newFoot();
    this.#begun.foot.element.replaceWith(this.#foot.element);
    this.#stretch = h("span", {}, this.#waiting);
    this.#body.append(this.#stretch);
    this.#thought = null;
    this.#run = null;
  }

  /** @param {Decision} decision */
  route(decision) {
    this.#foot.route(decision);
  }

  /** How much of the prompt the device has read. @param {{done: number, total: number}} progress */
  read({ done, total }) {
    this.#reading.textContent =
      done < total ? `Reading, ${Math.round((100 * done) / total)} %` : "";
  }

  /** What the model thinks before it answers. @param {string} text */
  think(text) {
    if (!this.#thought) {
      this.#thought = new Thought();
      this.#thoughts.append(this.#thought.element);
    }
    this.#thought.add(text);
  }

  /** What this side has answered so far turned out to be thinking. */
  rethink() {
    const text = this.#run?.data ?? "";
    this.#run?.remove();
    this.#run = null;
    this.text = this.text.slice(0, this.text.length - text.length);
    if (text) this.think(text);
  }

  /** @param {string} text */
  append(text) {
    this.#waiting.remove();
    this.#thought?.end();
    this.text += text;
    if (!this.#run) {
      this.#run = document.createTextNode("");
      this.#stretch.append(this.#run);
    }
    this.#run.appendData(text);
  }

  /**
   * The turn moves to the other side. The text shown stays, or is kept as a draft where the other
   * side replaces it.
   * @param {{from: Route, to: Route, sentence: string, replaces: boolean}} move
   */
  move(move) {
    const { to, sentence, replaces } = move;
    this.#foot.move(move);
    this.#thought?.end();
    if (replaces) this.#keepAsDraft();
    else if (this.text) this.#stretch.append(h("span", { class: `seam ${to}`, title: sentence }));
    this.#thought = null;
    this.#run = null;
  }

  #keepAsDraft() {
    const earlier = this.#begun?.text ?? "";
    const draft = h(
      "details",
      { class: "draft", part: "draft" },
      h("summary", {}, "The device's draft", icon("chevron")),
      this.#thought?.element ?? null,
      h("p", {}, this.text.slice(earlier.length)),
    );
    this.text = earlier;
    this.#stretch.replaceChildren(draft, this.#waiting);
  }

  /** @param {TurnReport} report */
  finish(report) {
    this.#waiting.remove();
    this.#thought?.end();
    this.#foot.finish(report);
  }

  /** Ends without an answer; what was shown stays shown, but for what was to go on with an answer. */
  fail() {
    this.#waiting.remove();
    this.#thought?.end();
    if (this.#begun) this.#goBack(this.#begun);
    else if (!this.text) this.element.hidden = true;
  }

  /** @param {{text: string, foot: TurnFoot}} begun */
  #goBack({ text, foot }) {
    this.text = text;
    this.#stretch.remove();
    this.#thought?.element.remove();
    this.#foot.element.replaceWith(foot.element);
    this.#foot = foot;
    this.#begun = null;
  }

  /** An answer from an earlier visit, of which only the text is known. @param {string} text */
  static of(text) {
    const view = new TurnView();
    view.append(text);
    view.#foot.offerCopy();
    return view;
  }

  /**
   * Lets the reader say what they think, ask the edge, or have the answer gone on with.
   * @param {import("./turn-foot.js").Offers} offers
   */
  offer(offers) {
    this.#foot.offer(offers);
  }

  /** Whether a newer answer to the same question is on its way. @param {boolean} outdated */
  set outdated(outdated) {
    this.element.classList.toggle("outdated", outdated);
  }

  #newFoot() {
    return new TurnFoot(() => this.text);
  }
}
