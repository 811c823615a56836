/** One account of all downloads together, reported a few times a second. */

/** @typedef {import("./types.js").Progress} Progress */

const REPORT_MILLIS = 100;

export class ProgressMeter {
  #totalBytes;
  #report;
  #doneBytes = 0;
  #startedAt = performance.now();
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
    this.#phase = phase;
    this.#file = file;
    this.#send();
  }

  /** @param {number} totalBytes what all files weigh, if that has changed */
  expect(totalBytes) {
    this.#totalBytes = totalBytes;
  }

  /** @param {number} bytes negative when a download starts over */
  add(bytes) {
    this.#doneBytes += bytes;
    if (performance.now() - this.#reportedAt >= REPORT_MILLIS) this.#send();
  }

  #send() {
    this.#reportedAt = performance.now();
    const seconds = (this.#reportedAt - this.#startedAt) / 1000;
    this.#report({
      phase: this.#phase,
      file: this.#file,
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond: seconds > 0.05 ? Math.round(this.#doneBytes / seconds) : 0,
    });
  }
}
