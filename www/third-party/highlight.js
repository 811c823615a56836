/** Colours for code, in the languages that people ask a chat for; bundled into pkg/third-party/. */

export { default as highlighter } from "highlight.js/lib/common";
