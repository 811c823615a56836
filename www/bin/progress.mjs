/** How far a download is: on one line of a terminal, or now and then as a line of a log. */

const IN_TERMINAL_MILLIS = 200;
const IN_LOG_MILLIS = 10_000;

export class Progress {
  #name;
  #total;
  #before;
  #started = Date.now();
  #told = this.#started;
  #terminal = process.stderr.isTTY === true;

  /** @param {string} name @param {number} total bytes @param {number} before what was here when it began */
  constructor(name, total, before) {
    this.#name = name;
    this.#total = total;
    this.#before = before;
  }

  /** @param {number} done bytes that are here */
  tell(done) {
    const now = Date.now();
    if (now - this.#told < (this.#terminal ? IN_TERMINAL_MILLIS : IN_LOG_MILLIS)) return;
    this.#told = now;
    const rate = (done - this.#before) / ((now - this.#started) / 1000);
    const left = Math.ceil((this.#total - done) / rate);
    const percent = Math.floor((100 * done) / this.#total);
    const line = `  ${this.#name}: ${percent} % of ${size(this.#total)}, ${size(rate)}/s, ${left} s left`;
    process.stderr.write(this.#terminal ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Leaves the line for what follows. */
  end() {
    if (this.#terminal && this.#told !== this.#started) process.stderr.write("\r\x1b[K");
  }
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.ceil(bytes / 1e3)} KB`;
}
