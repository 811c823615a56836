/**
 * What the element says, in the reader's language.
 *
 * A language is a table of phrases, loaded when it is asked for; what it lacks is said in English. What was
 * shown before changes with the language.
 */

import { number } from "../format.js";
import english from "./en.js";

/** @typedef {keyof typeof english} Phrase */
/** @typedef {Partial<Record<Phrase | `reason_${string}` | `error_${string}`, string>>} Phrases */
/** Numbers are written as the language writes them. @typedef {Record<string, string | number>} Values */

/** The paths are written out in full because bundlers look for exactly that. @type {Record<string, () => Promise<{default: Phrases}>>} */
const LANGUAGES = {
  ar: () => import("./ar.js"),
  de: () => import("./de.js"),
  es: () => import("./es.js"),
  fr: () => import("./fr.js"),
  ja: () => import("./ja.js"),
  zh: () => import("./zh.js"),
};
const RIGHT_TO_LEFT = ["ar"];
/** Where no blank stands between sentences. */
const WITHOUT_BLANKS = ["ja", "zh"];
const SAID = "data-said";

export class Words {
  /** As the tables are named. */
  language = "en";
  /** The one asked for last, which may be on its way. */
  #wanted = "en";
  #root;
  /** @type {Phrases} */
  #phrases = english;
  /** How to say again what an element says. @type {WeakMap<Element, () => void>} */
  #said = new WeakMap();

  /** @param {ShadowRoot} root what is said anew when the language changes */
  constructor(root) {
    this.#root = root;
  }

  /** @returns {"ltr" | "rtl"} */
  get direction() {
    return RIGHT_TO_LEFT.includes(this.language) ? "rtl" : "ltr";
  }

  /** @param {string[]} sentences */
  join(sentences) {
    return sentences.join(WITHOUT_BLANKS.includes(this.language) ? "" : " ");
  }

  /** @param {Phrase} phrase @param {Values} [values] what stands for {names} in it */
  say(phrase, values = {}) {
    return this.#filled(this.#phrases[phrase] ?? english[phrase], values);
  }

  /**
   * Lets an element say a phrase, now and in whatever language follows.
   * @template {Element} E @param {E} element @param {Phrase} phrase @param {Values} [values] @returns {E}
   */
  text(element, phrase, values) {
    return this.keep(element, () => (element.textContent = this.say(phrase, values)));
  }

  /**
   * The same for an element that is only an icon: its name and its hint.
   * @template {Element} E @param {E} element @param {Phrase} phrase @param {Phrase} [hint] @returns {E}
   */
  name(element, phrase, hint) {
    return this.keep(element, () => {
      element.setAttribute("aria-label", this.say(phrase));
      element.setAttribute("title", this.say(hint ?? phrase));
    });
  }

  /**
   * Says something now, and again when the language changes.
   * @template {Element} E @param {E} element @param {() => void} say @returns {E}
   */
  keep(element, say) {
    say();
    this.#said.set(element, say);
    element.setAttribute(SAID, "");
    return element;
  }

  /** The sentence of a decision or of a switch, by its reason. @param {{reason: string, sentence: string}} why @param {Values} [values] */
  reason({ reason, sentence }, values) {
    // An error that moved a turn has a phrase as a reason where one is worded otherwise than as an error.
    return this.#ofCore(`reason_${reason}`, this.#ofCore(`error_${reason}`, sentence), values);
  }

  /** What an error says; where only English has details, they are left to its title. @param {{code: string, message: string}} error */
  error({ code, message }) {
    return this.#ofCore(`error_${code}`, message);
  }

  /** @param {string} text @param {Values} values */
  #filled(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name] ?? "";
      return typeof value === "number" ? number(value, this.language) : value;
    });
  }

  /** What the core says in English has a phrase by its code in the other languages. @param {`reason_${string}` | `error_${string}`} name @param {string} otherwise @param {Values} [values] */
  #ofCore(name, otherwise, values = {}) {
    const text = this.#phrases[name];
    return text ? this.#filled(text, values) : otherwise;
  }

  /**
   * Changes the language. One that there is no table for leaves English.
   * @param {string} tag as in HTML's `lang`: de, zh-Hant, …
   */
  async use(tag) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === this.#wanted) return;
    this.#wanted = language;
    const phrases = await LANGUAGES[language]?.().then((module) => module.default, () => null);
    // Another may have been asked for meanwhile, and be there already.
    if (language !== this.#wanted) return;
    this.language = phrases ? language : "en";
    this.#phrases = phrases ?? english;
    this.sayAgain(this.#root);
  }

  /** What an element says and what it holds, in the language of now. @param {Element | ShadowRoot} element */
  sayAgain(element) {
    const holds = element.querySelectorAll(`[${SAID}]`);
    for (const each of element instanceof Element ? [element, ...holds] : holds) this.#said.get(each)?.();
  }
}
