/**
 * The messages of a dialogue that outlives its page, one record each: a turn writes what is new, not
 * the dialogue. Where the browser refuses, nothing is kept, and nothing else is lost.
 */

/** @typedef {import("./types.js").Message} Message */

const DATABASE = "nearside-messages";
const TABLE = "messages";
/** Where earlier versions kept them, in one piece. */
const BEFORE = "nearside-dialogue";

export class KeptMessages {
  /** What the table holds, once that is known. @type {Message[]} */
  #kept = [];
  /** One thing at a time. @type {Promise<unknown>} */
  #work = Promise.resolve();
  /** @type {Promise<IDBDatabase> | null} */
  #database = null;

  /** What an earlier visit left. @returns {Promise<Message[]>} */
  load() {
    return this.#after(async () => {
      const before = fromBefore();
      if (before) {
        await this.#write(before);
        localStorage.removeItem(BEFORE);
      }
      const kept = await done((await this.#table("readonly")).getAll());
      this.#kept = kept.every(isMessage) ? kept : [];
      return [...this.#kept];
    }, []);
  }

  /** From now on these. @param {Message[]} messages */
  save(messages) {
    const wanted = [...messages];
    return this.#after(() => this.#write(wanted), undefined);
  }

  /** @param {Message[]} wanted */
  async #write(wanted) {
    const most = Math.min(this.#kept.length, wanted.length);
    let n = 0;
    while (n < most && this.#kept[n].content === wanted[n].content && this.#kept[n].role === wanted[n].role) n++;
    if (n === this.#kept.length && n === wanted.length && n > 0) return;
    const table = await this.#table("readwrite");
    table.delete(IDBKeyRange.lowerBound(n));
    for (let i = n; i < wanted.length; i++) {
      const { role, content } = wanted[i];
      table.put({ role, content }, i);
    }
    await new Promise((resolve, reject) => {
      table.transaction.oncomplete = resolve;
      table.transaction.onabort = () => reject(table.transaction.error);
    });
    this.#kept = wanted;
  }

  /** @param {IDBTransactionMode} mode */
  async #table(mode) {
    this.#database ??= open();
    return (await this.#database).transaction(TABLE, mode).objectStore(TABLE);
  }

  /** @template T @param {() => Promise<T>} work @param {T} otherwise @returns {Promise<T>} */
  #after(work, otherwise) {
    const done = this.#work.then(work).catch(() => otherwise);
    this.#work = done;
    return done;
  }
}

/** @param {any} message */
function isMessage(message) {
  return ["user", "assistant"].includes(message?.role) && typeof message.content === "string";
}

/** @returns {Message[] | null} */
function fromBefore() {
  try {
    const kept = JSON.parse(localStorage.getItem(BEFORE) ?? "null");
    return Array.isArray(kept) && kept.every(isMessage) ? kept : null;
  } catch {
    return null;
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  return done(request);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
