/** One dialogue in the list: opens it, and folds out what else can be done with it. */

import { h, icon } from "../dom.js";

/** @typedef {import("./desk.js").Listed} Listed */
/** @typedef {import("../words/words.js").Words} Words */

/**
 * @typedef {object} ItemActions
 * @property {(dialogue: Listed) => void} open
 * @property {(dialogue: Listed, title: string) => void} rename
 * @property {(dialogue: Listed, ending: "md" | "json") => void} save
 * @property {(dialogue: Listed) => void} remove
 */

export class DrawerItem {
  #words;
  #actions;
  /** @type {Listed} */
  #dialogue;
  #title = h("span", { class: "item-title", dir: "auto" });
  #piece = h("span", { class: "item-piece", dir: "auto" });
  #note = h("span", { class: "item-note" });
  #open = h("button", { class: "item-open", part: "dialogue", type: "button" }, this.#title, this.#piece, this.#note);
  #more = h("summary", { class: "quiet", part: "dialogue-more" }, icon("more"));
  #delete = h("button", { class: "item-act danger", type: "button", part: "dialogue-delete" });
  #details;
  #row;
  element;

  /** @param {Listed} dialogue @param {Words} words @param {ItemActions} actions */
  constructor(dialogue, words, actions) {
    this.#words = words;
    this.#actions = actions;
    this.#dialogue = dialogue;
    this.#open.addEventListener("click", () => actions.open(this.#dialogue));
    this.#delete.addEventListener("click", () => actions.remove(this.#dialogue));
    words.text(this.#delete, "delete");
    this.#details = h("details", {}, this.#more, this.#acts());
    this.#row = h("div", { class: "item-row" }, this.#open, this.#details);
    this.element = h("li", { class: "item" }, this.#row);
    words.keep(this.#more, () => this.#name());
  }

  /** @param {Listed & {piece?: string | null}} dialogue */
  show(dialogue) {
    this.#dialogue = dialogue;
    this.#title.textContent = dialogue.title;
    this.#piece.textContent = dialogue.piece ?? "";
    if (dialogue.open === "elsewhere") this.#words.text(this.#note, "open_elsewhere");
    else this.#note.textContent = "";
    this.#delete.disabled = dialogue.open === "elsewhere";
    if (dialogue.open === "here") this.#open.setAttribute("aria-current", "true");
    else this.#open.removeAttribute("aria-current");
    this.#name();
  }

  focus() {
    this.#open.focus();
  }

  fold() {
    this.#details.open = false;
  }

  get unfolded() {
    return this.#details.open;
  }

  #name() {
    const name = this.#words.say("more_of", { title: this.#dialogue.title });
    this.#more.setAttribute("aria-label", name);
    this.#more.setAttribute("title", this.#words.say("more"));
  }

  #acts() {
    const act = (/** @type {import("../words/words.js").Phrase} */ phrase, /** @type {string} */ part, /** @type {() => void} */ onclick) =>
      this.#words.text(h("button", { class: "item-act", type: "button", part, onclick }), phrase);
    return h(
      "div",
      { class: "item-acts" },
      act("rename", "dialogue-rename", () => this.#rename()),
      act("save_markdown", "dialogue-save", () => this.#actions.save(this.#dialogue, "md")),
      act("save_json", "dialogue-save", () => this.#actions.save(this.#dialogue, "json")),
      this.#delete,
    );
  }

  #rename() {
    const input = h("input", { class: "item-name", part: "dialogue-name", value: this.#dialogue.title, dir: "auto", maxlength: "120" });
    this.#words.keep(input, () => input.setAttribute("aria-label", this.#words.say("name")));
    let over = false;
    const end = (/** @type {boolean} */ keeps) => {
      if (over) return;
      over = true;
      const title = input.value.trim();
      const hadFocus = /** @type {ShadowRoot} */ (input.getRootNode()).activeElement === input;
      input.replaceWith(this.#row);
      this.fold();
      if (hadFocus) this.focus();
      if (keeps && title && title !== this.#dialogue.title) this.#actions.rename(this.#dialogue, title);
    };
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
      if (event.key === "Enter" || event.key === "Escape") event.preventDefault();
    });
    input.addEventListener("blur", () => end(true));
    this.#row.replaceWith(input);
    input.select();
    input.focus();
  }
}
