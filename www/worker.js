/**
 * The dedicated worker: owns the wasm core, the model store and every long wait.
 *
 * The page never computes and never waits for the network; it sends the
 * messages of `messages.js` and this file answers them.
 */

import { loadBuild, loadWasm, startModule } from "./builds.js";
import { readCalibration } from "./calibration.js";
import { DialogueKeeper } from "./dialogue-keeper.js";
import { EngineDoor } from "./engines/door.js";
import { RouterError, reportOf } from "./errors.js";
import { fromWorker } from "./messages.js";
import { modelsOf, readManifest } from "./manifests.js";
import { ModelStore } from "./model-store.js";
import { ProgressMeter } from "./progress-meter.js";
import { Settings } from "./settings.js";

/** @typedef {import("./messages.js").PageMessage} PageMessage */
/** @typedef {import("./messages.js").WorkerMessage} WorkerMessage */
/** @typedef {import("./messages.js").StartOptions} StartOptions */
/** @typedef {import("./messages.js").Surroundings} Surroundings */
/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Manifest} Manifest */
/** @typedef {{options: StartOptions, settings: Settings}} Started */
/** @typedef {{file: ModelFile, source: import("./types.js").Source, kept: boolean}} Fetched `kept`: from an earlier visit */

const TICK_MILLIS = 2000;
/** Between two pieces of a file that is read again in the background. */
const LOOK_OVER_MILLIS = 50;
/** What the core says of a file that is not what it was. */
const DAMAGED = ["model_corrupt", "model_truncated", "tokenizer_invalid"];

class RouterWorker {
  #post;
  /** @type {import("./types.js").Core | null} */
  #core = null;
  /** @type {Started | null} */
  #started = null;
  /** @type {ModelStore | null} */
  #store = null;
  /** @type {DialogueKeeper | null} */
  #keeper = null;
  /** @type {ProgressMeter | null} */
  #progress = null;
  /** @type {Manifest | null} */
  #manifest = null;
  /** What `fetch-device` brought and `load-device` reads. @type {Fetched | null} */
  #device = null;
  /** To an engine of the page's own. @type {EngineDoor | null} */
  #engine = null;
  /** Pauses what is being downloaded. */
  #downloads = new AbortController();
  /** @type {Map<number, AbortController>} */
  #turns = new Map();
  /** What was recalled before the core was there. @type {import("./types.js").NewMessages[]} */
  #recalled = [];
  /** The name of the dialogue at hand, and whether the keeper has still to be told. */
  #dialogue = { name: "", isNew: false };
  #ticking = false;
  /** How far the device's model is with its quiz, while it takes it. @type {import("./types.js").QuizProgress | null} */
  #quiz = null;
  #visible = true;
  #dataSaver = false;
  #lowBattery = false;
  /** @type {string | undefined} */
  #mode;

  /** @param {(message: WorkerMessage) => void} post */
  constructor(post) {
    this.#post = post;
  }

  /** @param {PageMessage} message */
  async receive(message) {
    if (message.type === "abort") return this.#turns.get(message.id)?.abort();
    if (message.type === "engine") return this.#engine?.receive(message.said);
    if (message.type === "recall") return this.#recall(message.dialogue);
    if (message.type === "open-dialogue") return this.#openDialogue(message.name);
    if (message.type === "pause-download") return this.#downloads.abort();
    if (message.type === "surroundings") return this.#look(message.surroundings);
    if (message.type === "dispose") return this.#dispose();
    try {
      this.#post(fromWorker.result(message.id, await this.#answer(message)));
    } catch (thrown) {
      this.crash(thrown);
      this.#post(fromWorker.failure(message.id, reportOf(thrown, "worker_failed")));
    }
  }

  /** A trap leaves the wasm instance unusable: whoever waits is told. @param {unknown} thrown */
  crash(thrown) {
    if (!(thrown instanceof WebAssembly.RuntimeError)) return;
    const message = `The router crashed (${thrown.message}), perhaps out of memory. The dialogue is intact; repeat the turn.`;
    this.#post(fromWorker.crashed({ code: "core_crashed", message }));
  }

  /** @param {Extract<PageMessage, {id: number}>} message */
  async #answer(message) {
    switch (message.type) {
      case "start":
        return this.#start(message.options);
      case "load-scorer":
        return this.#loadScorer(message.onlyKept);
      case "fetch-device":
        return this.#fetchDevice(message.onlyKept);
      case "list-models":
        return this.#store?.list() ?? [];
      case "delete-model":
        return this.#deleteModel(message.sha256);
      case "load-device":
        return this.#loadDevice();
      case "use-engine":
        return this.#useEngine(message.info);
      case "chat":
        return this.#chat(message.id, message.request);
      case "configure":
        return this.#configure(message.config);
      case "probe":
        return this.#probe();
      case "clear-dialogue":
        return this.#clearDialogue();
      case "forget-dialogue":
        return this.#forgetDialogue(message.name);
      case "expect-turn":
        return this.#expectTurn();
      case "rate":
        return this.#learn((core) => core.rate(message.turn, message.verdict));
      case "forget-feedback":
        return this.#learn((core) => core.forgetFeedback());
    }
  }

  /** @param {StartOptions} options */
  async #start(options) {
    const settings = await Settings.open();
    this.#started = { options, settings };
    const [wasm, manifest] = await Promise.all([
      loadModule(options.moduleUrl, options.wasmUrl),
      readManifest(options, settings, "no-cache").catch((error) =>
        RouterError.from(error, "manifest_invalid"),
      ),
    ]);
    this.#manifest = manifest instanceof RouterError ? null : manifest;
    this.#core = this.#newCore(wasm, this.#started);
    for (const dialogue of this.#recalled.splice(0)) this.#core.recall(dialogue);
    this.#look(options.surroundings);
    this.#store = await ModelStore.open(
      options.storage,
      () => new wasm.Sha256(),
      (error) => this.#post(fromWorker.warning(error)),
    );
    if (options.keepDialogue) {
      this.#dialogue.name ||= options.dialogue ?? "";
      this.#keeper = await DialogueKeeper.open(this.#core, (error) =>
        this.#post(fromWorker.warning(error)),
      );
      this.#tellKeeper();
    }
    this.#progress = new ProgressMeter(this.#totalBytes(), (progress) =>
      this.#post(fromWorker.progress(progress)),
    );
    setInterval(() => this.#tick(), TICK_MILLIS);
    this.#reportState();
    const models = modelsOf(this.#manifest);
    return {
      manifestError:
        manifest instanceof RouterError ? reportOf(manifest, "manifest_invalid") : null,
      models: models && options.engine ? { ...models, device: null } : models,
    };
  }

  /** @param {import("./types.js").CoreModule} wasm @param {Started} started */
  #newCore(wasm, { options, settings }) {
    this.#mode = options.config.mode;
    const routing = this.#manifest?.routing;
    const second_look = { ...routing?.second_look, ...options.config.second_look };
    const device_sampling = this.#file("device")?.sampling;
    const own = device_sampling ? { device_sampling } : {};
    const models = this.#modelNames(options.config.edge?.model);
    return new wasm.Core({ ...routing, ...own, models, ...options.config, second_look }, {
      emit: (event) => this.#emit(event),
      load: (key) => settings.get(key),
      save: (key, value) => settings.set(key, value),
      yieldNow,
    });
  }

  /**
   * Which models are at work, for a scorer that knows some by name. An edge that the page does not name is
   * taken to be the one that the manifest was made for.
   * @param {string} [edge]
   */
  #modelNames(edge) {
    const stem = (/** @type {string | undefined} */ name) => name?.replace(/\.gguf$/, "");
    const engine = this.#started?.options.engine;
    const device = engine ? { name: engine, quiz: undefined } : this.#file("device");
    const known = this.#manifest?.edge;
    const ofManifest = edge === undefined || edge === stem(known?.name);
    return {
      device: stem(device?.name),
      edge: edge ?? stem(known?.name),
      device_quiz: device?.quiz,
      edge_quiz: ofManifest ? known?.quiz : undefined,
    };
  }

  /**
   * @param {boolean} onlyKept whether nothing is to be downloaded
   * @returns {Promise<string | null>} its name; null if there is none, or none yet
   */
  async #loadScorer(onlyKept) {
    const file = this.#file("scorer");
    if (!file || !(await this.#use(file, onlyKept, (source) => this.#ready().loadScorer(source)))) return null;
    return file.name;
  }

  /**
   * Downloads and checks the device model; the loading itself is a second call.
   * @param {boolean} onlyKept as above
   * @returns {Promise<{sha256: string, bytes: number, kept: boolean} | null>} `kept`: it is there; null: the manifest has none
   */
  async #fetchDevice(onlyKept) {
    this.#device?.source.close();
    this.#device = null;
    const file = this.#file("device");
    if (!file) return null;
    this.#device = await this.#fetch("device", onlyKept);
    const { sha256, bytes } = this.#device?.file ?? file;
    return { sha256, bytes, kept: this.#device !== null };
  }

  async #loadDevice() {
    const fetched = this.#device;
    if (!fetched) throw new RouterError("invalid_request", "The device model was not fetched yet.");
    this.#device = null;
    const info = await this.#loadOrRenew(fetched, (source) => this.#ready().loadDevice(source));
    await this.#keeper?.resume(fetched.file.sha256);
    this.#reportState();
    this.#progress?.enter("done", "");
    await this.#calibrate();
    void this.#lookOver(fetched.file);
    return info;
  }

  /** @param {import("./engines/engine.js").EngineInfo} info */
  async #useEngine(info) {
    this.#engine?.interrupt();
    this.#engine = new EngineDoor(this.#post, info);
    await this.#ready().useEngine(this.#engine);
    this.#reportState();
    await this.#calibrate();
    return { name: info.name, n_ctx: info.contextTokens };
  }

  /**
   * Fetches and loads a file.
   * @param {ModelFile} file @param {boolean} onlyKept
   * @param {(source: import("./types.js").Source) => Promise<unknown>} load
   * @returns {Promise<boolean>} whether it was there
   */
  async #use(file, onlyKept, load) {
    const fetched = await this.#fetch(file.role, onlyKept);
    if (fetched) await this.#loadOrRenew(fetched, load);
    return fetched !== null;
  }

  /**
   * Loads a file; one that was kept and is unusable may have been damaged since, so it is fetched once more.
   * @template T @param {Fetched} fetched
   * @param {(source: import("./types.js").Source) => Promise<T>} load
   */
  async #loadOrRenew(fetched, load) {
    try {
      return await this.#load(fetched, load);
    } catch (thrown) {
      if (!fetched.kept || !DAMAGED.includes(reportOf(thrown, "worker_failed").code)) throw thrown;
      return this.#load(await this.#renew(fetched.file), load);
    }
  }

  /** A file that was kept was damaged: it is told, and fetched again. @param {ModelFile} file */
  async #renew(file) {
    const message = `\`${file.name}\` was damaged in this browser's storage. It is fetched again.`;
    this.#post(fromWorker.warning({ code: "model_damaged", message }));
    await this.#store?.forget(file);
    const fetched = await this.#fetchFile(file, false);
    return /** @type {Fetched} */ (fetched);
  }

  /** Reads the whole file again while nothing else happens, if that was not done for a while. @param {ModelFile} file */
  async #lookOver(file) {
    const pause = async () => {
      do await new Promise((resolve) => setTimeout(resolve, LOOK_OVER_MILLIS));
      while (this.#turns.size > 0);
    };
    try {
      await pause();
      if (await this.#store?.check(file, pause)) return;
      await this.#load(await this.#renew(file), (source) => this.#ready().loadDevice(source));
    } catch (thrown) {
      this.#post(fromWorker.warning(reportOf(thrown, "model_damaged")));
    }
    this.#reportState();
  }

  /** @param {string} sha256 */
  async #deleteModel(sha256) {
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new RouterError("invalid_request", "A model is named by its SHA-256, 64 hexadecimal digits.");
    await this.#store?.forget(/** @type {ModelFile} */ ({ sha256 }));
  }

  /** Only now are the models known that a calibration must fit. */
  async #calibrate() {
    const { options, settings } = /** @type {Started} */ (this.#started);
    try {
      const calibration = await readCalibration(options, this.#manifest, settings);
      if (calibration) await this.#ready().calibrate(calibration);
    } catch (thrown) {
      this.#post(fromWorker.warning(reportOf(thrown, "calibration_invalid")));
    }
    this.#reportState();
  }

  /**
   * Hands a file to the core; one the core finds unusable is not kept.
   * @template T
   * @param {Fetched} fetched
   * @param {(source: import("./types.js").Source) => Promise<T>} load
   */
  async #load({ file, source }, load) {
    try {
      this.#progress?.enter("load", file.name);
      return await load(source);
    } catch (thrown) {
      source.close();
      await this.#store?.forget(file);
      throw thrown;
    } finally {
      source.close();
      this.#reportState();
    }
  }

  /** Before the core is there it cannot hold anything. @param {import("./types.js").NewMessages} dialogue */
  #recall(dialogue) {
    if (this.#core) this.#core.recall(dialogue);
    else this.#recalled.push(dialogue);
  }

  /** @param {string} name */
  #openDialogue(name) {
    if (this.#dialogue.name === name) return;
    this.#dialogue = { name, isNew: true };
    this.#tellKeeper();
  }

  /** What a turn leaves is its own dialogue's: one that still runs ends first. */
  #tellKeeper() {
    if (!this.#keeper || this.#turns.size > 0) return;
    this.#dialogue.isNew = false;
    void this.#keeper.open(this.#dialogue.name).then(() => this.#reportState());
  }

  /** @param {string} name */
  async #forgetDialogue(name) {
    await this.#ready().clearDialogue();
    await this.#keeper?.forget(name);
    this.#reportState();
  }

  /** @param {number} id @param {import("./types.js").ChatRequest} request */
  async #chat(id, request) {
    const controller = new AbortController();
    await this.#keeper?.opened;
    // A step of the page's engine is long, and is not waited for.
    controller.signal.addEventListener("abort", () => this.#engine?.interrupt());
    this.#turns.set(id, controller);
    try {
      const report = await this.#ready().chat(request, controller.signal, (event) =>
        this.#post(fromWorker.turnEvent(id, this.#engine ? markDecision(event) : event)),
      );
      return this.#engine ? markDecision(report) : report;
    } finally {
      this.#turns.delete(id);
      this.#keeper?.keepSoon();
      if (this.#dialogue.isNew) this.#tellKeeper();
      this.#reportState();
    }
  }

  /** @param {import("./types.js").CoreConfig} config */
  async #configure(config) {
    await this.#ready().configure(config);
    this.#mode = config.mode ?? this.#mode;
    this.#reportState();
  }

  async #clearDialogue() {
    await this.#ready().clearDialogue();
    await this.#keeper?.forget(this.#dialogue.name);
  }

  /** @param {(core: import("./types.js").Core) => Promise<void>} change of what was learned */
  async #learn(change) {
    await change(this.#ready());
    this.#reportState();
  }

  async #probe() {
    const link = await this.#ready().probe();
    this.#reportState();
    return link;
  }

  /** The person types; a turn that runs already is the one that was expected. */
  async #expectTurn() {
    if (this.#turns.size > 0) return false;
    const asked = await this.#ready().expectTurn();
    this.#reportState();
    return asked;
  }

  /** @param {Surroundings} surroundings */
  #look({ online, dataSaver, lowBattery, visible }) {
    const cameBack = visible && !this.#visible;
    // Whoever leaves a page hides it first.
    if (!visible && this.#visible && this.#turns.size === 0) this.#keeper?.keep();
    this.#visible = visible;
    this.#core?.setOnline(online);
    if (dataSaver !== this.#dataSaver || lowBattery !== this.#lowBattery) {
      [this.#dataSaver, this.#lowBattery] = [dataSaver, lowBattery];
      const saved = { data_saver: dataSaver, low_battery: lowBattery };
      this.#core?.configure(saved).catch(() => {});
    }
    if (cameBack) this.#tick();
    this.#reportState();
  }

  /** Lets the core look at a stale link, unless nobody watches or nothing may be sent. */
  async #tick() {
    const quiet = this.#turns.size > 0 || !this.#visible || this.#mode === "device-only";
    if (!this.#core || this.#ticking || quiet) return;
    this.#ticking = true;
    try {
      await this.#core.tick();
    } catch (thrown) {
      this.crash(thrown);
    } finally {
      this.#ticking = false;
      this.#quiz = null;
      this.#reportState();
    }
  }

  /** @param {any} event */
  #emit(event) {
    if (event.type === "warning") {
      this.#post(fromWorker.warning({ code: event.code, message: event.message }));
    } else if (event.type === "quiz") {
      this.#quiz = { done: event.done, total: event.total };
      queueMicrotask(() => this.#reportState());
    } else {
      // The core may be in the middle of a call: ask it for its state afterwards.
      queueMicrotask(() => this.#reportState());
    }
  }

  #reportState() {
    if (this.#core) this.#post(fromWorker.state({ ...this.#core.state(), quiz: this.#quiz }));
  }

  /**
   * The file of this role. If it does not match a manifest that is no longer
   * the server's, the server's is taken and the file fetched once more.
   * @param {ModelFile["role"]} role
   * @param {boolean} onlyKept whether nothing is to be downloaded
   * @returns {Promise<Fetched | null>} null if the manifest has none, or it would have to be downloaded
   */
  async #fetch(role, onlyKept) {
    const file = this.#file(role);
    if (!file) return null;
    try {
      return await this.#fetchFile(file, onlyKept);
    } catch (thrown) {
      if (reportOf(thrown, "worker_failed").code !== "digest_mismatch") throw thrown;
      await this.#renewManifest();
      const renewed = this.#file(role);
      if (!renewed || renewed.sha256 === file.sha256) throw thrown;
      return this.#fetchFile(renewed, onlyKept);
    }
  }

  /** @param {ModelFile} file @param {boolean} onlyKept @returns {Promise<Fetched | null>} */
  async #fetchFile(file, onlyKept) {
    this.#ready();
    const progress = /** @type {ProgressMeter} */ (this.#progress);
    const store = /** @type {ModelStore} */ (this.#store);
    const { signal } = (this.#downloads = new AbortController());
    let kept = true;
    const onBytes = (/** @type {number} */ bytes, /** @type {{kept: boolean} | undefined} */ how) => {
      kept &&= how?.kept === true;
      progress.add(bytes, how);
    };
    if (!onlyKept) progress.enter("download", file.name);
    signal.addEventListener("abort", () => progress.enter("paused", file.name));
    const source = await store.fetch(file, onBytes, { signal, onlyKept });
    return source && { file, source, kept };
  }

  /** Past every cache, the service worker's too. */
  async #renewManifest() {
    const { options, settings } = /** @type {Started} */ (this.#started);
    this.#manifest = await readManifest(options, settings, "reload").catch(() => this.#manifest);
    this.#progress?.expect(this.#totalBytes());
  }

  /** What the manifest says of a role; an engine of the page's own has none. @param {ModelFile["role"]} role */
  #file(role) {
    if (role === "device" && this.#started?.options.engine) return undefined;
    return this.#manifest?.files.find((file) => file.role === role);
  }

  #totalBytes() {
    const files = [this.#file("scorer"), this.#file("device")];
    return files.reduce((sum, file) => sum + (file?.bytes ?? 0), 0);
  }

  #ready() {
    if (this.#core) return this.#core;
    throw new RouterError("invalid_request", "The router has not started yet.");
  }

  #dispose() {
    this.#started?.settings.flush();
    for (const turn of this.#turns.values()) turn.abort();
    this.#device?.source.close();
    close();
  }
}

/**
 * @param {string | null} moduleUrl
 * @param {string | null} wasmUrl
 * @returns {Promise<import("./types.js").CoreModule>}
 */
async function loadModule(moduleUrl, wasmUrl) {
  try {
    if (moduleUrl) {
      const module = await import(/* webpackIgnore: true */ /* @vite-ignore */ moduleUrl);
      return await startModule(module, wasmUrl, moduleUrl);
    }
    if (wasmUrl && !wasmUrl.endsWith("/")) return await loadWasm(wasmUrl);
    return await loadBuild(wasmUrl);
  } catch (cause) {
    throw new RouterError(
      "wasm_unavailable",
      `The WebAssembly module could not be loaded (${reportOf(cause, "wasm_unavailable").message}). ` +
        "Check that it lies where `wasmUrl` says and that the page's CSP has 'wasm-unsafe-eval'.",
      { cause },
    );
  }
}

/**
 * Says that tokens were counted by the text, since the page's engine does not tell its vocabulary.
 * @template {object} T @param {T} told
 */
function markDecision(told) {
  const { decision } = /** @type {{decision?: import("./types.js").Decision}} */ (told);
  if (decision) decision.x_estimated = ["missing_tokens"];
  return told;
}

/** Lets waiting messages, an abort above all, be handled before the next token. */
function yieldNow() {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(null);
    })
  );
}

const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();

const router = new RouterWorker((message) => postMessage(message));
addEventListener("message", ({ data }) => router.receive(data));
// A trap inside a wasm future rejects nothing: it only surfaces here.
addEventListener("unhandledrejection", ({ reason }) => router.crash(reason));
addEventListener("error", ({ error }) => router.crash(error));
postMessage(fromWorker.hello());
