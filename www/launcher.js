/**
 * The chat behind a round button in the corner of a page, for `display="launcher"`: the button opens it as a
 * dialog that leaves the page usable, and tells of an answer that came while it was closed.
 */

import { adopt, h, icon } from "./dom.js";
import { launcherStyles } from "./launcher-styles.js";

/** @typedef {import("./words/words.js").Words} Words */
/** @typedef {import("./words/words.js").Phrase} Phrase */

export class Launcher {
  #host;
  #root;
  #words;
  #unread = false;
  #dot = h("span", { class: "unread", hidden: true });
  #button = h("button", { class: "launcher", part: "launcher", type: "button", "aria-haspopup": "dialog" }, h("slot", { name: "launcher" }, icon("chat")), this.#dot);
  #close = h("button", { class: "quiet", part: "close", type: "button" }, icon("close"));
  #unlisten = new AbortController();

  /** @param {HTMLElement} host @param {ShadowRoot} root @param {Words} words */
  constructor(host, root, words) {
    this.#host = host;
    this.#root = root;
    this.#words = words;
    words.keep(this.#button, () => this.#name());
    words.name(this.#close, "close");
    root.querySelector("header")?.append(this.#close);
    root.append(this.#button);
    adopt(this.#button, launcherStyles);
    this.#button.addEventListener("click", () => host.setAttribute("open", ""));
    this.#close.addEventListener("click", () => host.removeAttribute("open"));
    const { signal } = this.#unlisten;
    host.addEventListener("keydown", (event) => this.#key(event), { signal });
    host.addEventListener("nearside-turn", () => this.#tell(!this.#isOpen), { signal });
    this.toggled();
  }

  get #isOpen() {
    return this.#host.hasAttribute("open");
  }

  /** The attribute `open` has come or gone. */
  toggled() {
    const open = this.#isOpen;
    const hadFocus = this.#host.ownerDocument.activeElement === this.#host || this.#root.activeElement !== null;
    this.#name();
    if (open) this.#host.setAttribute("role", "dialog");
    else this.#host.removeAttribute("role");
    if (open) this.#tell(false);
    if (open && hadFocus) this.#root.querySelector("textarea")?.focus();
    else if (hadFocus) this.#button.focus();
  }

  /** The chat is a part of the page again. */
  remove() {
    this.#unlisten.abort();
    this.#host.removeAttribute("role");
    this.#host.removeAttribute("aria-label");
    this.#button.remove();
    this.#close.remove();
  }

  /** @param {boolean} unread whether an answer came that nobody has seen */
  #tell(unread) {
    this.#unread = unread;
    this.#dot.hidden = !unread;
    this.#name();
  }

  #name() {
    const name = this.#words.say(this.#unread ? "open_chat_unread" : "open_chat");
    this.#button.setAttribute("aria-label", name);
    this.#button.setAttribute("aria-expanded", String(this.#isOpen));
    if (this.#isOpen) this.#host.setAttribute("aria-label", this.#host.getAttribute("label") ?? this.#words.say("chat"));
    else this.#host.removeAttribute("aria-label");
  }

  /** What is open in the chat, or being written, is closed first. @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !this.#isOpen) return;
    event.preventDefault();
    this.#host.removeAttribute("open");
  }
}
