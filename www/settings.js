/**
 * Small values that outlive a visit: measured rates, the link, the last manifest.
 *
 * A worker has no localStorage, and the core reads synchronously; so all of it
 * is read once from IndexedDB and writes follow a moment later. Without
 * IndexedDB the values last as long as the worker.
 */

const DATABASE = "nearside";
const TABLE = "settings";
const SAVE_DELAY_MILLIS = 500;

export class Settings {
  /** @type {Map<string, string>} */
  #values = new Map();
  /** @type {Map<string, string>} */
  #unsaved = new Map();
  /** @type {IDBDatabase | null} */
  #database = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  static async open() {
    const settings = new Settings();
    try {
      settings.#database = await openDatabase();
      settings.#values = await readAll(settings.#database);
    } catch {
      settings.#database = null;
    }
    return settings;
  }

  /** @param {string} key */
  get(key) {
    return this.#values.get(key);
  }

  /** @param {string} key @param {string} value */
  set(key, value) {
    this.#values.set(key, value);
    this.#unsaved.set(key, value);
    this.#timer ??= setTimeout(() => this.flush(), SAVE_DELAY_MILLIS);
  }

  /** Writes what is waiting; a full disk loses the values, not the turn. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#database || this.#unsaved.size === 0) return;
    const table = this.#database.transaction(TABLE, "readwrite").objectStore(TABLE);
    for (const [key, value] of this.#unsaved) table.put(value, key);
    this.#unsaved.clear();
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** @param {IDBDatabase} database @returns {Promise<Map<string, string>>} */
function readAll(database) {
  return new Promise((resolve, reject) => {
    const values = new Map();
    const request = database.transaction(TABLE).objectStore(TABLE).openCursor();
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(values);
      values.set(String(cursor.key), String(cursor.value));
      cursor.continue();
    };
  });
}
