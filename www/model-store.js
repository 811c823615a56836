/**
 * Brings model files to the device: streamed once, checked, kept, read in pieces.
 *
 * A file is used only after its size and SHA-256 match the manifest. Where it
 * is kept is a `Shelf`'s business: OPFS where the browser has it, memory where
 * it does not, and anything else that implements the same functions. A download
 * that is paused, or that fails, leaves what has arrived, and goes on from there.
 */

import { download } from "./download.js";
import { RouterError } from "./errors.js";
import { MemoryShelf } from "./memory-shelf.js";
import { OpfsShelf } from "./opfs-shelf.js";

/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Source} Source */
/** @typedef {import("./types.js").Sha256} Sha256 */

/** @typedef {import("./types.js").StoredModel} StoredModel */

/**
 * A place for checked files, named by their digest.
 * @typedef {object} Shelf
 * @property {(file: ModelFile) => Promise<Source | null>} find a file that was kept before
 * @property {(file: ModelFile) => Promise<Sink>} begin room for a file about to arrive, with what has arrived of it before
 * @property {(file: ModelFile) => Promise<void>} forget so that the next fetch downloads again
 * @property {() => Promise<StoredModel[]>} list
 * @property {(file: ModelFile, pause: () => Promise<void>) => Promise<boolean>} check whether all of a kept file is what it was
 */

/**
 * A file while it arrives. Until `keep`, `find` must not see it, whatever happens.
 * @typedef {object} Sink
 * @property {() => number} size how many bytes have arrived
 * @property {(bytes: Uint8Array) => void} write appends; throws when there is no room
 * @property {() => Iterable<Uint8Array>} written what has arrived so far, to check it or to carry it elsewhere
 * @property {() => void} rewind begins anew
 * @property {() => Promise<Source>} keep
 * @property {() => Promise<void>} suspend leaves what has arrived to the next `begin`
 * @property {() => Promise<void>} discard
 */

/** @typedef {(bytes: number, how?: {kept: boolean}) => void} OnBytes steps towards `file.bytes`; `kept`: these were there before */

export class ModelStore {
  /** @type {Shelf} */
  #shelf;
  /** @type {Shelf} */
  #memory = new MemoryShelf();
  /** @type {() => Sha256} */
  #newSha256;
  /** @type {(error: import("./errors.js").ErrorReport) => void} */
  #warn;

  /**
   * @param {Shelf} shelf
   * @param {() => Sha256} newSha256
   * @param {(error: import("./errors.js").ErrorReport) => void} warn
   */
  constructor(shelf, newSha256, warn) {
    this.#shelf = shelf;
    this.#newSha256 = newSha256;
    this.#warn = warn;
  }

  /**
   * The store for this browser: OPFS, or memory with a warning.
   * @param {"auto" | "memory"} storage
   * @param {() => Sha256} newSha256
   * @param {(error: import("./errors.js").ErrorReport) => void} warn
   */
  static async open(storage, newSha256, warn) {
    if (storage === "memory") return new ModelStore(new MemoryShelf(), newSha256, warn);
    try {
      return new ModelStore(await OpfsShelf.open(newSha256), newSha256, warn);
    } catch (error) {
      warn(storageUnavailable(error));
      return new ModelStore(new MemoryShelf(), newSha256, warn);
    }
  }

  /**
   * The file, from the shelf or from its URL.
   * @param {ModelFile} file with an absolute `url`
   * @param {OnBytes} onBytes
   * @param {{signal: AbortSignal, onlyKept: boolean}} how `onlyKept`: nothing is downloaded
   * @returns {Promise<Source | null>} null where it would have to be downloaded and may not
   */
  async fetch(file, onBytes, { signal, onlyKept }) {
    return exclusively(file, async () => {
      const kept = await this.#shelf.find(file);
      if (!kept) return onlyKept ? null : this.#download(file, onBytes, signal);
      onBytes(file.bytes, { kept: true });
      return kept;
    });
  }

  /** Drops a file that turned out unusable after it was kept. @param {ModelFile} file */
  async forget(file) {
    await this.#shelf.forget(file);
  }

  /** What is on this device, also of other pages of this site. */
  list() {
    return this.#shelf.list();
  }

  /** @param {ModelFile} file @param {() => Promise<void>} pause */
  check(file, pause) {
    return exclusively(file, () => this.#shelf.check(file, pause));
  }

  /** @param {ModelFile} file @param {OnBytes} onBytes @param {AbortSignal} signal @returns {Promise<Source>} */
  async #download(file, onBytes, signal) {
    let sink = await this.#begin(file);
    let sha256 = this.#digestOf(sink);
    let size = sink.size();
    const goesOn = size > 0;
    onBytes(size, { kept: true });
    try {
      for await (const { at, bytes } of download(file, size, signal)) {
        if (at === 0 && size > 0) {
          onBytes(-size, { kept: true });
          sink.rewind();
          sha256.free();
          [sha256, size] = [this.#newSha256(), 0];
        }
        size += bytes.length;
        if (size > file.bytes) break;
        sha256.update(bytes);
        sink = await this.#write(sink, file, bytes);
        onBytes(bytes.length);
      }
      check(file, size, sha256.hex());
      return await this.#keep(sink, file);
    } catch (error) {
      onBytes(-Math.min(size, file.bytes), { kept: true });
      if (leavesWhatCame(error)) await sink.suspend();
      else await sink.discard();
      // What was there before may have been damaged.
      if (goesOn && codeOf(error) === "digest_mismatch") return this.#download(file, onBytes, signal);
      throw error;
    } finally {
      sha256.free();
    }
  }

  /** The digest so far, to go on with. @param {Sink} sink */
  #digestOf(sink) {
    const sha256 = this.#newSha256();
    for (const piece of sink.written()) sha256.update(piece);
    return sha256;
  }

  /** @param {ModelFile} file */
  async #begin(file) {
    try {
      return await this.#shelf.begin(file);
    } catch (error) {
      this.#warn(storageUnavailable(error));
      return this.#memory.begin(file);
    }
  }

  /**
   * Appends; when the shelf has run out of room, what has arrived moves to memory.
   * @param {Sink} sink @param {ModelFile} file @param {Uint8Array} bytes
   */
  async #write(sink, file, bytes) {
    try {
      sink.write(bytes);
      return sink;
    } catch (error) {
      return this.#spill(sink, file, error, [bytes]);
    }
  }

  /** @param {Sink} sink @param {ModelFile} file */
  async #keep(sink, file) {
    try {
      return await sink.keep();
    } catch (error) {
      return (await this.#spill(sink, file, error, [])).keep();
    }
  }

  /** @param {Sink} sink @param {ModelFile} file @param {unknown} error @param {Uint8Array[]} rest */
  async #spill(sink, file, error, rest) {
    this.#warn(storageUnavailable(error));
    const memory = await this.#memory.begin(file);
    memory.rewind();
    for (const piece of sink.written()) memory.write(piece);
    for (const piece of rest) memory.write(piece);
    await sink.discard();
    return memory;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof RouterError ? error.code : null;
}

/** Whether a later download may go on with what came. @param {unknown} error */
function leavesWhatCame(error) {
  return ["download_paused", "download_failed"].includes(codeOf(error) ?? "");
}

/** @param {ModelFile} file @param {number} receivedBytes @param {string} hex */
function check(file, receivedBytes, hex) {
  const detail =
    receivedBytes !== file.bytes
      ? `${receivedBytes > file.bytes ? "more than " : ""}${Math.min(receivedBytes, file.bytes)} bytes instead of ${file.bytes}`
      : hex !== file.sha256
        ? `SHA-256 ${hex} instead of ${file.sha256}`
        : null;
  if (detail === null) return;
  throw new RouterError(
    "digest_mismatch",
    `\`${file.name}\` does not match its manifest: ${detail}. It was discarded; load again.`,
  );
}

/** @param {unknown} cause */
function storageUnavailable(cause) {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return {
    code: "storage_unavailable",
    message:
      `The browser's storage is not usable: ${why.replace(/\.$/, "")}. ` +
      "The model will be fetched on each visit.",
  };
}

/**
 * Two tabs that want the same file download it once.
 * @template T
 * @param {ModelFile} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function exclusively(file, work) {
  const name = `nearside-${file.sha256}`;
  let begun = false;
  const begin = () => ((begun = true), work());
  try {
    if (navigator.locks) return await navigator.locks.request(name, begin);
  } catch (thrown) {
    // A frame of another origin may be refused locks, and then goes without.
    if (begun) throw thrown;
  }
  return work();
}
