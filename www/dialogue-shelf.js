/**
 * Where the device's keys and values outlive the page: the last few dialogues, in the origin private file system.
 *
 * `<model digest>.<dialogue>.kv` counts only while `<model digest>.<dialogue>.ok` stands beside it, which says on
 * which day the dialogue began. The mark goes first and comes last, so a tab that dies while it writes leaves
 * nothing that is read. A dialogue without a name has none in its files' names either.
 */

import { openSource } from "./opfs-shelf.js";

/** @typedef {import("./types.js").Source} Source */

const FOLDER = "nearside-dialogue";
/** What a dialogue may take of the disk, and what all of them may. */
export const MAX_DIALOGUE_BYTES = 128 << 20;
const MAX_BYTES = 256 << 20;

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
   * @param {string} dialogue
   * @returns {Promise<{source: Source, began: string | undefined} | null>}
   */
  async find(model, dialogue) {
    const stem = stemOf(model, dialogue);
    try {
      const mark = await (await this.#folder.getFileHandle(`${stem}.ok`)).getFile();
      const began = (await mark.text()) || undefined;
      const source = await openSource(await this.#folder.getFileHandle(`${stem}.kv`));
      return { source, began };
    } catch {
      return null;
    }
  }

  /**
   * Puts what `writeAll` writes in the place of what there was of this dialogue; those unused for longest make room.
   * @param {string} model
   * @param {string} dialogue
   * @param {string} began the day on which the dialogue did, or nothing
   * @param {(write: (bytes: Uint8Array) => void) => Promise<boolean>} writeAll says whether it is whole
   */
  async put(model, dialogue, began, writeAll) {
    await this.remove(dialogue);
    await this.#makeRoom(MAX_BYTES - MAX_DIALOGUE_BYTES);
    const stem = stemOf(model, dialogue);
    const handle = await this.#folder.getFileHandle(`${stem}.kv`, { create: true });
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
    } catch (thrown) {
      access.close();
      // The next time there is room.
      if (/** @type {any} */ (thrown)?.name === "QuotaExceededError") await this.#makeRoom(0);
      throw thrown;
    } finally {
      access.close();
      if (!whole) await this.remove(dialogue);
    }
    if (whole) await this.#mark(`${stem}.ok`, began);
  }

  /** @param {string} name @param {string} text */
  async #mark(name, text) {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const access = await handle.createSyncAccessHandle();
    access.write(new TextEncoder().encode(text), { at: 0 });
    access.close();
  }

  /** Takes a dialogue off, of whichever model it was. @param {string} dialogue */
  async remove(dialogue) {
    for (const name of await this.#names()) if (dialogueOf(name) === dialogue) await this.#drop(name);
  }

  /** Leaves at most so many bytes. @param {number} maxBytes */
  async #makeRoom(maxBytes) {
    const files = [];
    for (const name of await this.#names()) {
      if (name.endsWith(".kv")) files.push({ name, file: await (await this.#folder.getFileHandle(name)).getFile() });
    }
    files.sort((a, b) => b.file.lastModified - a.file.lastModified);
    let bytes = 0;
    for (const { name, file } of files) {
      bytes += file.size;
      if (bytes <= maxBytes) continue;
      await this.#drop(name.replace(/\.kv$/, ".ok"));
      await this.#drop(name);
    }
  }

  /** Marks first. */
  async #names() {
    /** @type {string[]} */
    const names = [];
    for await (const name of /** @type {any} */ (this.#folder).keys()) names.push(name);
    return names.sort((a, b) => Number(b.endsWith(".ok")) - Number(a.endsWith(".ok")));
  }

  /** One that another page is just writing stays. @param {string} name */
  async #drop(name) {
    await this.#folder.removeEntry(name).catch(() => {});
  }
}

/** @param {string} model @param {string} dialogue */
function stemOf(model, dialogue) {
  return dialogue ? `${model}.${dialogue}` : model;
}

/** @param {string} name of a file */
function dialogueOf(name) {
  return name.split(".").slice(1, -1).join(".");
}
