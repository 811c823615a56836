/**
 * Markdown to elements. What a model writes can only ever become text and the few elements below: HTML in it
 * is shown as it stands, links lead away from the site and carry nothing, pictures become links, since
 * loading one would tell a stranger that the answer was read.
 */

import { copyButton } from "../copy-button.js";
import { h } from "../dom.js";
import { library } from "./libraries.js";
import { escaped, mathSyntax } from "./math-syntax.js";

/** @typedef {import("marked").Token} Token */
/** @typedef {import("./libraries.js").Markdown} Markdown */
/** @typedef {import("../words/words.js").Words} Words */

const TAGS = [
  ..."p br hr h3 h4 h5 h6 strong em del code pre blockquote ul ol li a span input".split(" "),
  ..."table thead tbody tr th td".split(" "),
];
const ATTRIBUTES = ["href", "class", "start", "align", "type", "checked", "disabled"];
const SAFE_LINK = /^(?:https?:|mailto:)/i;
/** Headings of an answer stand below those of the page. */
const DEEPER = 2;

export class Renderer {
  #libraries;
  #marked;
  /** What was drawn before, so that an answer that grows does not draw it again. @type {Map<string, Node>} */
  #formulas = new Map();

  #words;

  /** @param {Markdown} libraries @param {Words} words */
  constructor(libraries, words) {
    this.#libraries = libraries;
    this.#words = words;
    this.#marked = new libraries.Marked({ gfm: true, breaks: true }, mathSyntax, { renderer: RENDERER });
  }

  /** The blocks of a text, each with the part of the source that it stands for. @param {string} source */
  blocks(source) {
    return this.#marked.lexer(source);
  }

  /** The source with what is open at its end closed, so that it does not flicker. @param {string} source */
  closed(source) {
    return this.#libraries.closeOpenMarks(source, { linkMode: "text-only" });
  }

  /**
   * @param {Token[]} blocks
   * @param {boolean} isFinal whether they will not change any more: then code is coloured
   * @returns {DocumentFragment}
   */
  render(blocks, isFinal) {
    const html = this.#marked.parser(blocks);
    const fragment = this.#libraries.DOMPurify.sanitize(html, {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ADD_URI_SAFE_ATTR: ["align", "start", "type"],
      ALLOWED_URI_REGEXP: SAFE_LINK,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true,
    });
    for (const link of fragment.querySelectorAll("a")) secure(link);
    for (const table of fragment.querySelectorAll("table")) scrollable(table);
    for (const pre of fragment.querySelectorAll("pre")) this.#dressCode(pre, isFinal);
    giveDirections(fragment);
    for (const formula of fragment.querySelectorAll("span.math")) void this.#drawFormula(formula);
    return fragment;
  }

  /** @param {HTMLPreElement} pre @param {boolean} isFinal */
  #dressCode(pre, isFinal) {
    const code = /** @type {HTMLElement} */ (pre.firstElementChild ?? pre);
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    pre.tabIndex = 0;
    pre.dir = "ltr";
    const head = h("figcaption", {}, h("span", {}, language), this.#words.name(copyButton(() => code.textContent ?? "", "copy-code"), "copy_code"));
    const figure = h("figure", { class: "code", part: "code" }, head);
    pre.replaceWith(figure);
    figure.append(pre);
    if (isFinal && language) void colour(code, language);
  }

  /** @param {Element} element */
  async #drawFormula(element) {
    const latex = element.textContent ?? "";
    const display = element.classList.contains("display");
    const key = `${display} ${latex}`;
    if (!this.#formulas.has(key)) {
      const mathematics = await library("mathematics");
      if (!mathematics) return;
      this.#formulas.set(key, this.#mathMl(mathematics.toMathMl(latex, display)));
    }
    element.replaceChildren(/** @type {Node} */ (this.#formulas.get(key)).cloneNode(true));
    element.classList.add("drawn");
  }

  /** @param {string} source MathML */
  #mathMl(source) {
    return this.#libraries.DOMPurify.sanitize(source, {
      USE_PROFILES: { mathMl: true },
      FORBID_CONTENTS: ["annotation"],
      RETURN_DOM_FRAGMENT: true,
    });
  }
}

/** @type {import("marked").RendererObject} */
const RENDERER = {
  html: ({ text }) => escaped(text),
  image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
  heading({ tokens, depth }) {
    const tag = `h${Math.min(depth + DEEPER, 6)}`;
    return `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`;
  },
};

/**
 * A block has the direction of its own words, a list's marks and a table's columns too; lines within them are
 * the style's. What has a direction of its own does not count, so code is left to right and decides nothing.
 * @param {DocumentFragment} fragment
 */
function giveDirections(fragment) {
  for (const code of fragment.querySelectorAll("code, .math")) code.setAttribute("dir", "ltr");
  for (const block of fragment.children) if (!block.hasAttribute("dir")) block.setAttribute("dir", "auto");
}

/** @param {HTMLAnchorElement} link */
function secure(link) {
  const { href } = link;
  if (!href) return link.replaceWith(...link.childNodes);
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  link.referrerPolicy = "no-referrer";
  link.title = href;
}

/** @param {HTMLTableElement} table */
function scrollable(table) {
  const frame = h("div", { class: "table", tabindex: "0" });
  table.replaceWith(frame);
  frame.append(table);
}

/** @param {HTMLElement} code @param {string} language */
async function colour(code, language) {
  const found = await library("highlight");
  if (!found?.highlighter.getLanguage(language)) return;
  const { value } = found.highlighter.highlight(code.textContent ?? "", { language, ignoreIllegals: true });
  // The highlighter escapes the code; what comes are spans with classes.
  code.innerHTML = value;
}
