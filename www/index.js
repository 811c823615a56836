/**
 * Nearside for a page: an OpenAI-shaped client that answers each turn on the
 * device or at the edge, and says why.
 *
 *     const router = Router.create({ baseUrl: "/v1", manifest: "/models/manifest.json" });
 *     for await (const chunk of router.chat.completions.create({ messages, stream: true })) {
 *       if (chunk.x_route) console.log(chunk.x_route.route, chunk.x_route.sentence);
 *       print(chunk.choices[0].delta.content ?? "");
 *     }
 */

import { CompletionStream, completionOf } from "./completion.js";
import { DeviceLoader } from "./device-loader.js";
import { EngineHost } from "./engines/host.js";
import { RouterError } from "./errors.js";
import { fromPage } from "./messages.js";
import { coreConfig, startOptions, turnRequest, workerUrl } from "./options.js";
import { SentMessages } from "./sent-messages.js";
import { OutcomeLog } from "./outcome-log.js";
import { surroundings, watchSurroundings } from "./surroundings.js";
import { WorkerPort } from "./worker-port.js";

export { RouterError };

/** @typedef {import("./options.js").RouterOptions} RouterOptions */
/** @typedef {import("./options.js").Knobs} Knobs */
/** @typedef {import("./options.js").CompletionRequest} CompletionRequest */
/** @typedef {import("./completion.js").ChatCompletion} ChatCompletion */
/** @typedef {import("./completion.js").ChatCompletionChunk} ChatCompletionChunk */
/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").ModelInfo} ModelInfo */
/** @typedef {import("./types.js").CoreState} CoreState */
/** @typedef {import("./types.js").StoredModel} StoredModel */
/** @typedef {import("./messages.js").Notice} Notice */
/** @typedef {import("./outcome-log.js").OutcomeExport} OutcomeExport */

/**
 * @typedef {object} RouterState
 * @property {"loading" | "ready" | "answering" | "failed" | "disposed"} phase
 * @property {boolean} scorerReady
 * @property {"none" | "loading" | "paused" | "ready" | "failed"} device `paused`: its download waits for `loadDevice`
 * @property {ModelInfo | null} deviceModel
 * @property {import("./types.js").Models | null} models what the manifest says of them
 * @property {CoreState} core the link, the measured rates, the mode
 */

/** A worker that dies more often than this is not started again. */
const MAX_RESTARTS = 3;
/** Why the device model is not loaded until somebody asks. */
const CAREFUL = ["previous_load_crashed", "memory_low", "connection_metered"];

/**
 * Events: `route` (detail: Decision), `progress` (Progress), `state`
 * (RouterState), `warning` and `error` ({code, message}).
 */
export class Router extends EventTarget {
  #options;
  /** @type {WorkerPort} */
  #port;
  /** @type {DeviceLoader | EngineHost} */
  #device;
  /** @type {import("./engines/engine.js").DeviceEngine | null} */
  #engine;
  #restarts = 0;
  /** @type {RouterError | null} */
  #reported = null;
  #disposed = false;
  #answering = false;
  #stopWatching = () => {};
  #outcomes = new OutcomeLog();
  #sent = new SentMessages();
  #logsOutcomes = false;
  /** The name of the dialogue at hand. @type {string | null} */
  #dialogue = null;
  /** @type {import("./messages.js").Surroundings} */
  #surroundings;
  /** @type {RouterState} */
  #state;
  /** @type {Promise<void>} */
  #started = Promise.resolve();

  /** Settles when the wasm core and the scorer are ready. @type {Promise<void>} */
  ready = Promise.resolve();
  /** Settles when the device model is; null if there is none. @type {Promise<ModelInfo | null>} */
  deviceReady = Promise.resolve(null);

  /** The OpenAI-shaped door. */
  chat = {
    completions: {
      /**
       * Asks for the next turn. With `stream: true` the value, awaited or not,
       * is an async iterable of chunks; else it is a promise of the whole.
       *
       * A router answers one turn at a time, since a turn needs the answers before it. While one
       * runs, another is refused with the code `busy`, and the first goes on.
       * @template {CompletionRequest} R
       * @param {R} request
       * @param {{signal?: AbortSignal}} [options]
       * @returns {R extends {stream: true}
       *   ? Promise<AsyncIterable<ChatCompletionChunk>> & AsyncIterable<ChatCompletionChunk>
       *   : Promise<ChatCompletion>}
       */
      create: (request, options) => /** @type {any} */ (this.#create(request, options)),
    },
  };

  /**
   * Starts a router; it can be asked at once and answers as soon as it is ready.
   * @param {RouterOptions} [options]
   */
  static create(options = {}) {
    return new Router(options);
  }

  /** @param {RouterOptions} options */
  constructor(options) {
    super();
    const start = startOptions(options);
    this.#engine = options.deviceEngine ?? null;
    this.#options = {
      ...start,
      loadsDevice: options.device !== false,
      workerUrl: workerUrl(options.workerUrl),
    };
    this.#logsOutcomes = options.logOutcomes === true;
    this.#surroundings = start.surroundings;
    this.#state = newState(start.config.mode);
    this.#port = this.#startWorker();
    this.#device = this.#load();
    this.#stopWatching = watchSurroundings((surroundings) => {
      this.#surroundings = surroundings;
      this.#port.tell(fromPage.surroundings(surroundings));
    });
  }

  /** What is known now; the `state` event says when it changes. */
  get state() {
    return this.#state;
  }

  /**
   * Changes the mode or another knob, from the next turn on.
   * @param {Knobs} knobs
   */
  async configure(knobs) {
    const config = coreConfig(knobs);
    this.#logsOutcomes = knobs.logOutcomes ?? this.#logsOutcomes;
    this.#options.config = {
      ...this.#options.config,
      ...config,
      edge: { ...this.#options.config.edge, ...config.edge },
    };
    await this.#started;
    await this.#port.call(fromPage.configure(config)).answer;
  }

  /** Measures the link now. */
  async probe() {
    await this.#started;
    return this.#port.call(fromPage.probe()).answer;
  }

  /**
   * Loads the device model, also after an earlier load was paused or failed, or the tab died in it; and
   * over a metered connection. What has arrived before is not downloaded again.
   */
  loadDevice() {
    this.#restartIfFailed();
    if (!this.#state.scorerReady) void this.#loadScorer(false).catch(() => {});
    this.deviceReady = handled(this.#device.load({ force: true }));
    return this.deviceReady;
  }

  /** Pauses what is being downloaded; `loadDevice` goes on with it, also on a later visit. */
  pauseDownload() {
    this.#port.tell(fromPage.pauseDownload());
    if (this.#device instanceof EngineHost) this.#device.pause();
  }

  /**
   * The model files on this device, those of other pages of this site among them.
   * @returns {Promise<import("./types.js").StoredModel[]>}
   */
  async storedModels() {
    await this.#started;
    return this.#port.call(fromPage.listModels()).answer;
  }

  /**
   * Takes a model file off this device. A model that is loaded stays so until the page is left.
   * @param {string} sha256
   */
  async deleteModel(sha256) {
    await this.#started;
    await this.#port.call(fromPage.deleteModel(sha256)).answer;
  }

  /** Forgets what the device still holds of the dialogue. */
  async clearDialogue() {
    await this.#started;
    await this.#port.call(fromPage.clearDialogue()).answer;
  }

  /**
   * To be called when a person begins to type: the edge may be shown the turns that it has missed, so
   * that it answers sooner. It is, where `core: { warm_edge_tokens }` allows and a turn at the edge is
   * likely. Says whether the edge was asked.
   * @returns {Promise<boolean>}
   */
  async expectTurn() {
    await this.#started;
    return this.#port.call(fromPage.expectTurn()).answer;
  }

  /**
   * Says what a person thinks of an answer: it moves the win rate of similar turns, on this device
   * alone. `"again"` goes with asking the edge to answer again.
   * @param {number} turn the number in the turn's report (`x_turn.turn`)
   * @param {import("./types.js").Verdict} verdict
   */
  async rate(turn, verdict) {
    await this.#started;
    await this.#port.call(fromPage.rate(turn, verdict)).answer;
    if (this.#logsOutcomes) await this.#outcomes.judge(turn, verdict, this.#modelNames());
  }

  /**
   * What was kept of verdicts while `logOutcomes` was on, as the files that `cargo xtask calibrate`
   * reads. A question counts there once either model's answer was rated.
   */
  exportOutcomes() {
    return this.#outcomes.export();
  }

  /** Forgets what was kept for `exportOutcomes`. */
  clearOutcomes() {
    return this.#outcomes.clear();
  }

  /** Forgets all that `rate` has taught. */
  async forgetFeedback() {
    await this.#started;
    await this.#port.call(fromPage.forgetFeedback()).answer;
  }

  /**
   * Hands over the dialogue that the next turn goes on with, so that this turn does not have to. For
   * pages that take up a long one; costs nothing but the time to copy it.
   * @param {import("./types.js").Message[]} messages with the system prompt, as a turn would have them
   */
  recall(messages) {
    if (!this.#answering && !this.#disposed)
      this.#port.tell(fromPage.recall(this.#sent.send(messages)));
  }

  /**
   * From now on the turns are of the dialogue of this name: with `keepDialogue`, what the device computes of it
   * is kept under the name, and what was kept before is taken up again.
   * @param {string} name letters, digits, - and _
   */
  openDialogue(name) {
    this.#dialogue = dialogueName(name);
    if (!this.#disposed) this.#port.tell(fromPage.openDialogue(name));
  }

  /** Forgets what the device holds and keeps of a dialogue. @param {string} name */
  async forgetDialogue(name) {
    await this.#started;
    await this.#port.call(fromPage.forgetDialogue(dialogueName(name))).answer;
  }

  /** Stops a running turn and frees the worker. The router cannot be used again. */
  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopWatching();
    if (this.#device instanceof EngineHost) handled(this.#device.dispose());
    this.#port.tell(fromPage.dispose());
    this.#port.fail(disposed());
    this.#update({ phase: "disposed" });
  }

  #startWorker() {
    this.#sent.forget();
    return new WorkerPort(
      this.#options.workerUrl,
      (notice) => this.#notice(notice),
      (error) => this.#workerFailed(error),
    );
  }

  /** @param {RouterError} error */
  #workerFailed(error) {
    if (this.#disposed) return;
    this.#update({ phase: "failed" });
    this.#report(error);
  }

  /** Starts the core, then the scorer, then the device model: each may fail alone. */
  #load() {
    const { loadsDevice, workerUrl: _, ...start } = this.#options;
    const port = this.#port;
    const options = { ...start, dialogue: this.#dialogue, surroundings: this.#surroundings };
    const answer = port.call(fromPage.start(options)).answer;
    this.#started = handled(answer.then(() => {}));
    this.ready = handled(this.#becomeReady(answer));
    const turn = this.ready.catch(() => {});
    const changed = (/** @type {import("./device-loader.js").DeviceChange} */ change) => this.#deviceChanged(change);
    const device = this.#engine
      ? new EngineHost(this.#engine, port, turn, changed, (progress) => this.#emit("progress", progress))
      : new DeviceLoader(port, turn, changed);
    if (device instanceof EngineHost) port.onEngineCall = (call) => device.receive(call);
    this.deviceReady = handled(loadsDevice ? device.load({ force: false }) : Promise.resolve(null));
    return device;
  }

  /**
   * @param {Promise<{manifestError: import("./errors.js").ErrorReport | null,
   *   models: import("./types.js").Models | null}>} started
   */
  async #becomeReady(started) {
    try {
      const { manifestError, models } = await started;
      this.#update({ models });
      if (manifestError) throw RouterError.fromReport(manifestError);
      await this.#loadScorer(this.#options.loadsDevice && surroundings().metered);
      this.#update({ phase: "ready" });
    } catch (thrown) {
      const error = RouterError.from(thrown, "worker_failed");
      this.#update({ phase: this.#port.failed ? "failed" : "ready" });
      this.#report(error);
      throw error;
    }
  }

  /** @param {boolean} onlyKept whether nothing is to be downloaded */
  async #loadScorer(onlyKept) {
    const scorer = await this.#port.call(fromPage.loadScorer(onlyKept)).answer;
    this.#update({ scorerReady: scorer !== null });
  }

  /** @param {import("./device-loader.js").DeviceChange} change */
  #deviceChanged({ status, model, error }) {
    this.#update({ device: status, deviceModel: model });
    for (const warning of model?.warnings ?? []) this.#emit("warning", warning);
    if (status === "ready") void persist();
    if (error?.code === "download_paused") return;
    if (error && CAREFUL.includes(error.code)) {
      this.#emit("warning", { code: error.code, message: error.message });
    } else if (error) {
      this.#report(error);
    }
  }

  /**
   * @param {CompletionRequest} request
   * @param {{signal?: AbortSignal}} [options]
   */
  #create(request, options) {
    if (!request?.stream) return this.#complete(request, options);
    const stream = this.#stream(request, options);
    const iterate = async function* () {
      yield* await stream;
    };
    return Object.assign(handled(stream), { [Symbol.asyncIterator]: iterate });
  }

  /**
   * @param {CompletionRequest} request
   * @param {{signal?: AbortSignal}} [options]
   */
  async #complete(request, options) {
    const stream = await this.#stream(request, options);
    for await (const _ of stream);
    const completion = completionOf(stream);
    if (completion.x_turn.finish_reason === "abort") throw aborted();
    return completion;
  }

  /**
   * @param {CompletionRequest} request
   * @param {{signal?: AbortSignal}} [options]
   */
  async #stream(request, options) {
    const turn = turnRequest(request);
    const signal = options?.signal ?? request.signal;
    if (this.#disposed) throw disposed();
    if (this.#answering)
      throw new RouterError("busy", "Another turn is still running. Wait for it or abort it.");
    if (signal?.aborted) throw aborted();
    this.#answering = true;
    this.#restartIfFailed();
    const stream = new CompletionStream(() => this.#modelNames());
    this.#run(turn, signal, stream);
    return stream;
  }

  /**
   * @param {import("./types.js").ChatRequest} turn
   * @param {AbortSignal | undefined} signal
   * @param {CompletionStream} stream
   */
  async #run(turn, signal, stream) {
    const stop = new AbortController();
    stream.onCancel = () => stop.abort();
    const signals = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    try {
      // A scorer that failed is the core's to judge; a core that failed ends the turn.
      await unlessAborted(
        this.ready.catch(() => this.#started),
        signals,
      );
      this.#update({ phase: "answering" });
      const report = await this.#ask(turn, signals, stream);
      // An answer that was gone on with may be two models' work.
      if (turn.messages.at(-1)?.role === "user") this.#outcomes.remember(turn.messages, report);
      stream.finish(report);
    } catch (thrown) {
      const error = RouterError.from(thrown, "worker_failed");
      stream.fail(error);
      if (error.code !== "aborted") this.#report(error);
    } finally {
      this.#answering = false;
      if (this.#state.phase === "answering")
        this.#update({ phase: this.#port.failed ? "failed" : "ready" });
    }
  }

  /**
   * @param {import("./types.js").ChatRequest} turn
   * @param {AbortSignal} signal
   * @param {CompletionStream} stream
   * @returns {Promise<TurnReport>}
   */
  async #ask(turn, signal, stream) {
    const request = { ...turn, ...this.#sent.send(turn.messages) };
    const { id, answer } = this.#port.call(fromPage.chat(request), (event) => {
      if (event.type === "route") this.#emit("route", event.decision);
      stream.push(event);
    });
    const abort = () => this.#port.tell(fromPage.abort(id));
    signal.addEventListener("abort", abort);
    try {
      return await answer;
    } catch (thrown) {
      // Perhaps it never took the messages in.
      this.#sent.forget();
      throw thrown;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** A dead worker is replaced; what it held is in storage, the dialogue is in the page. */
  #restartIfFailed() {
    if (!this.#port.failed || this.#disposed || this.#restarts >= MAX_RESTARTS) return;
    this.#restarts += 1;
    this.#outcomes.forgetTurns();
    this.#state = newState(this.#options.config.mode);
    this.#port = this.#startWorker();
    this.#device = this.#load();
  }

  #modelNames() {
    return {
      device: this.#state.deviceModel?.name ?? "device",
      edge: this.#options.config.edge?.model ?? "edge",
    };
  }

  /** @param {Notice} notice */
  #notice(notice) {
    if (notice.type === "state") this.#update({ core: notice.detail });
    else this.#emit(notice.type, notice.detail);
  }

  /** @param {Partial<RouterState>} change */
  #update(change) {
    this.#state = { ...this.#state, ...change };
    this.#emit("state", this.#state);
  }

  /** One error may end several promises; it is told once. @param {RouterError} error */
  #report(error) {
    if (this.#disposed || this.#reported === error) return;
    this.#reported = error;
    this.#emit("error", { code: error.code, message: error.message });
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {import("./types.js").Mode | undefined} mode @returns {RouterState} */
function newState(mode) {
  return {
    phase: "loading",
    scorerReady: false,
    device: "none",
    deviceModel: null,
    models: null,
    core: { mode },
  };
}

/** @param {string} name */
function dialogueName(name) {
  if (/^[\w-]{1,64}$/.test(name)) return name;
  throw new RouterError("invalid_request", "A dialogue's name has up to 64 letters, digits, - and _.");
}

function aborted() {
  return new RouterError("aborted", "The turn was stopped.");
}

function disposed() {
  return new RouterError("disposed", "The router was disposed. Create another one.");
}

/** Marks a rejection as seen: it also arrives as an event. @template {Promise<any>} P @param {P} promise */
function handled(promise) {
  promise.catch(() => {});
  return promise;
}

/** @param {Promise<unknown>} promise @param {AbortSignal} signal */
function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject);
  });
}

/**
 * Asks the browser to keep what is stored. Once there is a model, so that a browser that asks the person asks
 * about something that is there.
 */
async function persist() {
  const { storage } = navigator;
  if (!storage?.persist || (await storage.persisted())) return;
  await storage.persist();
}
