/** Questions that were asked by script while another was answered: shown, and asked in their order. */

import { h, icon } from "./dom.js";

/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./words/words.js").Words} Words */

/**
 * @typedef {object} WaitingQuestion
 * @property {string} text
 * @property {(report: TurnReport | null | Promise<TurnReport | null>) => void} settle
 * @property {HTMLElement} element
 */

export class WaitingQuestions {
  element = h("div", { class: "queue" });
  /** @type {WaitingQuestion[]} */
  #questions = [];
  #words;
  #cancelled;

  /** @param {Words} words @param {() => void} cancelled a person has cancelled one */
  constructor(words, cancelled) {
    this.#words = words;
    this.#cancelled = cancelled;
  }

  get size() {
    return this.#questions.length;
  }

  /**
   * Settles with the turn's report, or with null if it is cancelled.
   * @param {string} text @returns {Promise<TurnReport | null>}
   */
  add(text) {
    return new Promise((settle) => {
      const question = { text, settle, element: this.#show(text, () => this.#cancel(question)) };
      this.#questions.push(question);
      this.element.append(question.element);
    });
  }

  /** The next one, which waits no longer. */
  take() {
    const question = this.#questions.shift();
    question?.element.remove();
    return question ?? null;
  }

  cancelAll() {
    while (this.#questions.length > 0) this.take()?.settle(null);
  }

  /** @param {WaitingQuestion} question */
  #cancel(question) {
    this.#questions = this.#questions.filter((other) => other !== question);
    question.element.remove();
    question.settle(null);
    this.#cancelled();
  }

  /** @param {string} text @param {() => void} cancel */
  #show(text, cancel) {
    const words = this.#words;
    const close = h("button", { class: "quiet", part: "cancel", type: "button", onclick: cancel }, icon("close"));
    const article = h(
      "article",
      { class: "question waits", part: "question waiting" },
      h("span", { dir: "auto" }, text),
      h("span", { class: "waits-line" }, words.text(h("span"), "waiting"), words.name(close, "cancel_question")),
    );
    return words.keep(article, () => article.setAttribute("aria-label", words.say("you_waiting")));
  }
}
