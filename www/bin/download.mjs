/** A file from an address. What an earlier try has brought is kept, and the rest is asked for. */

import { open } from "node:fs/promises";

import { Progress } from "./progress.mjs";

/** A server that sends nothing for so long is given up. */
const STALLED_MILLIS = 30_000;

/**
 * Fetches `url` into `file`, going on from what it holds.
 * @param {string} url @param {string} file @param {{name: string, bytes: number}} what
 */
export async function download(url, file, { name, bytes }) {
  const output = await open(file, "a");
  const watch = new Watch(STALLED_MILLIS);
  try {
    const before = (await output.stat()).size;
    if (before >= bytes) return;
    const { response, from } = await request(url, before, watch.signal);
    if (from === 0) await output.truncate(0);
    const progress = new Progress(name, bytes, from);
    let done = from;
    for await (const piece of /** @type {AsyncIterable<Uint8Array>} */ (response.body)) {
      watch.moved();
      await output.write(piece);
      done += piece.length;
      if (done > bytes) throw new Error(`it has more than the ${bytes} bytes that were expected`);
      progress.tell(done);
    }
    progress.end();
    if (done < bytes) throw new Error(`it broke off after ${done} of ${bytes} bytes`);
  } catch (error) {
    if (watch.signal.aborted) throw new Error(`nothing came for ${STALLED_MILLIS / 1000} s`);
    // `fetch` says "fetch failed", and why in its cause.
    const { cause } = /** @type {{cause?: {code?: string, message?: string}}} */ (error);
    throw cause ? new Error(cause.code ?? cause.message) : error;
  } finally {
    watch.end();
    await output.close();
  }
}

/** @param {string} url @param {number} before bytes that are here @param {AbortSignal} signal */
async function request(url, before, signal) {
  const headers = before > 0 ? { range: `bytes=${before}-` } : undefined;
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  // A server that does not know ranges sends the whole file.
  return { response, from: response.status === 206 && Number(range?.[1]) === before ? before : 0 };
}

/** Aborts when nothing has moved for a while. */
class Watch {
  #controller = new AbortController();
  #millis;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {number} millis */
  constructor(millis) {
    this.#millis = millis;
    this.moved();
  }

  get signal() {
    return this.#controller.signal;
  }

  moved() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.#millis);
  }

  end() {
    clearTimeout(this.#timer);
  }
}
