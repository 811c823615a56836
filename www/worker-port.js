/**
 * The page's end of the worker: starts it, shakes hands, matches answers to calls.
 */

import { RouterError } from "./errors.js";
import { PROTOCOL } from "./messages.js";
import { startFrom, startOwn } from "./own-workers.js";

/** @typedef {import("./messages.js").PageMessage} PageMessage */
/** @typedef {import("./messages.js").WorkerMessage} WorkerMessage */
/** @typedef {import("./messages.js").Notice} Notice */
/** @typedef {import("./types.js").TurnEvent} TurnEvent */

/**
 * @typedef {object} Call
 * @property {(value: any) => void} resolve
 * @property {(error: RouterError) => void} reject
 * @property {((event: TurnEvent) => void) | undefined} onEvent
 */

const HANDSHAKE_MILLIS = 30_000;

export class WorkerPort {
  /** @type {Worker} */
  #worker;
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #nextId = 1;
  /** @type {RouterError | null} */
  #failure = null;
  #greeted = false;
  /** Settles when the worker has said hello, or never will. @type {Promise<void>} */
  #hello;
  /** @type {{resolve: () => void, reject: (error: RouterError) => void}} */
  #handshake;
  #onNotice;
  #onFailure;
  /** Hears what the worker asks of an engine of the page's own. @type {(call: import("./messages.js").EngineCall) => void} */
  onEngineCall = () => {};

  /**
   * @param {URL | null} url the worker script; null for the one beside this file
   * @param {(notice: Notice) => void} onNotice
   * @param {(error: RouterError) => void} onFailure called once, if the worker dies
   */
  constructor(url, onNotice, onFailure) {
    this.#onNotice = onNotice;
    this.#onFailure = onFailure;
    this.#worker = startWorker(url);
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const code = this.#greeted ? "worker_failed" : "worker_unavailable";
      this.fail(new RouterError(code, workerFailure(event.message)));
    };
    const timer = setTimeout(() => this.fail(handshakeTimeout()), HANDSHAKE_MILLIS);
    this.#handshake = { resolve: () => {}, reject: () => {} };
    this.#hello = new Promise((resolve, reject) => (this.#handshake = { resolve, reject }));
    this.#hello.catch(() => {}).finally(() => clearTimeout(timer));
  }

  /** Whether the worker died; a failed port answers every call with its failure. */
  get failed() {
    return this.#failure !== null;
  }

  /**
   * Sends a call and gives its one answer.
   * @param {object} message one of `fromPage`'s calls
   * @param {(event: TurnEvent) => void} [onEvent]
   * @returns {{id: number, answer: Promise<any>}}
   */
  call(message, onEvent) {
    const id = this.#nextId++;
    const answer = new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#calls.set(id, { resolve, reject, onEvent });
      this.#hello.then(
        () => this.#worker.postMessage({ ...message, id }),
        () => {},
      );
    });
    return { id, answer };
  }

  /** Sends a message that has no answer. @param {PageMessage} message */
  tell(message) {
    this.#hello.then(
      () => this.#worker.postMessage(message),
      () => {},
    );
  }

  /**
   * Ends the worker; every open call is rejected with `error`.
   * @param {RouterError} error
   */
  fail(error) {
    if (this.#failure) return;
    this.#failure = error;
    this.#worker.terminate();
    this.#handshake.reject(error);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    this.#onFailure(error);
  }

  /** @param {WorkerMessage} message */
  #receive(message) {
    if (message.type === "hello") return this.#greet(message.protocol);
    if (message.type === "crashed") return this.fail(RouterError.fromReport(message.error));
    if (message.type === "notice") return this.#onNotice(message.notice);
    if (message.type === "engine") return this.onEngineCall(message.call);
    const call = this.#calls.get(message.id);
    if (!call) return;
    if (message.type === "turn-event") return call.onEvent?.(message.event);
    this.#calls.delete(message.id);
    if (message.type === "result") return call.resolve(message.value);
    call.reject(RouterError.fromReport(message.error));
  }

  /** @param {number} protocol */
  #greet(protocol) {
    this.#greeted = true;
    if (protocol === PROTOCOL) return this.#handshake.resolve();
    this.fail(
      new RouterError(
        "worker_unavailable",
        "The page and its worker are of different versions. Reload the page without its cache.",
      ),
    );
  }
}

/**
 * @param {URL | null} url
 * @returns {Worker}
 */
function startWorker(url) {
  try {
    if (url) return startFrom(url, { type: "module", name: "nearside" });
    return startOwn(() => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
  } catch (cause) {
    throw new RouterError("worker_unavailable", workerFailure(String(cause)), { cause });
  }
}

/** @param {string | undefined} detail */
function workerFailure(detail) {
  return (
    `The worker failed (${detail || "its script did not load"}). Check that worker.js is ` +
    "reachable and that the page's CSP allows it: worker-src 'self', or blob: from another origin."
  );
}

function handshakeTimeout() {
  return new RouterError("worker_unavailable", workerFailure("it did not answer in 30 s"));
}
