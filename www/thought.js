/** What a model thinks before it answers: folded away, and never a part of the answer. */

import { h, icon } from "./dom.js";
import { tenths } from "./format.js";

/** @typedef {import("./words/words.js").Words} Words */

export class Thought {
  #words;
  #title = h("span");
  #text = h("p", { dir: "auto" });
  element = h(
    "details",
    { class: "thought", part: "thinking" },
    h("summary", {}, this.#title, icon("chevron")),
    this.#text,
  );
  #millis = 0;
  /** When it began to think, or began again; null while it does not. @type {number | null} */
  #since = null;

  /** @param {Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** @param {string} text */
  add(text) {
    if (this.#since === null) this.#words.text(this.#title, "thinking");
    this.#since ??= performance.now();
    this.#text.append(text);
  }

  /** The answer begins, or the turn ends. */
  end() {
    if (this.#since === null) return;
    this.#millis += performance.now() - this.#since;
    this.#since = null;
    const words = this.#words;
    const say = () => words.say("thought", { time: tenths(this.#millis / 1000, words.language) });
    words.keep(this.#title, () => (this.#title.textContent = say()));
  }
}
