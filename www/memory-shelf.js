/** A shelf for browsers without usable storage: files last as long as the worker. */

/** @typedef {import("./model-store.js").Shelf} Shelf */
/** @typedef {import("./model-store.js").Sink} Sink */
/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Source} Source */

/** @implements {Shelf} */
export class MemoryShelf {
  /** What has arrived of files whose download is paused, by digest. @type {Map<string, Uint8Array[]>} */
  #begun = new Map();

  /** Nothing is kept: the core has read the file, and its bytes would only take memory. */
  async find() {
    return null;
  }

  /** @param {ModelFile} file */
  async forget(file) {
    this.#begun.delete(file.sha256);
  }

  async list() {
    return [];
  }

  async check() {
    return true;
  }

  /** @param {ModelFile} file @returns {Promise<Sink>} */
  async begin(file) {
    const pieces = this.#begun.get(file.sha256) ?? [];
    this.#begun.delete(file.sha256);
    return {
      size: () => pieces.reduce((sum, piece) => sum + piece.length, 0),
      write: (bytes) => void pieces.push(bytes.slice()),
      written: () => pieces,
      rewind: () => void pieces.splice(0),
      keep: async () => sourceFrom(pieces),
      suspend: async () => void this.#begun.set(file.sha256, pieces),
      discard: async () => void pieces.splice(0),
    };
  }
}

/**
 * A source over pieces of unequal length, without joining them.
 * @param {Uint8Array[]} pieces
 * @returns {Source}
 */
export function sourceFrom(pieces) {
  const starts = [0];
  for (const piece of pieces) starts.push(starts[starts.length - 1] + piece.length);
  const size = starts[pieces.length];
  return { size, readAt, close: () => void (pieces = []) };

  /** @param {number} offset @param {Uint8Array} into */
  function readAt(offset, into) {
    let doneBytes = 0;
    let index = pieceAt(starts, offset);
    while (doneBytes < into.length && index < pieces.length) {
      const from = offset + doneBytes - starts[index];
      const part = pieces[index].subarray(from, from + into.length - doneBytes);
      into.set(part, doneBytes);
      doneBytes += part.length;
      index += 1;
    }
    return doneBytes;
  }
}

/**
 * The last piece that starts at or before `offset`, by bisection.
 * @param {number[]} starts
 * @param {number} offset
 */
function pieceAt(starts, offset) {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
