/**
 * Keeps the device's dialogues across reloads, for pages that ask for it: writes one a moment after a
 * turn, reads it when it is opened or the model is loaded. Whatever goes wrong costs a prefill and nothing else.
 */

import { DialogueShelf, MAX_DIALOGUE_BYTES } from "./dialogue-shelf.js";
import { reportOf } from "./errors.js";

/** @typedef {import("./types.js").Core} Core */
/** @typedef {import("./errors.js").ErrorReport} ErrorReport */

/** A person who reads the answer asks nothing meanwhile. */
const DELAY_MILLIS = 300;

export class DialogueKeeper {
  #core;
  #shelf;
  #warn;
  /** The digest of the model that is loaded. @type {string | null} */
  #model = null;
  /** The name of the dialogue at hand. */
  #dialogue = "";
  /** The one that the device is known to hold. @type {string | null} */
  #inEngine = null;
  /** Tokens that need not be written: they are in the file, or another dialogue's. */
  #keptTokens = 0;
  /** Settles when the dialogue at hand is taken up; null if it is. @type {Promise<void> | null} */
  opened = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** One thing at a time. @type {Promise<void>} */
  #work = Promise.resolve();

  /** @param {Core} core @param {DialogueShelf} shelf @param {(error: ErrorReport) => void} warn */
  constructor(core, shelf, warn) {
    this.#core = core;
    this.#shelf = shelf;
    this.#warn = warn;
  }

  /**
   * @param {Core} core
   * @param {(error: ErrorReport) => void} warn
   * @returns {Promise<DialogueKeeper | null>} null where the browser keeps no files
   */
  static async open(core, warn) {
    try {
      return new DialogueKeeper(core, await DialogueShelf.open(), warn);
    } catch (thrown) {
      warn(notKept(thrown));
      return null;
    }
  }

  /** The model is loaded: takes over what an earlier visit left of the dialogue at hand. @param {string} model */
  resume(model) {
    this.#model = model;
    this.#inEngine = null;
    return this.open(this.#dialogue);
  }

  /** Another dialogue is at hand: what the device holds of it goes on from where it was. @param {string} dialogue */
  open(dialogue) {
    if (this.#timer) void this.keep();
    const opened = this.#after(() => this.#open(dialogue)).then(() => {
      if (this.opened === opened) this.opened = null;
    });
    this.opened = opened;
    return opened;
  }

  /** @param {string} dialogue */
  async #open(dialogue) {
    this.#dialogue = dialogue;
    if (!this.#model || this.#inEngine === dialogue) return;
    // What it holds is another's, unless there is a file.
    this.#keptTokens = this.#held().held_tokens ?? 0;
    const found = await this.#shelf.find(this.#model, dialogue);
    if (!found) return;
    const { source, began } = found;
    try {
      this.#keptTokens = await this.#core.resumeDialogue(source, began);
      this.#inEngine = dialogue;
    } catch (thrown) {
      source.close();
      await this.#shelf.remove(dialogue);
      throw thrown;
    } finally {
      source.close();
    }
  }

  /** A turn is over. */
  keepSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep(), DELAY_MILLIS);
  }

  /** Writes what the device holds, if it is not what the file holds. */
  keep() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#after(async () => {
      const { held_tokens: held = 0, began = null } = this.#held();
      const [model, dialogue] = [this.#model, this.#dialogue];
      if (!model || held === 0 || held === this.#keptTokens) return;
      this.#keptTokens = 0;
      this.#inEngine = dialogue;
      await this.#shelf.put(model, dialogue, began ?? "", async (write) => {
        this.#keptTokens = await this.#core.keepDialogue(MAX_DIALOGUE_BYTES, write);
        return this.#keptTokens > 0;
      });
    });
  }

  /**
   * A dialogue is over, and the device holds none any more. The one at hand, if that is another, goes on from its file.
   * @param {string} dialogue
   */
  forget(dialogue) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#after(async () => {
      await this.#shelf.remove(dialogue);
      [this.#keptTokens, this.#inEngine] = [0, null];
      if (dialogue !== this.#dialogue) await this.#open(this.#dialogue);
    });
  }

  #held() {
    return /** @type {{held_tokens?: number, began?: string | null}} */ (this.#core.state().device ?? {});
  }

  /** @param {() => Promise<void>} work */
  #after(work) {
    this.#work = this.#work.then(work).catch((thrown) => this.#warn(notKept(thrown)));
    return this.#work;
  }
}

/** @param {unknown} thrown @returns {ErrorReport} */
function notKept(thrown) {
  const { code, message } = reportOf(thrown, "storage_unavailable");
  return {
    code,
    message: `The dialogue's state was not kept (${message.replace(/\.$/, "")}). It is read again with the next turn.`,
  };
}
