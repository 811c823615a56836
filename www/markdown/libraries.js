/** The libraries that show answers, each loaded when the first answer needs it. */

/** @typedef {typeof import("../third-party/markdown.js")} Markdown */
/** @typedef {typeof import("../third-party/highlight.js")} Highlight */
/** @typedef {typeof import("../third-party/mathematics.js")} Mathematics */

/** The paths are written out in full because bundlers look for exactly that. */
const LOADERS = {
  // @ts-ignore: pkg/ is generated and may not be there when types are checked.
  markdown: () => import("../../pkg/third-party/markdown.js"),
  // @ts-ignore: as above.
  highlight: () => import("../../pkg/third-party/highlight.js"),
  // @ts-ignore: as above.
  mathematics: () => import("../../pkg/third-party/mathematics.js"),
};

/** @type {Map<keyof typeof LOADERS, Promise<any>>} */
const loading = new Map();

/**
 * A library, or null where it cannot be had, for example offline: answers then show as they were written.
 * @template {keyof typeof LOADERS} Name
 * @param {Name} name
 * @returns {Promise<(Name extends "markdown" ? Markdown : Name extends "highlight" ? Highlight : Mathematics) | null>}
 */
export function library(name) {
  let promise = loading.get(name);
  if (!promise) {
    promise = LOADERS[name]().catch(() => {
      loading.delete(name);
      return null;
    });
    loading.set(name, promise);
  }
  return promise;
}
