/**
 * The grammar of the conversation between page and worker.
 *
 * Every message that may cross is listed here, with the function that builds
 * it. A message with an `id` is a call: the worker answers it with exactly one
 * `result` or `failure`, after any number of `turn-event`s.
 */

/** @typedef {import("./types.js").ChatRequest} ChatRequest */
/** @typedef {import("./types.js").NewMessages} NewMessages */
/** @typedef {import("./types.js").CoreConfig} CoreConfig */
/** @typedef {import("./types.js").TurnEvent} TurnEvent */
/** @typedef {import("./types.js").CoreState} CoreState */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./engines/engine.js").EngineAsked} EngineAsked */
/** @typedef {import("./engines/engine.js").EngineInfo} EngineInfo */
/** @typedef {import("./engines/engine.js").EnginePiece} EnginePiece */
/** @typedef {import("./errors.js").ErrorReport} ErrorReport */

/** Changed whenever a message changes its meaning; both sides must agree. */
export const PROTOCOL = 6;

/**
 * What only the page can see of its surroundings.
 * @typedef {{online: boolean, dataSaver: boolean, metered: boolean, lowBattery: boolean, visible: boolean}} Surroundings
 */

/**
 * @typedef {object} StartOptions
 * @property {CoreConfig} config
 * @property {string | import("./types.js").Manifest | null} manifest absolute URL, or the manifest
 * @property {string} manifestBase the URL that file URLs in the manifest are relative to
 * @property {string | null} deviceModel a name in the catalogue: this model in place of the manifest's
 * @property {string} modelsBase absolute URL of the folder of that catalogue and its models
 * @property {string | null} moduleUrl the wasm-bindgen module, if not the build that suits the browser
 * @property {string | null} wasmUrl the wasm file, if not beside that module
 * @property {string | import("./types.js").Calibration | null} calibration absolute URL, or the calibration
 * @property {string | null} engine the name of an engine of the page's own, in place of the manifest's device model
 * @property {"auto" | "memory"} storage
 * @property {boolean} keepDialogue whether the device's state of the dialogue outlives the page
 * @property {string | null} [dialogue] the name of the one at hand, if it has one
 * @property {Surroundings} surroundings
 */

/**
 * An engine of the page's own. The worker starts an answer with what is `asked`, and stops it without; the
 * page gives it piece by piece, or says that it failed. A `run` is the number of an answer.
 * @typedef {{run: number, asked?: EngineAsked}} EngineCall
 * @typedef {{run: number, piece?: EnginePiece, error?: EngineFailure}} EngineSaid
 * @typedef {ErrorReport & {millis?: number}} EngineFailure `millis`: how long it was waited for
 */

/**
 * @typedef {{type: "start", id: number, options: StartOptions}
 *   | {type: "load-scorer", id: number, onlyKept: boolean}
 *   | {type: "fetch-device", id: number, onlyKept: boolean}
 *   | {type: "pause-download"}
 *   | {type: "list-models", id: number}
 *   | {type: "delete-model", id: number, sha256: string}
 *   | {type: "load-device", id: number}
 *   | {type: "use-engine", id: number, info: EngineInfo}
 *   | {type: "engine", said: EngineSaid}
 *   | {type: "chat", id: number, request: ChatRequest}
 *   | {type: "recall", dialogue: NewMessages}
 *   | {type: "open-dialogue", name: string}
 *   | {type: "forget-dialogue", id: number, name: string}
 *   | {type: "abort", id: number}
 *   | {type: "configure", id: number, config: CoreConfig}
 *   | {type: "probe", id: number}
 *   | {type: "clear-dialogue", id: number}
 *   | {type: "expect-turn", id: number}
 *   | {type: "rate", id: number, turn: number, verdict: import("./types.js").Verdict}
 *   | {type: "forget-feedback", id: number}
 *   | {type: "surroundings", surroundings: Surroundings}
 *   | {type: "dispose"}} PageMessage
 */

/**
 * @typedef {{type: "progress", detail: Progress}
 *   | {type: "state", detail: CoreState}
 *   | {type: "warning", detail: ErrorReport}} Notice
 */

/**
 * @typedef {{type: "hello", protocol: number}
 *   | {type: "result", id: number, value: any}
 *   | {type: "failure", id: number, error: ErrorReport}
 *   | {type: "crashed", error: ErrorReport}
 *   | {type: "turn-event", id: number, event: TurnEvent}
 *   | {type: "engine", call: EngineCall}
 *   | {type: "notice", notice: Notice}} WorkerMessage
 */

/** What the page says. A call's `id` is filled in by the port that sends it. */
export const fromPage = {
  /** @param {StartOptions} options */
  start: (options) => ({ type: /** @type {const} */ ("start"), options }),
  /** @param {boolean} onlyKept whether nothing is to be downloaded */
  loadScorer: (onlyKept) => ({ type: /** @type {const} */ ("load-scorer"), onlyKept }),
  /** @param {boolean} onlyKept as above */
  fetchDevice: (onlyKept) => ({ type: /** @type {const} */ ("fetch-device"), onlyKept }),
  /** @returns {PageMessage} */
  pauseDownload: () => ({ type: "pause-download" }),
  listModels: () => ({ type: /** @type {const} */ ("list-models") }),
  /** @param {string} sha256 */
  deleteModel: (sha256) => ({ type: /** @type {const} */ ("delete-model"), sha256 }),
  loadDevice: () => ({ type: /** @type {const} */ ("load-device") }),
  /** An engine that is ready is the device's model from now on. @param {EngineInfo} info */
  useEngine: (info) => ({ type: /** @type {const} */ ("use-engine"), info }),
  /** @param {number} run @param {EnginePiece} piece @returns {PageMessage} */
  enginePiece: (run, piece) => ({ type: "engine", said: { run, piece } }),
  /** @param {number} run @param {EngineFailure} error @returns {PageMessage} */
  engineFailure: (run, error) => ({ type: "engine", said: { run, error } }),
  /** The dialogue that a later turn goes on with. @param {NewMessages} dialogue @returns {PageMessage} */
  recall: (dialogue) => ({ type: "recall", dialogue }),
  /** @param {string} name @returns {PageMessage} */
  openDialogue: (name) => ({ type: "open-dialogue", name }),
  /** @param {string} name */
  forgetDialogue: (name) => ({ type: /** @type {const} */ ("forget-dialogue"), name }),
  /** @param {ChatRequest} request its messages are those that the worker does not hold */
  chat: (request) => ({ type: /** @type {const} */ ("chat"), request }),
  /** @param {CoreConfig} config */
  configure: (config) => ({ type: /** @type {const} */ ("configure"), config }),
  clearDialogue: () => ({ type: /** @type {const} */ ("clear-dialogue") }),
  /** @param {number} turn @param {import("./types.js").Verdict} verdict */
  rate: (turn, verdict) => ({ type: /** @type {const} */ ("rate"), turn, verdict }),
  forgetFeedback: () => ({ type: /** @type {const} */ ("forget-feedback") }),
  probe: () => ({ type: /** @type {const} */ ("probe") }),
  expectTurn: () => ({ type: /** @type {const} */ ("expect-turn") }),
  /** @param {number} id @returns {PageMessage} */
  abort: (id) => ({ type: "abort", id }),
  /** @param {Surroundings} surroundings @returns {PageMessage} */
  surroundings: (surroundings) => ({ type: "surroundings", surroundings }),
  /** @returns {PageMessage} */
  dispose: () => ({ type: "dispose" }),
};

/** What the worker says. */
export const fromWorker = {
  /** @returns {WorkerMessage} */
  hello: () => ({ type: "hello", protocol: PROTOCOL }),
  /** @param {number} id @param {unknown} value @returns {WorkerMessage} */
  result: (id, value) => ({ type: "result", id, value }),
  /** @param {number} id @param {ErrorReport} error @returns {WorkerMessage} */
  failure: (id, error) => ({ type: "failure", id, error }),
  /** The last message of a worker. @param {ErrorReport} error @returns {WorkerMessage} */
  crashed: (error) => ({ type: "crashed", error }),
  /** @param {number} id @param {TurnEvent} event @returns {WorkerMessage} */
  turnEvent: (id, event) => ({ type: "turn-event", id, event }),
  /** @param {number} run @param {EngineAsked} asked @returns {WorkerMessage} */
  engineStart: (run, asked) => ({ type: "engine", call: { run, asked } }),
  /** @param {number} run @returns {WorkerMessage} */
  engineStop: (run) => ({ type: "engine", call: { run } }),
  /** @param {Progress} detail @returns {WorkerMessage} */
  progress: (detail) => ({ type: "notice", notice: { type: "progress", detail } }),
  /** @param {CoreState} detail @returns {WorkerMessage} */
  state: (detail) => ({ type: "notice", notice: { type: "state", detail } }),
  /** @param {ErrorReport} detail @returns {WorkerMessage} */
  warning: (detail) => ({ type: "notice", notice: { type: "warning", detail } }),
};
