/** A button that copies a text, and says for a moment that it has. */

import { h, icon } from "./dom.js";

const COPIED_MILLIS = 1500;

/** @param {() => string} text @param {string} part */
export function copyButton(text, part) {
  const button = h("button", { class: "quiet", type: "button", part }, icon("copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(text()).catch(() => {});
    button.replaceChildren(icon("check"));
    setTimeout(() => button.replaceChildren(icon("copy")), COPIED_MILLIS);
  });
  return button;
}
