/**
 * A file's bytes over as many connections as it takes: where one breaks off, the next goes on from there
 * (range requests), and a server that knows no ranges begins anew.
 */

import { RouterError } from "./errors.js";

/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {{at: number, bytes: Uint8Array}} Piece */

/** Connections in a row that may bring nothing. */
const MAX_IDLE_TRIES = 5;
const FIRST_WAIT_MILLIS = 500;
/** No connection that is alive is silent for so long. */
const SILENCE_MILLIS = 30_000;

/**
 * The pieces from `from` on, in their order; one that begins at 0 again replaces all before it.
 * @param {ModelFile} file
 * @param {number} from
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Piece>}
 */
export async function* download(file, from, signal) {
  let at = from;
  for (let idleTries = 0; at < file.bytes; ) {
    const before = at;
    try {
      for await (const piece of connection(file, at, signal)) {
        at = piece.at + piece.bytes.length;
        yield piece;
        if (at > file.bytes) return;
      }
      // A server that ends early has said all that it has.
      return;
    } catch (thrown) {
      if (signal.aborted) throw paused();
      idleTries = at > before ? 1 : idleTries + 1;
      if (isFinal(thrown) || idleTries >= MAX_IDLE_TRIES) throw failed(file, thrown);
      await pause(FIRST_WAIT_MILLIS * 2 ** (idleTries - 1), signal);
    }
  }
}

/**
 * @param {ModelFile} file @param {number} from @param {AbortSignal} signal
 * @returns {AsyncGenerator<Piece>}
 */
async function* connection(file, from, signal) {
  const silence = new AbortController();
  const signals = AbortSignal.any([signal, silence.signal]);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error("the server went silent")), SILENCE_MILLIS);
  };
  heard();
  try {
    // The shelf is the cache: a second copy in the HTTP cache would only take room.
    const response = await fetch(file.url, {
      cache: "no-store",
      credentials: "omit",
      headers: from > 0 ? { range: `bytes=${from}-` } : {},
      signal: signals,
    });
    if (!response.ok || !response.body) throw new HttpError(response.status);
    let at = response.status === 206 ? startOf(response, from) : 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      yield { at, bytes: value };
      at += value.length;
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** Where the bytes of a partial answer begin. @param {Response} response @param {number} asked */
function startOf(response, asked) {
  const said = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  // Other origins may hide the header; then it is what was asked for, and the digest decides.
  const start = said === undefined ? asked : Number(said);
  if (start !== asked) throw new Error(`the server sent bytes from ${start} instead of ${asked}`);
  return start;
}

class HttpError extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** Whether asking again is pointless. @param {unknown} thrown */
function isFinal(thrown) {
  if (!(thrown instanceof HttpError)) return false;
  return thrown.status < 500 && thrown.status !== 429 && thrown.status !== 408;
}

/** @param {number} millis @param {AbortSignal} signal */
function pause(millis, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(paused())), { once: true });
  });
}

function paused() {
  return new RouterError("download_paused", "The download is paused. Load the device's model to go on with it.");
}

/** @param {ModelFile} file @param {unknown} cause */
function failed(file, cause) {
  const why = cause instanceof Error ? cause.message : String(cause);
  const next =
    why === "HTTP 404"
      ? `There is no such file at ${file.url}; whoever runs the site must put it there.`
      : "What has arrived is kept. Check the connection and load again.";
  return new RouterError(
    "download_failed",
    `\`${file.name}\` could not be downloaded (${why}). ${next}`,
    { cause },
  );
}
