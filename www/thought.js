/** What a model thinks before it answers: folded away, and never a part of the answer. */

import { h, icon } from "./dom.js";

export class Thought {
  #title = h("span", {}, "Thinking…");
  #text = h("p", {});
  element = h(
    "details",
    { class: "thought", part: "thinking" },
    h("summary", {}, this.#title, icon("chevron")),
    this.#text,
  );
  #millis = 0;
  /** When it began to think, or began again; null while it does not. @type {number | null} */
  #since = null;

  /** @param {string} text */
  add(text) {
    this.#since ??= performance.now();
    this.#title.textContent = "Thinking…";
    this.#text.append(text);
  }

  /** The answer begins, or the turn ends. */
  end() {
    if (this.#since === null) return;
    this.#millis += performance.now() - this.#since;
    this.#since = null;
    this.#title.textContent = `Thought for ${(this.#millis / 1000).toFixed(1)} s`;
  }
}
