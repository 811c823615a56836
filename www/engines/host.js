/**
 * The page's side of an engine: loads it, has it answer what the worker asks, one answer after the other,
 * and says what went wrong with a code. An engine that hangs is given up; one that goes on after its end is
 * not listened to.
 */

import { RouterError } from "../errors.js";
import { fromPage } from "../messages.js";
import { infoOf } from "./engine.js";

/** @typedef {import("./engine.js").DeviceEngine} DeviceEngine */
/** @typedef {import("./engine.js").EngineAsked} EngineAsked */
/** @typedef {import("./engine.js").EnginePiece} EnginePiece */
/** @typedef {import("../worker-port.js").WorkerPort} WorkerPort */
/** @typedef {import("../types.js").ModelInfo} ModelInfo */
/** @typedef {import("../types.js").Progress} Progress */
/** @typedef {import("../device-loader.js").DeviceChange} DeviceChange */

const FIRST_MILLIS = 60_000;
const NEXT_MILLIS = 20_000;
/** How long a stopped engine may take to let go before it is asked again. */
const RELEASE_MILLIS = 10_000;

export class EngineHost {
  #engine;
  #port;
  #turn;
  #onChange;
  #onProgress;
  /** @type {Promise<ModelInfo | null> | null} */
  #loading = null;
  #download = new AbortController();
  /** What is under way. @type {Map<number, AbortController>} */
  #runs = new Map();
  /** Settles when the engine has let go of the answer before. @type {Promise<unknown>} */
  #free = Promise.resolve();
  /** Whether that was waited for in vain: who asks then is told at once. */
  #stuck = false;

  /**
   * @param {DeviceEngine} engine
   * @param {WorkerPort} port
   * @param {Promise<unknown>} turn settles when it is the device model's turn to load
   * @param {(change: DeviceChange) => void} onChange
   * @param {(progress: Progress) => void} onProgress
   */
  constructor(engine, port, turn, onChange, onProgress) {
    this.#engine = engine;
    this.#port = port;
    this.#turn = turn;
    this.#onChange = onChange;
    this.#onProgress = onProgress;
  }

  /** @returns {Promise<ModelInfo | null>} */
  load() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  pause() {
    this.#download.abort();
  }

  /** @param {import("../messages.js").EngineCall} call what the worker says */
  receive({ run, asked }) {
    if (asked) void this.#answer(run, asked);
    else this.#runs.get(run)?.abort();
  }

  /** Stops it, and frees what it holds. */
  async dispose() {
    this.pause();
    for (const run of this.#runs.values()) run.abort();
    await within(RELEASE_MILLIS, this.#free).catch(() => {});
    await this.#engine.dispose?.();
  }

  async #load() {
    this.#onChange({ status: "loading", model: null, error: null });
    this.#download = new AbortController();
    const { signal } = this.#download;
    try {
      await this.#turn;
      await this.#engine.load({ onProgress: (share) => this.#tell("download", share), signal });
      this.#tell("load", 1);
      /** @type {ModelInfo} */
      const model = await this.#port.call(fromPage.useEngine(infoOf(this.#engine))).answer;
      this.#tell("done", 1);
      this.#onChange({ status: "ready", model, error: null });
      return model;
    } catch (thrown) {
      const error = signal.aborted ? paused() : engineError(thrown);
      this.#onChange({ status: signal.aborted ? "paused" : "failed", model: null, error });
      if (signal.aborted) this.#tell("paused", 0);
      throw error;
    }
  }

  /** @param {Progress["phase"]} phase @param {number} share */
  #tell(phase, share) {
    this.#onProgress({
      phase,
      file: this.#engine.name,
      doneBytes: 0,
      totalBytes: 0,
      bytesPerSecond: 0,
      secondsLeft: null,
      share: Math.min(Math.max(share, 0), 1),
    });
  }

  /** @param {number} run @param {EngineAsked} asked */
  async #answer(run, asked) {
    const stop = new AbortController();
    this.#runs.set(run, stop);
    try {
      await this.#becomeFree();
      if (stop.signal.aborted) return;
      for await (const piece of this.#pieces(asked, stop)) this.#port.tell(fromPage.enginePiece(run, piece));
    } catch (thrown) {
      this.#port.tell(fromPage.engineFailure(run, engineReport(thrown)));
    } finally {
      this.#runs.delete(run);
    }
  }

  async #becomeFree() {
    const free = this.#free.then(() => (this.#stuck = false));
    await within(this.#stuck ? 0 : RELEASE_MILLIS, free).catch((thrown) => {
      this.#stuck = true;
      throw thrown;
    });
  }

  /**
   * The pieces of an answer until its end. The engine is let go in any case, and stopped where it has more.
   * @param {EngineAsked} asked @param {AbortController} stop
   */
  async *#pieces(asked, stop) {
    const { firstMillis = FIRST_MILLIS, nextMillis = NEXT_MILLIS } = this.#engine.patience ?? {};
    const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve(STOPPED)));
    const pieces = this.#engine.generate({ ...asked, signal: stop.signal })[Symbol.asyncIterator]();
    /** @type {Promise<IteratorResult<EnginePiece>> | null} */
    let coming = null;
    try {
      for (let millis = firstMillis; ; millis = nextMillis) {
        coming = Promise.resolve(pieces.next());
        const came = await within(millis, Promise.race([coming, stopped]));
        coming = null;
        if (came === STOPPED) return;
        const { done, value } = /** @type {IteratorResult<EnginePiece>} */ (came);
        if (done) throw brokeOff();
        yield checked(value);
        if (value.finish) return;
      }
    } finally {
      stop.abort();
      // What is still to come of it is nobody's; the next answer waits until it is over.
      this.#free = Promise.resolve(coming)
        .catch(() => {})
        .then(() => pieces.return?.())
        .catch(() => {});
    }
  }
}

const STOPPED = Symbol("stopped");

/** @param {any} piece @returns {EnginePiece} with nothing else in it, so that it can be sent */
function checked(piece) {
  const { text = "", tokens, logprobs, read, finish } = piece ?? {};
  const isCount = (/** @type {unknown} */ value) => Number.isInteger(value) && Number(value) >= 0;
  /** @type {[boolean, string][]} */
  const rules = [
    [typeof piece === "object" && piece !== null, "a piece is an object"],
    [typeof text === "string", "`text` is a string"],
    [tokens === undefined || isCount(tokens), "`tokens` is a number of tokens"],
    [logprobs === undefined || (Array.isArray(logprobs) && logprobs.every(Number.isFinite)), "`logprobs` are numbers"],
    [read === undefined || Number.isFinite(read), "`read` is a number"],
    [finish === undefined || finish === "stop" || finish === "length", '`finish` is "stop" or "length"'],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new RouterError("engine_protocol", broken[1]);
  const sent = { text, tokens, logprobs, read, finish };
  return /** @type {EnginePiece} */ (
    Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined))
  );
}

/**
 * @template T @param {number} millis @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function within(millis, promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(timedOut(millis)), millis)));
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {number} millis */
function timedOut(millis) {
  return Object.assign(new RouterError("engine_timeout", `It gave no sign of life for ${millis} ms.`), { millis });
}

function brokeOff() {
  return new RouterError("engine_broke_off", "It ended without a piece that says why.");
}

function paused() {
  return new RouterError("download_paused", "The download is paused. Load the device's model to go on with it.");
}

/** Whatever an engine throws. @param {unknown} thrown */
function engineError(thrown) {
  if (thrown instanceof RouterError) return thrown;
  const said = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const message = `The engine on this device failed: ${said.replace(/\.$/, "")}. The turn can be repeated.`;
  return new RouterError("engine_failed", message, { cause: thrown });
}

/** For the core, which has sentences of its own. @param {unknown} thrown @returns {import("../messages.js").EngineFailure} */
function engineReport(thrown) {
  const said = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const code = thrown instanceof RouterError ? thrown.code : "engine_failed";
  return { code, message: said, millis: /** @type {any} */ (thrown)?.millis };
}
