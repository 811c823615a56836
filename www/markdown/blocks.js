/**
 * An answer in Markdown while it grows. Blocks that have ended are drawn once; only the last one, which may
 * still change, is drawn again, and then by changing what is there, so that nothing flickers and a selection
 * stays.
 */

import { h } from "../dom.js";

/** @typedef {import("./renderer.js").Renderer} Renderer */

export class Blocks {
  #renderer;
  #ended = h("div", { class: "blocks" });
  #open = h("div", { class: "blocks" });
  element = h("div", { class: "markdown" }, this.#ended, this.#open);
  /** The source that the ended blocks stand for. */
  #drawn = "";
  /** How much of the source, in whole lines, was looked at for blocks that have ended. */
  #looked = 0;

  /** @param {Renderer} renderer */
  constructor(renderer) {
    this.#renderer = renderer;
  }

  /**
   * Shows this source from now on.
   * @param {string} source
   * @param {boolean} isFinal whether no more is expected
   */
  show(source, isFinal) {
    if (!source.startsWith(this.#drawn)) {
      this.#ended.replaceChildren();
      this.#drawn = "";
      this.#looked = 0;
    }
    this.#endBlocks(source.slice(this.#drawn.length), isFinal);
    const rest = source.slice(this.#drawn.length);
    const blocks = this.#renderer.blocks(isFinal ? rest : this.#renderer.closed(rest));
    change(this.#open, this.#renderer.render(blocks, isFinal));
  }

  /** What stands before the last block of whole lines cannot change any more. @param {string} rest @param {boolean} isFinal */
  #endBlocks(rest, isFinal) {
    const lines = isFinal ? rest : rest.slice(0, rest.lastIndexOf("\n") + 1);
    const end = this.#drawn.length + lines.length;
    if (!isFinal && end === this.#looked) return;
    this.#looked = end;
    const blocks = this.#renderer.blocks(lines);
    const last = blocks.findLastIndex(({ type }) => type !== "space");
    const ended = isFinal ? blocks : blocks.slice(0, Math.max(last, 0));
    if (ended.length === 0) return;
    this.#ended.append(this.#renderer.render(ended, true));
    this.#drawn += ended.map(({ raw }) => raw).join("");
  }
}

/**
 * Makes the children of one element those of another, keeping what is alike.
 * @param {Node} shown @param {Node} wanted
 */
function change(shown, wanted) {
  const [before, after] = [[...shown.childNodes], [...wanted.childNodes]];
  after.forEach((node, index) => {
    const old = before[index];
    if (!old) shown.appendChild(node);
    else if (isLike(old, node)) update(old, node);
    else shown.replaceChild(node, old);
  });
  for (const old of before.slice(after.length)) shown.removeChild(old);
}

/** @param {Node} old @param {Node} node */
function isLike(old, node) {
  if (old.nodeName !== node.nodeName) return false;
  if (!(old instanceof Element && node instanceof Element)) return true;
  return old.getAttribute("href") === node.getAttribute("href") && !old.matches(".math");
}

/** @param {Node} old @param {Node} node */
function update(old, node) {
  if (!(old instanceof Element && node instanceof Element)) {
    if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    return;
  }
  if (old.nodeName === "BUTTON") return;
  if (old.className !== node.className) old.className = node.className;
  change(old, node);
}
