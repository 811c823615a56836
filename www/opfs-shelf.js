/**
 * A shelf in the origin private file system.
 *
 * `<digest>.bin` holds a file's bytes and counts only while `<digest>.ok` stands beside it. The mark is
 * written last, after the digest was checked and the bytes were flushed, so a tab that dies at any moment
 * leaves at worst a `.bin` that the next download goes on with. The mark tells what the file is, and the
 * digest of samples of it, by which each visit sees cheaply whether the file is still what it was; all of it
 * is read again now and then.
 */

import { sourceFrom } from "./memory-shelf.js";

/** @typedef {import("./model-store.js").Shelf} Shelf */
/** @typedef {import("./model-store.js").Sink} Sink */
/** @typedef {import("./model-store.js").StoredModel} StoredModel */
/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Sha256} Sha256 */
/** @typedef {import("./types.js").Source} Source */

/**
 * What a mark says; marks of earlier versions say nothing.
 * @typedef {{name?: string, title?: string, keptAt?: number, checkedAt?: number, samples?: string}} Mark
 */

const FOLDER = "nearside-models";
const READ_BYTES = 4 << 20;
const SAMPLE_BYTES = 4096;
const N_SAMPLES = 64;
/** A file is read as a whole again after so long. */
const CHECK_MILLIS = 7 * 24 * 3600 * 1000;

/** @implements {Shelf} */
export class OpfsShelf {
  /** @type {FileSystemDirectoryHandle} */
  #folder;
  #newSha256;

  /** @param {FileSystemDirectoryHandle} folder @param {() => Sha256} newSha256 */
  constructor(folder, newSha256) {
    this.#folder = folder;
    this.#newSha256 = newSha256;
  }

  /** Throws where the browser has no OPFS or refuses it. @param {() => Sha256} newSha256 */
  static async open(newSha256) {
    if (!navigator.storage?.getDirectory) throw new Error("this browser has no OPFS");
    const root = await navigator.storage.getDirectory();
    return new OpfsShelf(await root.getDirectoryHandle(FOLDER, { create: true }), newSha256);
  }

  /** @param {ModelFile} file @returns {Promise<Source | null>} */
  async find(file) {
    const mark = await this.#mark(file.sha256);
    if (!mark) return null;
    try {
      const handle = await this.#folder.getFileHandle(dataName(file));
      const source = await openSource(handle);
      const known = mark.samples ?? "";
      if (source.size === file.bytes && (!known || known === this.#sampled(source))) return source;
      source.close();
    } catch {
      // As if it were not there.
    }
    await this.forget(file);
    return null;
  }

  /** @param {ModelFile} file @returns {Promise<Sink>} */
  async begin(file) {
    await this.#remove(markName(file));
    const handle = await this.#folder.getFileHandle(dataName(file), { create: true });
    const access = await handle.createSyncAccessHandle();
    let writtenBytes = access.getSize();
    if (writtenBytes > file.bytes) writtenBytes = 0;
    access.truncate(writtenBytes);
    try {
      await requireRoom(file.bytes - writtenBytes);
    } catch (thrown) {
      access.close();
      throw thrown;
    }
    return {
      size: () => writtenBytes,
      write: (bytes) => {
        const n = access.write(bytes, { at: writtenBytes });
        if (n !== bytes.length) throw new DOMException("no room left", "QuotaExceededError");
        writtenBytes += n;
      },
      written: () => readBack(access, writtenBytes),
      rewind: () => {
        access.truncate(0);
        writtenBytes = 0;
      },
      keep: async () => {
        access.flush();
        access.close();
        const source = await openSource(handle);
        await this.#putMark(file, source);
        return source;
      },
      suspend: async () => {
        access.flush();
        access.close();
      },
      discard: async () => {
        access.close();
        await this.forget(file);
      },
    };
  }

  /** @param {{sha256: string}} file */
  async forget(file) {
    await this.#remove(markName(file));
    await this.#remove(dataName(file));
  }

  /** @returns {Promise<StoredModel[]>} */
  async list() {
    /** @type {StoredModel[]} */
    const found = [];
    const entries = /** @type {AsyncIterable<[string, FileSystemHandle]>} */ (/** @type {any} */ (this.#folder));
    for await (const [name, handle] of entries) {
      const sha256 = /^([0-9a-f]{64})\.bin$/.exec(name)?.[1];
      if (!sha256) continue;
      const mark = await this.#mark(sha256);
      const { size } = await /** @type {FileSystemFileHandle} */ (handle).getFile();
      found.push({ sha256, bytes: size, name: mark?.name ?? null, title: mark?.title ?? null, complete: mark !== null });
    }
    return found;
  }

  /**
   * Reads the whole file again, if that was not done for a while.
   * @param {ModelFile} file @param {() => Promise<void>} pause between two pieces
   * @returns {Promise<boolean>} whether it is what it was, as far as that was looked at
   */
  async check(file, pause) {
    const mark = await this.#mark(file.sha256);
    if (!mark || Date.now() - (mark.checkedAt ?? 0) < CHECK_MILLIS) return true;
    const bytes = await (await this.#folder.getFileHandle(dataName(file))).getFile();
    const sha256 = this.#newSha256();
    try {
      for (let at = 0; at < bytes.size; at += READ_BYTES) {
        sha256.update(new Uint8Array(await bytes.slice(at, at + READ_BYTES).arrayBuffer()));
        await pause();
      }
      if (sha256.hex() !== file.sha256) return false;
    } finally {
      sha256.free();
    }
    await this.#writeMark(file.sha256, { ...mark, checkedAt: Date.now() });
    return true;
  }

  /** @param {ModelFile} file @param {Source} source */
  #putMark(file, source) {
    const now = Date.now();
    const { name, title } = file;
    return this.#writeMark(file.sha256, { name, title, keptAt: now, checkedAt: now, samples: this.#sampled(source) });
  }

  /** @param {string} sha256 @param {Mark} mark */
  async #writeMark(sha256, mark) {
    const handle = await this.#folder.getFileHandle(markName({ sha256 }), { create: true });
    const access = await handle.createSyncAccessHandle();
    access.truncate(0);
    access.write(new TextEncoder().encode(JSON.stringify(mark)), { at: 0 });
    access.flush();
    access.close();
  }

  /** @param {string} sha256 @returns {Promise<Mark | null>} null if there is none */
  async #mark(sha256) {
    try {
      const handle = await this.#folder.getFileHandle(markName({ sha256 }));
      const text = await (await handle.getFile()).text();
      return text ? JSON.parse(text) : {};
    } catch {
      return null;
    }
  }

  /** The digest of samples spread over the file. @param {Source} source */
  #sampled(source) {
    const sha256 = this.#newSha256();
    const piece = new Uint8Array(SAMPLE_BYTES);
    for (let i = 0; i < N_SAMPLES; i += 1) {
      const at = Math.floor((i * Math.max(source.size - SAMPLE_BYTES, 0)) / (N_SAMPLES - 1));
      sha256.update(piece.subarray(0, source.readAt(at, piece)));
    }
    const hex = sha256.hex();
    sha256.free();
    return hex;
  }

  /** @param {string} name */
  async #remove(name) {
    await this.#folder.removeEntry(name).catch(() => {});
  }
}

/** @param {number} bytes */
async function requireRoom(bytes) {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota === undefined || usage === undefined || quota - usage >= bytes) return;
  throw new DOMException(
    `${bytes} bytes are needed and ${Math.max(0, quota - usage)} are free`,
    "QuotaExceededError",
  );
}

/** @param {{sha256: string}} file */
function dataName(file) {
  return `${file.sha256}.bin`;
}

/** @param {{sha256: string}} file */
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
function* readBack(access, size) {
  for (let at = 0; at < size; at += READ_BYTES) {
    const piece = new Uint8Array(Math.min(READ_BYTES, size - at));
    access.read(piece, { at });
    yield piece;
  }
}
