/**
 * Brings model files to the device: streamed once, checked, kept, read in pieces.
 *
 * A file is used only after its size and SHA-256 match the manifest. Where it
 * is kept is a `Shelf`'s business: OPFS where the browser has it, memory where
 * it does not, and anything else that implements the same functions.
 */

import { RouterError } from "./errors.js";
import { MemoryShelf } from "./memory-shelf.js";
import { OpfsShelf } from "./opfs-shelf.js";

/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Source} Source */
/** @typedef {import("./types.js").Sha256} Sha256 */

/**
 * A place for checked files, named by their digest.
 * @typedef {object} Shelf
 * @property {(file: ModelFile) => Promise<Source | null>} find a file that was kept before
 * @property {(file: ModelFile) => Promise<Sink>} begin room for a file about to arrive
 * @property {(file: ModelFile) => Promise<void>} forget so that the next fetch downloads again
 */

/**
 * A file while it arrives. Until `keep`, `find` must not see it, whatever happens.
 * @typedef {object} Sink
 * @property {(bytes: Uint8Array) => void} write appends; throws when there is no room
 * @property {() => Promise<Source>} keep
 * @property {() => Promise<void>} discard
 * @property {() => Uint8Array[]} written what has arrived so far, to carry it elsewhere
 */

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
      return new ModelStore(await OpfsShelf.open(), newSha256, warn);
    } catch (error) {
      warn(storageUnavailable(error));
      return new ModelStore(new MemoryShelf(), newSha256, warn);
    }
  }

  /**
   * The file, from the shelf or from its URL.
   * @param {ModelFile} file with an absolute `url`
   * @param {(bytes: number) => void} onBytes called with each step towards `file.bytes`
   * @returns {Promise<Source>}
   */
  async fetch(file, onBytes) {
    return exclusively(file, async () => {
      const kept = await this.#shelf.find(file);
      if (!kept) return this.#download(file, onBytes);
      onBytes(file.bytes);
      return kept;
    });
  }

  /** Drops a file that turned out unusable after it was kept. @param {ModelFile} file */
  async forget(file) {
    await this.#shelf.forget(file);
  }

  /** @param {ModelFile} file @param {(bytes: number) => void} onBytes */
  async #download(file, onBytes) {
    let sink = await this.#begin(file);
    const sha256 = this.#newSha256();
    let receivedBytes = 0;
    try {
      for await (const bytes of body(file)) {
        receivedBytes += bytes.length;
        if (receivedBytes > file.bytes) break;
        sha256.update(bytes);
        sink = await this.#write(sink, file, bytes);
        onBytes(bytes.length);
      }
      check(file, receivedBytes, sha256.hex());
      return await this.#keep(sink, file);
    } catch (error) {
      onBytes(-Math.min(receivedBytes, file.bytes));
      await sink.discard();
      throw error;
    } finally {
      sha256.free();
    }
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
    for (const piece of [...sink.written(), ...rest]) memory.write(piece);
    await sink.discard();
    return memory;
  }
}

/**
 * The file's bytes as they arrive.
 * @param {ModelFile} file
 * @returns {AsyncGenerator<Uint8Array>}
 */
async function* body(file) {
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let reader;
  try {
    // The shelf is the cache: a second copy in the HTTP cache would only take room.
    const response = await fetch(file.url, { cache: "no-store", credentials: "omit" });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const next =
      why === "HTTP 404"
        ? `There is no such file at ${file.url}; whoever runs the site must put it there.`
        : "Check the connection and load again.";
    throw new RouterError(
      "download_failed",
      `\`${file.name}\` could not be downloaded (${why}). ${next}`,
      { cause },
    );
  } finally {
    reader?.cancel().catch(() => {});
  }
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
function exclusively(file, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`nearside-${file.sha256}`, work);
}
