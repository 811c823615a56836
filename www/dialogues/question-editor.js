/** A question in a text field of its own, where it stands, to be asked in other words. */

import { adopt, h, sends } from "../dom.js";
import { editorStyles } from "./editor-styles.js";

/** @typedef {import("../words/words.js").Words} Words */

/**
 * @param {HTMLElement} question what shows it
 * @param {string} text
 * @param {Words} words
 * @returns {Promise<string | null>} null where it stays as it was
 */
export function editQuestion(question, text, words) {
  adopt(question, editorStyles);
  return new Promise((resolve) => {
    const input = h("textarea", { part: "edit-input", rows: "1", dir: "auto", enterkeyhint: "send" });
    const form = h("form", { class: "editor" }, input, buttons(words, () => end(null)));
    /** @param {string | null} said */
    const end = (said) => {
      form.remove();
      question.classList.remove("edited");
      if (said === null) question.querySelector("button")?.focus();
      resolve(said);
    };
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (input.value.trim()) end(input.value);
    };
    form.addEventListener("submit", send);
    form.addEventListener("keydown", (event) => {
      if (event.target === input && sends(event)) send(event);
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      end(null);
    });
    input.value = text;
    words.keep(input, () => input.setAttribute("aria-label", words.say("edit")));
    input.addEventListener("input", () => fit(input));
    question.classList.add("edited");
    question.append(form);
    fit(input);
    input.focus();
    form.scrollIntoView({ block: "nearest" });
  });
}

/** @param {Words} words @param {() => void} cancel */
function buttons(words, cancel) {
  return h(
    "div",
    { class: "editor-buttons" },
    words.text(h("button", { class: "text-button", part: "edit-cancel", type: "button", onclick: cancel }), "edit_cancel"),
    words.text(h("button", { class: "text-button filled", part: "edit-send", type: "submit" }), "edit_send"),
  );
}

/** The field is as high as its text, up to what the style allows. @param {HTMLTextAreaElement} input */
function fit(input) {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}
