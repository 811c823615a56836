/**
 * Where dialogues outlive the page: a record for each dialogue and one for each message, so that a turn writes
 * what is new. Where the browser refuses, the same lasts as long as the page.
 */

import { earlierMessages, forgetEarlier } from "./earlier-store.js";

/** @typedef {import("./tree.js").Told} Told */

/**
 * What is known of a dialogue without its messages.
 * @typedef {object} Dialogue
 * @property {string} id
 * @property {string} title its first question, until a person names it
 * @property {boolean} named whether one has
 * @property {number} at when it began, in milliseconds
 * @property {number} changed when something was said in it last
 * @property {string | null} end the last message of the path that is shown
 */

/**
 * @typedef {object} Store
 * @property {() => Promise<Dialogue[]>} list the one changed last first
 * @property {(id: string) => Promise<Told[]>} messages
 * @property {(dialogue: Dialogue, messages: Told[]) => Promise<void>} put
 * @property {(id: string, message: string) => Promise<void>} dropMessage
 * @property {(id: string) => Promise<void>} remove
 */

const DATABASE = "nearside-dialogues";
const DIALOGUES = "dialogues";
const MESSAGES = "messages";

/** @returns {Promise<Store>} throws where the browser refuses */
export async function openStore() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(DIALOGUES, { keyPath: "id" });
    request.result.createObjectStore(MESSAGES, { keyPath: ["dialogue", "id"] });
  };
  const store = new DiskStore(await done(request));
  await takeOverEarlier(store);
  return store;
}

/** What a version kept that knew one dialogue. What could not be taken over stays for the next visit. @param {Store} store */
async function takeOverEarlier(store) {
  try {
    const messages = await earlierMessages();
    const [first] = messages;
    if (first) await store.put({ ...titled(first), id: "earlier", end: messages.at(-1)?.id ?? null }, messages);
    await forgetEarlier();
  } catch {
    // Nothing was taken away.
  }
}

/** @param {Told} first */
function titled(first) {
  return { title: titleOf(first.content), named: false, at: first.at, changed: first.at };
}

/** What a dialogue is called that nobody has named. @param {string} question */
export function titleOf(question) {
  const line = question.trim().replace(/\s+/g, " ");
  const letters = [...line];
  return letters.length > 80 ? `${letters.slice(0, 79).join("").trimEnd()}…` : line;
}

/** @implements {Store} */
class DiskStore {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    // Another page brings a later version.
    database.onversionchange = () => database.close();
  }

  async list() {
    const all = await done(this.#read(DIALOGUES).getAll());
    return newestFirst(all);
  }

  /** @param {string} id */
  async messages(id) {
    const records = await done(this.#read(MESSAGES).getAll(ofDialogue(id)));
    return records.map(({ dialogue, ...message }) => /** @type {Told} */ (message));
  }

  /** @param {Dialogue} dialogue @param {Told[]} messages */
  put(dialogue, messages) {
    return this.#write((dialogues, table) => {
      dialogues.put(dialogue);
      for (const message of messages) table.put({ ...message, dialogue: dialogue.id });
    });
  }

  /** @param {string} id @param {string} message */
  dropMessage(id, message) {
    return this.#write((_, table) => table.delete([id, message]));
  }

  /** @param {string} id */
  remove(id) {
    return this.#write((dialogues, table) => {
      dialogues.delete(id);
      table.delete(ofDialogue(id));
    });
  }

  /** @param {string} table */
  #read(table) {
    return this.#database.transaction(table).objectStore(table);
  }

  /** @param {(dialogues: IDBObjectStore, messages: IDBObjectStore) => void} change @returns {Promise<void>} */
  #write(change) {
    const transaction = this.#database.transaction([DIALOGUES, MESSAGES], "readwrite");
    change(transaction.objectStore(DIALOGUES), transaction.objectStore(MESSAGES));
    // A page that is being left has no time to wait for the last request.
    transaction.commit?.();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** @implements {Store} */
export class MemoryStore {
  /** @type {Map<string, {dialogue: Dialogue, messages: Map<string, Told>}>} */
  #kept = new Map();

  async list() {
    return newestFirst([...this.#kept.values()].map(({ dialogue }) => ({ ...dialogue })));
  }

  /** @param {string} id */
  async messages(id) {
    return [...(this.#kept.get(id)?.messages.values() ?? [])].map((message) => ({ ...message }));
  }

  /** @param {Dialogue} dialogue @param {Told[]} messages */
  async put(dialogue, messages) {
    const kept = this.#kept.get(dialogue.id)?.messages ?? new Map();
    for (const message of messages) kept.set(message.id, { ...message });
    this.#kept.set(dialogue.id, { dialogue: { ...dialogue }, messages: kept });
  }

  /** @param {string} id @param {string} message */
  async dropMessage(id, message) {
    this.#kept.get(id)?.messages.delete(message);
  }

  /** @param {string} id */
  async remove(id) {
    this.#kept.delete(id);
  }
}

/** @param {Dialogue[]} dialogues */
function newestFirst(dialogues) {
  return dialogues.sort((a, b) => b.changed - a.changed);
}

/** @param {string} id */
function ofDialogue(id) {
  return IDBKeyRange.bound([id], [id, []]);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
