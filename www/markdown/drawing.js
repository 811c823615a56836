/** Everything that it takes to draw Markdown, loaded with the first answer that needs it. */

import { Blocks } from "./blocks.js";
import { library } from "./libraries.js";
import { Renderer } from "./renderer.js";
import { styles } from "./styles.js";

/** @typedef {import("../words/words.js").Words} Words */
/** @typedef {{blocks: (words: Words) => Blocks, style: (element: Element) => void}} Drawing */

/** @returns {Promise<Drawing | null>} null where the libraries cannot be had */
export async function load() {
  const markdown = await library("markdown");
  return markdown && { blocks: (words) => new Blocks(new Renderer(markdown, words)), style };
}

/** Gives the shadow root around an element the look of Markdown. @param {Element} element */
function style(element) {
  const root = element.getRootNode();
  if (root instanceof ShadowRoot && !root.adoptedStyleSheets.includes(styles))
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles];
}
