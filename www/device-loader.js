/**
 * Loads the device model without taking the tab down twice.
 *
 * A tab that runs out of memory dies silently. So a mark is left in
 * localStorage around the one step that allocates the weights; a visit that
 * finds the mark of the same file starts edge-only until somebody asks again.
 * The mark is the page's, not the worker's: localStorage is written before the
 * dangerous step begins, and `pagehide` tells an ordinary leave from a death. A
 * lock, which dies with its tab, tells a death from another tab that loads now.
 */

import { RouterError } from "./errors.js";
import { bytes } from "./format.js";
import { fromPage } from "./messages.js";
import { surroundings } from "./surroundings.js";

/** @typedef {import("./types.js").ModelInfo} ModelInfo */
/** @typedef {import("./worker-port.js").WorkerPort} WorkerPort */

/**
 * @typedef {{status: "none" | "loading" | "paused" | "ready" | "failed", model: ModelInfo | null,
 *   error: RouterError | null}} DeviceChange
 */

const MARK = "nearside-loading-device";
/** Weights, KV cache and working memory, relative to the file. */
const MEMORY_FACTOR = 2;
/** What ends a load that a person may go on with. */
const PAUSES = ["download_paused", "connection_metered"];

export class DeviceLoader {
  #port;
  #turn;
  #onChange;
  /** @type {Promise<ModelInfo | null> | null} */
  #loading = null;
  #force = false;

  /**
   * @param {WorkerPort} port
   * @param {Promise<unknown>} turn settles when it is the device model's turn to download
   * @param {(change: DeviceChange) => void} onChange
   */
  constructor(port, turn, onChange) {
    this.#port = port;
    this.#turn = turn;
    this.#onChange = onChange;
  }

  /**
   * @param {{force: boolean}} how `force` loads in spite of a mark or little memory
   * @returns {Promise<ModelInfo | null>} null if the manifest has no device model
   */
  load({ force }) {
    this.#force ||= force;
    this.#loading ??= this.#run().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #run() {
    this.#onChange({ status: "loading", model: null, error: null });
    try {
      await this.#turn;
      const model = await this.#fetchAndLoad();
      this.#onChange({ status: model ? "ready" : "none", model, error: null });
      return model;
    } catch (thrown) {
      const error = RouterError.from(thrown, "worker_failed");
      const status = PAUSES.includes(error.code) ? "paused" : "failed";
      this.#onChange({ status, model: null, error });
      throw error;
    }
  }

  /** @returns {Promise<ModelInfo | null>} */
  async #fetchAndLoad() {
    /** @type {{sha256: string, bytes: number, kept: boolean} | null} */
    let file = await this.#port.call(fromPage.fetchDevice(true)).answer;
    if (!file) return null;
    if (!this.#force) await refuseIfUnsafe(file);
    if (!file.kept) file = await this.#port.call(fromPage.fetchDevice(false)).answer;
    if (!file) return null;
    const release = await tellOtherTabs();
    mark(file.sha256);
    addEventListener("pagehide", unmark);
    try {
      const model = await this.#port.call(fromPage.loadDevice()).answer;
      unmark();
      return model;
    } catch (thrown) {
      // A coded refusal is an answer; only a crash must be remembered.
      if (!(thrown instanceof RouterError && thrown.code === "core_crashed")) unmark();
      throw thrown;
    } finally {
      removeEventListener("pagehide", unmark);
      release();
    }
  }
}

/** @param {number} size in bytes */
function metered(size) {
  return new RouterError(
    "connection_metered",
    `The model for this device is ${bytes(size)}, and this connection may be metered. Load it to fetch it now; until then the edge answers.`,
  );
}

/** Before anything is downloaded. @param {{sha256: string, bytes: number, kept: boolean}} file */
async function refuseIfUnsafe({ sha256, bytes: size, kept }) {
  if (!kept && surroundings().metered) throw metered(size);
  // In this order: a tab that has loaded meanwhile has taken its mark away.
  const loadsElsewhere = await otherTabLoads();
  if (!loadsElsewhere && marked() === sha256) {
    throw new RouterError(
      "previous_load_crashed",
      "The device model did not finish loading last time, so only the edge is used. Load it again to retry.",
    );
  }
  const { deviceMemory } = /** @type {{deviceMemory?: number}} */ (navigator);
  if (deviceMemory !== undefined && size * MEMORY_FACTOR > (deviceMemory / 2) * 2 ** 30) {
    throw new RouterError(
      "memory_low",
      "The device model may not fit into this device's memory, so only the edge is used. Load it anyway to try.",
    );
  }
}

/**
 * Holds a lock that ends with the tab, however that ends: a mark is a crash's only where nobody holds it.
 * @returns {Promise<() => void>} lets go of it
 */
function tellOtherTabs() {
  return new Promise((resolve) => {
    const held = () => new Promise((release) => resolve(() => release(undefined)));
    const locks = navigator.locks?.request(MARK, { mode: "shared" }, held);
    // Where there are none, or a sandboxed frame is refused them, one tab does not know of the others.
    (locks ?? Promise.reject()).catch(() => resolve(() => {}));
  });
}

async function otherTabLoads() {
  try {
    return await navigator.locks.request(MARK, { ifAvailable: true }, (lock) => lock === null);
  } catch {
    return false;
  }
}

function marked() {
  try {
    return localStorage.getItem(MARK);
  } catch {
    return null;
  }
}

/** @param {string} sha256 */
function mark(sha256) {
  try {
    localStorage.setItem(MARK, sha256);
  } catch {
    // Without localStorage there is no protection, and nothing else is lost.
  }
}

function unmark() {
  try {
    localStorage.removeItem(MARK);
  } catch {
    // As above.
  }
}
