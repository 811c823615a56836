/** One account of all downloads together, reported a few times a second. */

/** @typedef {import("./types.js").Progress} Progress */

const REPORT_MILLIS = 100;
/** The rate is that of the last seconds, so that a pause or a slow beginning is forgotten. */
const RATE_MILLIS = 5000;

export class ProgressMeter {
  #totalBytes;
  #report;
  #doneBytes = 0;
  /** When how many bytes had come over the network. @type {{at: number, bytes: number}[]} */
  #received = [{ at: performance.now(), bytes: 0 }];
  #reportedAt = -Infinity;
  #file = "";
  /** @type {Progress["phase"]} */
  #phase = "download";

  /**
   * @param {number} totalBytes
   * @param {(progress: Progress) => void} report
   */
  constructor(totalBytes, report) {
    this.#totalBytes = totalBytes;
    this.#report = report;
  }

  /** @param {Progress["phase"]} phase @param {string} file */
  enter(phase, file) {
    if (phase === "download" && this.#phase !== phase) this.#received = [{ at: performance.now(), bytes: 0 }];
    this.#phase = phase;
    this.#file = file;
    this.#send();
  }

  /** @param {number} totalBytes what all files weigh, if that has changed */
  expect(totalBytes) {
    this.#totalBytes = totalBytes;
  }

  /**
   * @param {number} bytes negative when a download starts over
   * @param {{kept: boolean}} [how] `kept`: not over the network
   */
  add(bytes, { kept } = { kept: false }) {
    this.#doneBytes += bytes;
    if (!kept) this.#receive(bytes);
    if (this.#phase === "download" && performance.now() - this.#reportedAt >= REPORT_MILLIS) this.#send();
  }

  /** @param {number} bytes */
  #receive(bytes) {
    const now = performance.now();
    const last = /** @type {{at: number, bytes: number}} */ (this.#received.at(-1));
    this.#received.push({ at: now, bytes: last.bytes + bytes });
    while (this.#received.length > 2 && this.#received[1].at < now - RATE_MILLIS) this.#received.shift();
  }

  #send() {
    this.#reportedAt = performance.now();
    const first = this.#received[0];
    const seconds = (this.#reportedAt - first.at) / 1000;
    const bytes = /** @type {{bytes: number}} */ (this.#received.at(-1)).bytes - first.bytes;
    const bytesPerSecond = seconds > 0.05 ? Math.round(bytes / seconds) : 0;
    const left = this.#totalBytes - this.#doneBytes;
    this.#report({
      phase: this.#phase,
      file: this.#file,
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 && left > 0 ? left / bytesPerSecond : null,
    });
  }
}
