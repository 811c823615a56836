/**
 * One dialogue as it is kept: a question when it is asked, an answer every second while it is written and when
 * it is whole.
 */

import { titleOf } from "./store.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Dialogue} Dialogue */
/** @typedef {import("./tree.js").DialogueTree} DialogueTree */
/** @typedef {import("./tree.js").Told} Told */

const DRAFT_MILLIS = 1000;

export class KeptDialogue {
  id;
  #store;
  #failed;
  #told;
  /** @type {Dialogue | null} null: nothing was said in it yet */
  #record;
  /** What could not be written, for the next time. @type {Told[]} */
  #unwritten = [];
  /** @type {Told | null} */
  #draft = null;
  /** Whether the draft is in the store. */
  #drafted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** One thing at a time. @type {Promise<void>} */
  #work = Promise.resolve();
  /** Gives it back for other pages to open. */
  release = () => {};

  /**
   * @param {string} id @param {Dialogue | null} record @param {Store} store
   * @param {{failed: (error: unknown) => void, told: () => void}} on what could not be kept, or was
   */
  constructor(id, record, store, { failed, told }) {
    this.id = id;
    this.#record = record;
    this.#store = store;
    this.#failed = failed;
    this.#told = told;
  }

  /** @param {DialogueTree} tree */
  save(tree) {
    const changed = tree.takeChanged();
    const end = tree.last?.id ?? null;
    if (tree.size === 0 || (changed.length === 0 && this.#record?.end === end)) return;
    this.#record = this.#recordOf(tree, changed, end);
    const record = this.#record;
    this.#write(async () => {
      this.#unwritten.push(...changed);
      await this.#store.put(record, this.#unwritten);
      this.#unwritten = [];
      this.#told();
    });
  }

  /** An answer that is being written. @param {Told} message */
  draft(message) {
    this.#draft = message;
    this.#timer ??= setTimeout(() => this.flush(), DRAFT_MILLIS);
  }

  /** Writes what there is of the draft now. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [draft, record] = [this.#draft, this.#record];
    if (!draft || !record) return;
    this.#draft = null;
    this.#drafted = true;
    this.#write(() => this.#store.put(record, [draft]));
  }

  /** No draft any more. @param {Told | null} message one that came to nothing; null: it is saved as what it became */
  drop(message) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#draft = null;
    if (message && this.#drafted) this.#write(() => this.#store.dropMessage(this.id, message.id));
    this.#drafted = false;
  }

  /** @param {string} title */
  rename(title) {
    if (!this.#record) return;
    this.#record = { ...this.#record, title, named: true };
    const record = this.#record;
    this.#write(() => this.#store.put(record, []));
  }

  /** It was deleted: nothing more of it is written. */
  discard() {
    this.#record = null;
    this.drop(null);
  }

  /** Another dialogue is opened in its place. */
  close() {
    this.flush();
    void this.#work.then(() => this.release());
  }

  /** Settles when all is written. */
  written() {
    return this.#work;
  }

  /** @param {DialogueTree} tree @param {Told[]} changed @param {string | null} end @returns {Dialogue} */
  #recordOf(tree, changed, end) {
    const before = this.#record;
    const first = tree.path[0] ?? tree.all[0];
    const title = before?.named ? before.title : titleOf(first.content);
    const now = Date.now();
    return {
      id: this.id,
      title,
      named: before?.named ?? false,
      at: before?.at ?? now,
      changed: changed.length > 0 || !before ? now : before.changed,
      end,
    };
  }

  /** @param {() => Promise<void>} work */
  #write(work) {
    this.#work = this.#work.then(work).catch(this.#failed);
  }
}
