/**
 * A shelf in the origin private file system.
 *
 * `<digest>.bin` holds a file's bytes and counts only while `<digest>.ok`
 * stands beside it. The mark is written last, after the digest was checked and
 * the bytes were flushed, so a tab that dies at any moment leaves at worst a
 * `.bin` that the next download overwrites.
 */

import { sourceFrom } from "./memory-shelf.js";

/** @typedef {import("./model-store.js").Shelf} Shelf */
/** @typedef {import("./model-store.js").Sink} Sink */
/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Source} Source */

const FOLDER = "nearside-models";
const READ_BYTES = 4 << 20;

/** @implements {Shelf} */
export class OpfsShelf {
  /** @type {FileSystemDirectoryHandle} */
  #folder;

  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Throws where the browser has no OPFS or refuses it. */
  static async open() {
    if (!navigator.storage?.getDirectory) throw new Error("this browser has no OPFS");
    const root = await navigator.storage.getDirectory();
    return new OpfsShelf(await root.getDirectoryHandle(FOLDER, { create: true }));
  }

  /** @param {ModelFile} file @returns {Promise<Source | null>} */
  async find(file) {
    try {
      await this.#folder.getFileHandle(markName(file));
      const handle = await this.#folder.getFileHandle(dataName(file));
      const size = (await handle.getFile()).size;
      return size === file.bytes ? await openSource(handle) : null;
    } catch {
      return null;
    }
  }

  /** @param {ModelFile} file @returns {Promise<Sink>} */
  async begin(file) {
    await this.#requireRoom(file.bytes);
    await this.#remove(markName(file));
    const handle = await this.#folder.getFileHandle(dataName(file), { create: true });
    const access = await handle.createSyncAccessHandle();
    access.truncate(0);
    let writtenBytes = 0;
    return {
      write: (bytes) => {
        const n = access.write(bytes, { at: writtenBytes });
        if (n !== bytes.length) throw new DOMException("no room left", "QuotaExceededError");
        writtenBytes += n;
      },
      keep: async () => {
        access.flush();
        access.close();
        await this.#folder.getFileHandle(markName(file), { create: true });
        return openSource(handle);
      },
      discard: async () => {
        access.close();
        await this.forget(file);
      },
      written: () => readBack(access, writtenBytes),
    };
  }

  /** @param {ModelFile} file */
  async forget(file) {
    await this.#remove(markName(file));
    await this.#remove(dataName(file));
  }

  /** @param {number} bytes */
  async #requireRoom(bytes) {
    const { quota, usage } = await navigator.storage.estimate();
    if (quota === undefined || usage === undefined || quota - usage >= bytes) return;
    throw new DOMException(
      `${bytes} bytes are needed and ${Math.max(0, quota - usage)} are free`,
      "QuotaExceededError",
    );
  }

  /** @param {string} name */
  async #remove(name) {
    await this.#folder.removeEntry(name).catch(() => {});
  }
}

/** @param {ModelFile} file */
function dataName(file) {
  return `${file.sha256}.bin`;
}

/** @param {ModelFile} file */
function markName(file) {
  return `${file.sha256}.ok`;
}

/**
 * Reads in place where possible. A file that another tab holds open is read
 * into memory instead, which takes its size once more but always works.
 * @param {FileSystemFileHandle} handle
 * @returns {Promise<Source>}
 */
export async function openSource(handle) {
  try {
    const access = await handle.createSyncAccessHandle();
    return {
      size: access.getSize(),
      readAt: (offset, into) => access.read(into, { at: offset }),
      close: () => access.close(),
    };
  } catch {
    const file = await handle.getFile();
    const pieces = [];
    for (let at = 0; at < file.size; at += READ_BYTES) {
      const piece = file.slice(at, at + READ_BYTES);
      pieces.push(new Uint8Array(await piece.arrayBuffer()));
    }
    return sourceFrom(pieces);
  }
}

/** @param {FileSystemSyncAccessHandle} access @param {number} size */
function readBack(access, size) {
  const pieces = [];
  for (let at = 0; at < size; at += READ_BYTES) {
    const piece = new Uint8Array(Math.min(READ_BYTES, size - at));
    access.read(piece, { at });
    pieces.push(piece);
  }
  return pieces;
}
