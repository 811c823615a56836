/** LaTeX to MathML, which every current browser draws by itself; bundled into pkg/third-party/. */

import katex from "katex";

/**
 * @param {string} latex
 * @param {boolean} display on a line of its own
 * @returns {string} MathML; of what is no LaTeX, the source in an error element
 */
export function toMathMl(latex, display) {
  return katex.renderToString(latex, {
    displayMode: display,
    output: "mathml",
    throwOnError: false,
    trust: false,
    maxExpand: 100,
    maxSize: 20,
  });
}
