/**
 * Where the device's keys and values outlive the page: one dialogue in the origin private file system.
 *
 * `<model digest>.kv` counts only while `<model digest>.ok` stands beside it, which says on which day
 * the dialogue began. The mark goes first and comes last, so a tab that dies while it writes leaves
 * nothing that is read.
 */

import { openSource } from "./opfs-shelf.js";

/** @typedef {import("./types.js").Source} Source */

const FOLDER = "nearside-dialogue";
/** What a dialogue may take of the disk. */
export const MAX_DIALOGUE_BYTES = 128 << 20;

export class DialogueShelf {
  #folder;

  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Throws where the browser has no OPFS or refuses it. */
  static async open() {
    const root = await navigator.storage.getDirectory();
    return new DialogueShelf(await root.getDirectoryHandle(FOLDER, { create: true }));
  }

  /**
   * @param {string} model the digest of the model's file
   * @returns {Promise<{source: Source, began: string | undefined} | null>}
   */
  async find(model) {
    try {
      const mark = await (await this.#folder.getFileHandle(`${model}.ok`)).getFile();
      const began = (await mark.text()) || undefined;
      const source = await openSource(await this.#folder.getFileHandle(`${model}.kv`));
      return { source, began };
    } catch {
      return null;
    }
  }

  /**
   * Puts what `writeAll` writes in the place of whatever was there.
   * @param {string} model
   * @param {string} began the day on which the dialogue did, or nothing
   * @param {(write: (bytes: Uint8Array) => void) => Promise<boolean>} writeAll says whether it is whole
   */
  async put(model, began, writeAll) {
    await this.clear();
    const handle = await this.#folder.getFileHandle(`${model}.kv`, { create: true });
    const access = await handle.createSyncAccessHandle();
    let whole = false;
    try {
      access.truncate(0);
      let writtenBytes = 0;
      whole = await writeAll((bytes) => {
        const n = access.write(bytes, { at: writtenBytes });
        if (n !== bytes.length) throw new DOMException("no room left", "QuotaExceededError");
        writtenBytes += n;
      });
      access.flush();
    } finally {
      access.close();
      if (!whole) await this.clear();
    }
    if (whole) await this.#mark(`${model}.ok`, began);
  }

  /** @param {string} name @param {string} text */
  async #mark(name, text) {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const access = await handle.createSyncAccessHandle();
    access.write(new TextEncoder().encode(text), { at: 0 });
    access.close();
  }

  /** Of whichever model it was. */
  async clear() {
    /** @type {string[]} */
    const names = [];
    for await (const name of /** @type {any} */ (this.#folder).keys()) names.push(name);
    // Marks first.
    names.sort((a, b) => Number(b.endsWith(".ok")) - Number(a.endsWith(".ok")));
    for (const name of names) await this.#folder.removeEntry(name).catch(() => {});
  }
}
