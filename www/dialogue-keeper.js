/**
 * Keeps the device's dialogue across reloads, for pages that ask for it: writes it a moment after a
 * turn, reads it when the model is loaded. Whatever goes wrong costs a prefill and nothing else.
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
  /** Tokens in the file. */
  #keptTokens = 0;
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

  /** Takes over what an earlier visit left for this model. @param {string} model */
  resume(model) {
    this.#model = model;
    return this.#after(async () => {
      const found = await this.#shelf.find(model);
      if (!found) return;
      const { source, began } = found;
      try {
        this.#keptTokens = await this.#core.resumeDialogue(source, began);
      } catch (thrown) {
        source.close();
        await this.#shelf.clear();
        throw thrown;
      } finally {
        source.close();
      }
    });
  }

  /** A turn is over. */
  keepSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep(), DELAY_MILLIS);
  }

  /** Writes what the device holds, if it is not what the file holds. */
  keep() {
    clearTimeout(this.#timer);
    return this.#after(async () => {
      const { held_tokens: held = 0, began = null } = this.#core.state().device ?? {};
      const model = this.#model;
      if (!model || held === 0 || held === this.#keptTokens) return;
      this.#keptTokens = 0;
      await this.#shelf.put(model, began ?? "", async (write) => {
        this.#keptTokens = await this.#core.keepDialogue(MAX_DIALOGUE_BYTES, write);
        return this.#keptTokens > 0;
      });
    });
  }

  /** The dialogue is over. */
  forget() {
    clearTimeout(this.#timer);
    this.#keptTokens = 0;
    return this.#after(() => this.#shelf.clear());
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
