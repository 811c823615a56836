/** What turns Markdown into safe elements; bundled into pkg/third-party/ by bundle.mjs. */

export { default as DOMPurify } from "dompurify";
export { Marked } from "marked";
export { default as closeOpenMarks } from "remend";
