/** The panel with all dialogues: listed by day, found, opened, named, saved as files, deleted. */

import { adopt, h, icon } from "../dom.js";
import { byDay } from "./days.js";
import { DrawerItem } from "./drawer-item.js";
import { drawerStyles } from "./drawer-styles.js";
import { asJson, asMarkdown, fileName, fromJson, save } from "./files.js";
import { search } from "./search.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Listed} Listed */
/** @typedef {import("../words/words.js").Words} Words */
/** @typedef {import("../words/words.js").Phrase} Phrase */

/**
 * What the element does for it.
 * @typedef {object} DrawerActions
 * @property {(id: string) => Promise<boolean>} open false where another page has it open
 * @property {() => void} newChat
 * @property {(dialogue: Listed) => void} removed
 * @property {(open: boolean) => void} toggled
 */

const UNDO_MILLIS = 8000;
const TYPING_MILLIS = 150;
/** So many are shown at once. */
const SHOWN = 100;

export class Drawer {
  #desk;
  #words;
  #actions;
  #search = h("input", { type: "search", class: "find", part: "history-search", autocomplete: "off", dir: "auto" });
  #count = h("p", { class: "hidden", role: "status" });
  #list = h("div", { class: "history-list", part: "history-list" });
  #said = h("span", { role: "status", dir: "auto" });
  #undo = h("button", { class: "text-button", type: "button", part: "undo", hidden: true });
  #bar = h("div", { class: "history-bar" }, this.#said, this.#undo);
  #panel;
  #element;
  /** @type {Map<string, DrawerItem>} */
  #items = new Map();
  /** @type {Listed[]} */
  #shown = [];
  #most = SHOWN;
  #searching = new AbortController();
  /** @type {(() => Promise<void>) | null} */
  #restore = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saidTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #unlisten = new AbortController();

  /** @param {ShadowRoot} root @param {Desk} desk @param {Words} words @param {DrawerActions} actions */
  constructor(root, desk, words, actions) {
    this.#desk = desk;
    this.#words = words;
    this.#actions = actions;
    this.#panel = h("div", { class: "history", part: "history", role: "dialog" }, this.#head(), this.#tools(), this.#count, this.#list, this.#bar, this.#foot());
    words.keep(this.#panel, () => this.#panel.setAttribute("aria-label", words.say("dialogues")));
    const scrim = h("div", { class: "scrim", onclick: () => this.close() });
    this.#element = h("div", { class: "drawer", dir: words.direction, hidden: true }, this.#panel, scrim);
    root.append(this.#element);
    adopt(this.#element, drawerStyles);
    this.#panel.addEventListener("keydown", (event) => this.#key(event));
    words.keep(this.#list, () => void this.#show());
  }

  get isOpen() {
    return !this.#element.hidden;
  }

  async open() {
    if (this.isOpen) return;
    this.#unlisten = new AbortController();
    this.#desk.addEventListener("change", () => this.#soon(), { signal: this.#unlisten.signal });
    this.#search.value = "";
    this.#most = SHOWN;
    this.#say("");
    await this.#show();
    this.#element.hidden = false;
    this.#actions.toggled(true);
    this.#search.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#unlisten.abort();
    this.#element.hidden = true;
    this.#actions.toggled(false);
  }

  /** It is not needed any more. */
  remove() {
    this.close();
    this.#element.remove();
  }

  #head() {
    const close = h("button", { class: "quiet", type: "button", part: "history-close", onclick: () => this.close() }, icon("close"));
    return h("div", { class: "history-head" }, this.#words.text(h("h2"), "dialogues"), this.#words.name(close, "close"));
  }

  #tools() {
    const words = this.#words;
    const onclick = () => (this.close(), this.#actions.newChat());
    const fresh = h("button", { class: "history-new", type: "button", part: "history-new", onclick }, icon("fresh"), words.text(h("span"), "new_chat"));
    words.keep(this.#search, () => {
      this.#search.placeholder = words.say("search");
      this.#search.setAttribute("aria-label", words.say("search"));
    });
    this.#search.addEventListener("input", () => this.#soon());
    return h("div", { class: "history-tools" }, fresh, this.#search);
  }

  #foot() {
    const words = this.#words;
    const file = h("input", { type: "file", accept: ".json,application/json", hidden: true });
    file.addEventListener("change", () => void this.#read(file));
    const act = (/** @type {Phrase} */ phrase, /** @type {string} */ part, /** @type {() => void} */ onclick) =>
      words.text(h("button", { class: "item-act", type: "button", part, onclick }), phrase);
    return h(
      "div",
      { class: "history-foot" },
      act("save_all_markdown", "save-all", () => void this.#saveAll("md")),
      act("save_all_json", "save-all", () => void this.#saveAll("json")),
      act("add_file", "add-file", () => file.click()),
      act("delete_all", "delete-all", () => void this.#removeAll()),
      file,
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      const unfolded = [...this.#items.values()].find((item) => item.unfolded && item.element.contains(/** @type {Node} */ (event.target)));
      if (unfolded) return unfolded.fold(), unfolded.focus();
      if (event.target === this.#search && this.#search.value) return (this.#search.value = ""), this.#soon();
      return this.close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#step(event, step);
  }

  /** From the line to search in down to the list, and along it. @param {KeyboardEvent} event @param {number} step */
  #step(event, step) {
    const buttons = [this.#search, .../** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(".item-open"))];
    const at = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    if (at < 0 || (at === 0 && step < 0)) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, at + step)].focus();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#show(), TYPING_MILLIS);
  }

  async #show() {
    this.#searching.abort();
    const { signal } = (this.#searching = new AbortController());
    const query = this.#search.value.trim();
    const all = await this.#desk.list();
    const found = query ? await search(all, query, (id) => this.#desk.messages(id), signal) : all;
    if (signal.aborted) return;
    this.#shown = found;
    this.#draw();
    const phrase = query ? "n_found" : "n_dialogues";
    this.#words.keep(this.#count, () => (this.#count.textContent = this.#words.say(phrase, { n: found.length })));
  }

  /** What is there already is moved, and keeps the focus. */
  #draw() {
    const root = /** @type {ShadowRoot} */ (this.#list.getRootNode());
    const focused = /** @type {HTMLElement | null} */ (root.activeElement);
    const wasHere = this.#list.contains(focused);
    const { scrollTop } = this.#list;
    const days = byDay(this.#shown.slice(0, this.#most), this.#words.language).map(({ day, dialogues }) =>
      h("section", {}, h("h3", {}, day), h("ul", { role: "list" }, ...dialogues.map((dialogue) => this.#item(dialogue)))),
    );
    this.#list.replaceChildren(...days);
    if (this.#shown.length > this.#most) this.#list.append(this.#showMore());
    if (this.#shown.length === 0) this.#list.append(this.#words.text(h("p", { class: "history-none" }), this.#search.value.trim() ? "nothing_found" : "no_dialogues"));
    this.#list.scrollTop = scrollTop;
    if (wasHere && focused?.isConnected) focused.focus({ preventScroll: true });
    else if (wasHere) this.#search.focus();
    const there = new Set(this.#shown.map(({ id }) => id));
    for (const id of this.#items.keys()) if (!there.has(id)) this.#items.delete(id);
  }

  /** @param {Listed} dialogue */
  #item(dialogue) {
    const item = this.#items.get(dialogue.id) ?? new DrawerItem(dialogue, this.#words, {
      open: (dialogue) => void this.#open(dialogue),
      rename: (dialogue, title) => void this.#desk.rename(dialogue.id, title),
      save: (dialogue, ending) => void this.#save([dialogue], ending, dialogue.title),
      remove: (dialogue) => void this.#remove(dialogue),
    });
    this.#items.set(dialogue.id, item);
    item.show(dialogue);
    return item.element;
  }

  #showMore() {
    const onclick = () => {
      const first = this.#shown[this.#most];
      this.#most += SHOWN;
      this.#draw();
      this.#items.get(first.id)?.focus();
    };
    return this.#words.text(h("button", { class: "text-button", type: "button", part: "history-more", onclick }), "show_more");
  }

  /** @param {Listed} dialogue */
  async #open(dialogue) {
    if (dialogue.open === "here" || (dialogue.open !== "elsewhere" && (await this.#actions.open(dialogue.id)))) return this.close();
    this.#say(this.#words.say("open_elsewhere_why"));
  }

  /** @param {Listed} dialogue */
  async #remove(dialogue) {
    const at = this.#shown.findIndex(({ id }) => id === dialogue.id);
    const restore = await this.#desk.remove(dialogue.id);
    if (!restore) return this.#say(this.#words.say("open_elsewhere_why"));
    this.#actions.removed(dialogue);
    await this.#show();
    this.#say(this.#words.say("deleted", { title: dialogue.title }), restore);
    // To whom has no pointer, taking it back is the next key.
    if (this.#restore) this.#undo.focus();
    else this.#focusNear(at);
  }

  /** But for those that other pages have open. */
  async #removeAll() {
    /** @type {(() => Promise<void>)[]} */
    const restores = [];
    for (const dialogue of await this.#desk.list()) {
      const restore = await this.#desk.remove(dialogue.id);
      if (restore) restores.push(restore);
      if (restore) this.#actions.removed(dialogue);
    }
    await this.#show();
    const takeBack = async () => {
      for (const restore of restores) await restore();
    };
    this.#say(this.#words.say("deleted_all", { n: restores.length }), restores.length > 0 ? takeBack : null);
    if (restores.length > 0) this.#undo.focus();
  }

  /** Says something for a while; what was deleted can be had back so long. @param {string} sentence @param {(() => Promise<void>) | null} [restore] */
  #say(sentence, restore = null) {
    clearTimeout(this.#saidTimer);
    this.#restore = restore;
    this.#said.textContent = sentence;
    this.#words.text(this.#undo, "undo");
    const hadFocus = /** @type {ShadowRoot} */ (this.#bar.getRootNode()).activeElement === this.#undo;
    this.#undo.hidden = restore === null;
    this.#undo.onclick = () => void this.#takeBack();
    if (hadFocus && restore === null) this.#focusNear(0);
    if (sentence) this.#saidTimer = setTimeout(() => this.#say(""), UNDO_MILLIS);
  }

  async #takeBack() {
    const restore = this.#restore;
    this.#say("");
    this.#search.focus();
    await restore?.();
    await this.#show();
  }

  /** @param {number} at in the list */
  #focusNear(at) {
    const near = this.#shown[Math.min(at, this.#shown.length - 1)];
    const item = near && this.#items.get(near.id);
    if (item?.element.isConnected) item.focus();
    else this.#search.focus();
  }

  /** @param {Listed[]} dialogues @param {"md" | "json"} ending @param {string} name */
  async #save(dialogues, ending, name) {
    const all = await Promise.all(dialogues.map(async (dialogue) => ({ dialogue, messages: await this.#desk.messages(dialogue.id) })));
    if (ending === "md") save(fileName(name, ending), asMarkdown(all, this.#words), "text/markdown");
    else save(fileName(name, ending), asJson(all), "application/json");
  }

  /** @param {"md" | "json"} ending */
  async #saveAll(ending) {
    await this.#save(await this.#desk.list(), ending, this.#words.say("dialogues"));
  }

  /** @param {HTMLInputElement} input */
  async #read(input) {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    const all = fromJson(await file.text());
    for (const { dialogue, messages } of all ?? []) await this.#desk.add(dialogue, messages);
    await this.#show();
    this.#say(all ? this.#words.say("added", { n: all.length }) : this.#words.say("no_dialogue_file"));
  }
}
