/**
 * Which dialogue is open in this page, and what is done with the others: a page works on one that no other
 * page has open, and hears of what the others do.
 */

import { claim, openAnywhere } from "./claims.js";
import { KeptDialogue } from "./kept-dialogue.js";
import { MemoryStore, openStore } from "./store.js";
import { DialogueTree, newId } from "./tree.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Dialogue} Dialogue */
/** @typedef {import("./tree.js").Told} Told */
/** @typedef {{kept: KeptDialogue, tree: DialogueTree}} Opened */
/** @typedef {Dialogue & {open: "here" | "elsewhere" | null}} Listed */

/** Which one was open last: in this tab, and at all. */
const LAST = "nearside-dialogue-open";
const CHANNEL = "nearside-dialogues";
/** A page that is reloaded waits so long for itself. */
const PATIENCE_MILLIS = 1000;

export class Desk extends EventTarget {
  #store;
  #warn;
  #warned = false;
  #key;
  #channel = openChannel();
  #leaving = new AbortController();
  /** @type {KeptDialogue | null} */
  #open = null;

  /** @param {Store} store @param {(error: unknown) => void} warn @param {string} name of the element, where a page has several */
  constructor(store, warn, name) {
    super();
    this.#store = store;
    this.#warn = warn;
    this.#key = name ? `${LAST}:${name}` : LAST;
    if (this.#channel) this.#channel.onmessage = () => this.#hear();
    const { signal } = this.#leaving;
    addEventListener("pagehide", () => this.#open?.flush(), { signal });
    // A phone may end a page that it has hidden without another word.
    document.addEventListener("visibilitychange", () => document.hidden && this.#open?.flush(), { signal });
  }

  /** @param {(error: unknown) => void} warn that nothing is kept @param {string} name as above */
  static async start(warn, name) {
    try {
      return new Desk(await openStore(), warn, name);
    } catch (error) {
      warn(error);
      return new Desk(new MemoryStore(), warn, name);
    }
  }

  /** The dialogue that was open here last; another one if a page has that open. @returns {Promise<Opened>} */
  async takeUp() {
    const [here, anywhere] = [recall("sessionStorage", this.#key), recall("localStorage", this.#key)];
    const all = await this.#store.list();
    if (here) return (await this.#opened(here, all, PATIENCE_MILLIS)) ?? this.fresh();
    const last = anywhere ?? all[0]?.id;
    return (last && (await this.#opened(last, all))) || this.fresh();
  }

  /** A dialogue in which nothing was said yet. @returns {Opened} */
  fresh() {
    const kept = this.#keep(newId(), null);
    void claim(kept.id).then((release) => (kept.release = release ?? kept.release));
    this.#put(kept);
    return { kept, tree: new DialogueTree() };
  }

  /** @param {string} id @returns {Promise<Opened | null>} null where another page has it open */
  async open(id) {
    return this.#opened(id, await this.#store.list());
  }

  /** All of them, the one changed last first. @returns {Promise<Listed[]>} */
  async list() {
    await this.#open?.written();
    const [all, open] = await Promise.all([this.#store.list(), openAnywhere()]);
    const here = this.#open?.id;
    return all.map((one) => ({ ...one, open: one.id === here ? "here" : open.has(one.id) ? "elsewhere" : null }));
  }

  /** @param {string} id */
  async messages(id) {
    if (id === this.#open?.id) await this.#open.written();
    return this.#store.messages(id);
  }

  /** @param {string} id @param {string} title */
  async rename(id, title) {
    if (id === this.#open?.id) {
      this.#open.rename(title);
      await this.#open.written();
    } else {
      const dialogue = (await this.#store.list()).find((one) => one.id === id);
      if (dialogue) await this.#store.put({ ...dialogue, title, named: true }, []);
    }
    this.#tell();
  }

  /**
   * Deletes one that no other page has open.
   * @param {string} id @returns {Promise<(() => Promise<void>) | null>} brings it back; null where it was not there
   */
  async remove(id) {
    const [all, messages] = await Promise.all([this.list(), this.messages(id)]);
    const dialogue = all.find((one) => one.id === id);
    if (!dialogue || dialogue.open === "elsewhere") return null;
    if (dialogue.open === "here") this.#open?.discard();
    await this.#store.remove(id);
    this.#tell();
    const { open, ...record } = dialogue;
    return () => this.add(record, messages);
  }

  /** Puts back, or adds, what a file holds; a message that is there stays as it is. @param {Dialogue} dialogue @param {Told[]} messages */
  async add(dialogue, messages) {
    const known = new Set((await this.#store.messages(dialogue.id)).map(({ id }) => id));
    const there = (await this.#store.list()).find(({ id }) => id === dialogue.id);
    await this.#store.put(there ?? dialogue, messages.filter(({ id }) => !known.has(id)));
    this.#tell();
  }

  /** Nothing of it is used any more. */
  close() {
    this.#open?.close();
    this.#leaving.abort();
    this.#channel?.close();
  }

  /** @param {string} id @param {Dialogue[]} all @param {number} [patienceMillis] @returns {Promise<Opened | null>} */
  async #opened(id, all, patienceMillis) {
    const release = await claim(id, patienceMillis);
    if (!release) return null;
    const record = all.find((dialogue) => dialogue.id === id) ?? null;
    const messages = record ? await this.#store.messages(id) : [];
    const kept = this.#keep(id, record);
    kept.release = release;
    this.#put(kept);
    return { kept, tree: new DialogueTree(messages, record?.end) };
  }

  /** @param {string} id @param {Dialogue | null} record */
  #keep(id, record) {
    return new KeptDialogue(id, record, this.#store, { failed: (error) => this.#failed(error), told: () => this.#tell() });
  }

  /** @param {KeptDialogue} kept */
  #put(kept) {
    const before = this.#open;
    this.#open = kept;
    before?.close();
    keep("sessionStorage", this.#key, kept.id);
    keep("localStorage", this.#key, kept.id);
    void before?.written().then(() => this.#tell());
    this.#tell();
  }

  /** Once is enough. @param {unknown} error */
  #failed(error) {
    if (!this.#warned) this.#warn(error);
    this.#warned = true;
  }

  #tell() {
    this.#channel?.postMessage("changed");
    this.#hear();
  }

  #hear() {
    this.dispatchEvent(new Event("change"));
  }
}

function openChannel() {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}

/** @param {"sessionStorage" | "localStorage"} where @param {string} key */
function recall(where, key) {
  try {
    return window[where].getItem(key);
  } catch {
    return null;
  }
}

/** @param {"sessionStorage" | "localStorage"} where @param {string} key @param {string} id */
function keep(where, key, id) {
  try {
    window[where].setItem(key, id);
  } catch {
    // The next visit begins with the one that was changed last.
  }
}
