/**
 * An answer's text as it grows. It shows as it is written until something in it is Markdown; only then is
 * what draws Markdown loaded.
 */

import { h } from "../dom.js";

/** @typedef {import("../types.js").Route} Route */
/** @typedef {import("./blocks.js").Blocks} Blocks */
/** @typedef {import("../words/words.js").Words} Words */

/** Marks of Markdown, mathematics and links; one that turns out to be none costs a look. */
const MARKUP =
  /\*\S|`|~~|(?:^|\s)_\S|\]\(|https?:\/\/|\\[([]|\$|^ {0,3}(?:#{1,6}[ \t]|[-*+][ \t]+\S|\d{1,9}[.)][ \t]|>|\|.*\||(?:[-*_][ \t]*){3,}$)/m;
/** Where the sides change, in the source; characters of the private use area, which no text is drawn with. */
const SEAMS = /** @type {const} */ ({ device: "\uf8d0", edge: "\uf8d1" });
const ANY_SEAM = /[\uf8d0\uf8d1]/;

export class AnswerText {
  /** Without the seams. */
  text = "";
  /** With them. */
  #source = "";
  #run = document.createTextNode("");
  element = h("div", { class: "plain", dir: "auto" }, this.#run);
  /** What each seam says. @type {Map<string, () => string>} */
  #sentences = new Map();
  /** @type {Blocks | null} */
  #blocks = null;
  #loads = false;
  #isFinal = false;
  /** @type {number | null} */
  #frame = null;
  #words;

  /** @param {Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** @param {string} text */
  append(text) {
    const from = this.#source.lastIndexOf("\n") + 1;
    this.#isFinal = false;
    this.text += text;
    this.#source += text;
    if (this.#blocks) this.#showSoon();
    else {
      this.#run.appendData(text);
      if (!this.#loads && MARKUP.test(this.#source.slice(from))) void this.#load();
    }
  }

  /** From here on the other side writes. @param {Route} to @param {() => string} sentence says why */
  seam(to, sentence) {
    this.#sentences.set(to, sentence);
    this.#source += SEAMS[to];
    if (this.#blocks) this.#showSoon();
    else this.#plain();
  }

  /** Keeps so many characters of the text. @param {number} length */
  cut(length) {
    let [n, at] = [0, 0];
    for (; n < length && at < this.#source.length; at += 1) if (!ANY_SEAM.test(this.#source[at])) n += 1;
    this.#source = this.#source.slice(0, at);
    this.text = this.text.slice(0, length);
    if (this.#blocks) this.#show();
    else this.#plain();
  }

  /** No more is expected, for now. */
  end() {
    this.#isFinal = true;
    if (this.#blocks) this.#show();
  }

  #plain() {
    this.element.replaceChildren(...withSeams(this.#source, (to) => this.#seam(to)));
    this.#run = document.createTextNode("");
    this.element.append(this.#run);
  }

  /** @param {Route} to */
  #seam(to) {
    const mark = h("span", { class: `seam ${to}` });
    return this.#words.keep(mark, () => (mark.title = this.#sentences.get(to)?.() ?? ""));
  }

  async #load() {
    this.#loads = true;
    const drawing = await drawer();
    if (!drawing) return;
    this.#blocks = drawing.blocks(this.#words);
    drawing.style(this.element);
    this.#show();
    this.element.className = "";
    this.element.replaceChildren(this.#blocks.element);
  }

  /** At most once for each picture on the screen. */
  #showSoon() {
    this.#frame ??= requestAnimationFrame(() => this.#show());
  }

  #show() {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#blocks?.show(this.#source.replaceAll("\r\n", "\n"), this.#isFinal);
    if (ANY_SEAM.test(this.#source) && this.#blocks) drawSeams(this.#blocks.element, (to) => this.#seam(to));
  }
}

/** @param {string} source @param {(to: Route) => Node} seam @returns {Node[]} */
function withSeams(source, seam) {
  return source.split(/([\uf8d0\uf8d1])/).map((piece) => {
    if (!ANY_SEAM.test(piece)) return document.createTextNode(piece);
    return seam(piece === SEAMS.edge ? "edge" : "device");
  });
}

/** @param {HTMLElement} element @param {(to: Route) => Node} seam */
function drawSeams(element, seam) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const marked = [];
  while (texts.nextNode()) if (ANY_SEAM.test(texts.currentNode.nodeValue ?? "")) marked.push(texts.currentNode);
  for (const text of marked) {
    /** @type {ChildNode} */ (text).replaceWith(...withSeams(text.nodeValue ?? "", seam));
  }
}

/** @type {Promise<import("./drawing.js").Drawing | null> | null} */
let loading = null;

/** What draws Markdown; null where it cannot be loaded, and the text stays as it is written. */
function drawer() {
  loading ??= import("./drawing.js").then((module) => module.load()).catch(() => null);
  return loading.then((drawing) => (drawing === null && (loading = null), drawing));
}
