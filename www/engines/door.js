/**
 * The worker's side of an engine that lives in the page: what the core asks goes to the page as messages,
 * and what comes back is handed to the core piece by piece.
 */

import { RouterError } from "../errors.js";
import { fromWorker } from "../messages.js";

/** @typedef {import("./engine.js").EngineAsked} EngineAsked */
/** @typedef {import("./engine.js").EnginePiece} EnginePiece */
/** @typedef {import("../messages.js").EngineSaid} EngineSaid */

export class EngineDoor {
  #post;
  /** @type {Map<number, Answer>} */
  #answers = new Map();
  #nextRun = 1;

  /**
   * @param {(message: import("../messages.js").WorkerMessage) => void} post
   * @param {import("./engine.js").EngineInfo} info
   */
  constructor(post, info) {
    this.#post = post;
    this.info = info;
  }

  /** Called by the core. @param {EngineAsked} asked */
  start(asked) {
    const run = this.#nextRun++;
    const answer = new Answer(() => {
      this.#answers.delete(run);
      this.#post(fromWorker.engineStop(run));
    });
    this.#answers.set(run, answer);
    this.#post(fromWorker.engineStart(run, asked));
    return answer;
  }

  /** Whoever waits for a piece is told that it was stopped: called by the core, and where a turn is. */
  interrupt() {
    for (const answer of this.#answers.values()) answer.fail(new RouterError("aborted", "The turn was stopped."));
  }

  /** What comes of an answer that nobody waits for any more is dropped. @param {EngineSaid} said */
  receive({ run, piece, error }) {
    if (piece) this.#answers.get(run)?.push(piece);
    else if (error) this.#answers.get(run)?.fail(Object.assign(RouterError.fromReport(error), { millis: error.millis }));
  }
}

/** An answer in the making, as the core reads it. */
class Answer {
  #onStop;
  /** @type {EnginePiece[]} */
  #pieces = [];
  /** @type {Error | null} */
  #error = null;
  #stopped = false;
  #wake = () => {};

  /** @param {() => void} onStop */
  constructor(onStop) {
    this.#onStop = onStop;
  }

  /** @returns {Promise<EnginePiece>} */
  async next() {
    while (this.#pieces.length === 0 && !this.#error)
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    const piece = this.#pieces.shift();
    if (piece) return piece;
    throw this.#error;
  }

  /** Nobody wants the rest. */
  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  }

  /** @param {EnginePiece} piece */
  push(piece) {
    this.#pieces.push(piece);
    this.#wake();
  }

  /** What has come before is still read. @param {Error} error */
  fail(error) {
    this.#error ??= error;
    this.#wake();
  }
}
