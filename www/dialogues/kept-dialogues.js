/**
 * The dialogues of one element: which of them its conversation goes on with, and the panel that lists them.
 * Loaded where a page wants dialogues to be kept.
 */

import { Desk } from "./desk.js";
import { DialogueTree } from "./tree.js";

/** @typedef {import("./kept-dialogue.js").KeptDialogue} KeptDialogue */

/**
 * @typedef {object} Home
 * @property {string} name of the element, where a page has several
 * @property {ShadowRoot} root
 * @property {import("../chat-view.js").ChatView} view
 * @property {import("../conversation.js").Conversation} conversation
 * @property {() => import("../index.js").Router | null} router
 * @property {() => void} newChat
 * @property {(error: unknown) => void} warn that nothing is kept
 */

export class KeptDialogues {
  #home;
  #desk;
  /** Once it was opened. @type {import("./drawer.js").Drawer | null} */
  #drawer = null;

  /** @param {Home} home @param {Desk} desk */
  constructor(home, desk) {
    this.#home = home;
    this.#desk = desk;
  }

  /** @param {Home} home @param {() => boolean} wanted whether the element is still there, and wants that */
  static async open(home, wanted) {
    const { conversation, view } = home;
    const desk = await Desk.start(home.warn, home.name);
    const begun = () => conversation.tree.last !== null && !conversation.kept;
    const { kept, tree } = begun() ? desk.fresh() : await desk.takeUp();
    if (!wanted()) return desk.close(), null;
    if (begun()) conversation.keep(kept);
    else conversation.begin(tree, kept);
    view.setHistory(true);
    return new KeptDialogues(home, desk);
  }

  /** One in which nothing was said yet. @returns {KeptDialogue} */
  fresh() {
    return this.#desk.fresh().kept;
  }

  async openPanel() {
    const { root, view, newChat } = this.#home;
    const { Drawer } = await import("./drawer.js");
    this.#drawer ??= new Drawer(root, this.#desk, view.words, {
      open: (id) => this.#open(id),
      newChat,
      removed: (dialogue) => this.#removed(dialogue),
      toggled: (open) => view.cover(open),
    });
    await this.#drawer.open();
  }

  /** Nothing is kept from now on. */
  close() {
    this.#drawer?.remove();
    this.#home.view.setHistory(false);
    this.#desk.close();
  }

  /** @param {string} id @returns {Promise<boolean>} false where another page has it open */
  async #open(id) {
    const opened = await this.#desk.open(id);
    if (opened) this.#home.conversation.begin(opened.tree, opened.kept);
    return opened !== null;
  }

  /** @param {import("./desk.js").Listed} dialogue */
  #removed({ id, open }) {
    this.#home.router()?.forgetDialogue(id).catch(() => {});
    if (open === "here") this.#home.conversation.begin(new DialogueTree(), this.fresh());
  }
}
