/**
 * `<nearside-chat>`: a whole chat as one element.
 *
 *     <script type="module" src="/www/element.js"></script>
 *     <nearside-chat base-url="/v1" manifest="/models/manifest.json"></nearside-chat>
 *
 * The element shows and asks; routing is the `Router`'s, which a page may also
 * bring itself (`element.router = …`).
 */

import { ChatView } from "./chat-view.js";
import { RouterError } from "./errors.js";
import { Router } from "./index.js";
import { KeptMessages } from "./kept-messages.js";
import { MODES } from "./options.js";
import { reachedOurLimit, silenceOf } from "./turn-foot.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Mode} Mode */
/** @typedef {import("./types.js").TurnReport} TurnReport */

const START_ATTRIBUTES = [
  ...["manifest", "device-model", "models-base", "calibration", "keep-dialogue"],
  ...["worker-url", "wasm-url"],
];
const KNOB_ATTRIBUTES = ["base-url", "edge-model", "edge-token", "mode", "max-tokens", "log-outcomes"];
const LOOK_ATTRIBUTES = ["placeholder", "label", "lang"];

/**
 * @attr base-url - the edge: any OpenAI-compatible server
 * @attr edge-model - the model to ask it for
 * @attr edge-token - a short-lived token for it
 * @attr manifest - the URL of the model files' manifest
 * @attr device-model - the device's model by its name in a catalogue, in place of the manifest's
 * @attr models-base - the URL of the folder of that catalogue and its models; models/ by default
 * @attr mode - auto, prefer-device, prefer-edge, device-only or edge-only
 * @attr max-tokens - the longest answer, in tokens; auto (the default): as long as it takes
 * @attr calibration - the URL of thresholds that `cargo xtask calibrate` made for these models
 * @attr log-outcomes - keep what a person says of answers, on this device, to calibrate on
 * @attr worker-url, wasm-url - where the package's worker and its wasm lie, where a bundler does not bring them along
 * @attr system - a system prompt
 * @attr keep-dialogue - the dialogue, and what the device has computed of it, outlive the page
 * @attr lang - the language of its own words, by default that of the page around it: en, de, es, fr, zh, ar, ja
 * @attr placeholder - the input's hint
 * @attr theme - light, dark, or auto (the default)
 * @fires nearside-ready, nearside-route, nearside-turn, nearside-warning, nearside-error
 */
export class NearsideChat extends HTMLElement {
  static observedAttributes = [...START_ATTRIBUTES, ...KNOB_ATTRIBUTES, ...LOOK_ATTRIBUTES];

  /** @type {Router | null} */
  #router = null;
  #ownsRouter = false;
  #unlisten = new AbortController();
  /** @type {Message[]} */
  #messages = [];
  /** @type {AbortController | null} */
  #turn = null;
  /** Settles when the router is free: a turn that was stopped takes a moment to end. */
  #free = Promise.resolve();
  /** The last answer. @type {{view: import("./turn-view.js").TurnView, report: TurnReport} | null} */
  #latest = null;
  /** What failed and can be tried again. @type {"answer" | "edge" | "rest"} */
  #repeats = "answer";
  /** The length to ask for in that case, where thinking took all there was. @type {number | undefined} */
  #room;
  /** Where `keep-dialogue` keeps the messages; what the device holds of them is the router's. */
  #kept = new KeptMessages();
  /** Whether they are being read. @type {Promise<void> | null} */
  #recalling = null;
  /** @type {ChatView} */
  #view;

  constructor() {
    super();
    this.#view = new ChatView(this.attachShadow({ mode: "open", delegatesFocus: true }), {
      ask: (text) => void this.ask(text),
      typing: () => void this.router?.expectTurn().catch(() => {}),
      stop: () => this.stop(),
      retry: () => void this.retry(),
      newChat: () => this.newChat(),
      setMode: (mode) => this.setAttribute("mode", mode),
      setMaxTokens: (maxTokens) => this.setAttribute("max-tokens", maxTokens),
      loadDevice: () => void this.router?.loadDevice().catch(() => {}),
      pauseDownload: () => this.router?.pauseDownload(),
    });
  }

  connectedCallback() {
    this.#look();
    this.#view.setMode(this.#mode());
    this.#view.setMaxTokens(this.#maxTokens());
    void this.#recall();
    // A moment later, so that a page can set `router` or attributes first.
    queueMicrotask(() => this.isConnected && !this.#router && this.#createRouter());
  }

  disconnectedCallback() {
    // An element that is only moved is connected again by then.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#view.waiting.cancelAll();
      this.stop();
      this.#release();
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} value */
  attributeChangedCallback(name, before, value) {
    if (before === value || !this.isConnected) return;
    if (LOOK_ATTRIBUTES.includes(name)) {
      this.#look();
    } else if (START_ATTRIBUTES.includes(name)) {
      void this.#recall();
      if (this.#ownsRouter) this.#createRouter();
    } else {
      this.#configure(name);
    }
  }

  #look() {
    this.#view.setPlaceholder(this.getAttribute("placeholder"), this.getAttribute("label"));
    void this.#view.speak(this.closest("[lang]")?.getAttribute("lang") || "en");
  }

  /** The router in use. Set one to share it or to give it other options. */
  get router() {
    return this.#router;
  }

  set router(router) {
    this.#release();
    this.#ownsRouter = false;
    if (router) this.#adopt(router);
  }

  /** The dialogue without the system prompt; set it to resume one. */
  get messages() {
    return this.#messages.map((message) => ({ ...message }));
  }

  set messages(messages) {
    this.#leave();
    this.#messages = messages
      .filter(({ role }) => role !== "system")
      .map(({ role, content }) => ({ role, content }));
    this.#view.showDialogue(this.#messages);
    this.#router?.recall(this.#withSystem());
    if (this.getAttribute("state") === "answering") this.#setState("ready");
  }

  /**
   * Asks as if the person had typed it. Resolves when the turn is over. While another question is
   * answered, this one waits, where the person can see and cancel it; those that wait are asked in
   * their order, also after one that failed or was stopped.
   * @param {string} text
   * @returns {Promise<TurnReport | null>} null if there was no answer, or the question was cancelled
   */
  async ask(text) {
    const question = text.trim();
    if (this.#recalling) await this.#recalling;
    if (!question) return null;
    if (this.#turn || this.#view.waiting.size > 0) return this.#view.queueQuestion(question);
    return this.#thenNext(this.#ask(question));
  }

  /** Stops the running answer; what is already shown stays, and a question that waits is next. */
  stop() {
    this.#turn?.abort();
  }

  /** Repeats the turn that had no answer, or no rest of one. */
  async retry() {
    if (this.#repeats === "edge") return this.askEdge();
    if (this.#repeats === "rest") return this.goOn();
    if (this.#turn || this.#messages.at(-1)?.role !== "user") return null;
    return this.#thenNext(this.#answer(this.#room ? { max_tokens: this.#room } : {}));
  }

  /**
   * Goes on with the last answer, where that reached its limit or was stopped.
   * @returns {Promise<TurnReport | null>} of the rest alone; null if there was none to ask for
   */
  async goOn() {
    const [latest, begun] = [this.#latest, this.#messages.at(-1)];
    const open = latest && latest.report.finish_reason !== "stop" && begun?.role === "assistant";
    if (!open || this.#turn) return null;
    return this.#thenNext(this.#answer({}, latest.view));
  }

  /**
   * Asks the edge to answer the last question again. The answer that is there stays until then, and
   * the router learns that such questions need the edge.
   * @returns {Promise<TurnReport | null>} null if there was no other answer
   */
  async askEdge() {
    return this.#thenNext(this.#askEdge());
  }

  async #askEdge() {
    const [router, latest, answer] = [this.#router, this.#latest, this.#messages.at(-1)];
    if (!router || !latest || this.#turn || answer?.role !== "assistant") return null;
    router.rate(latest.report.turn, "again").catch(() => {});
    this.#messages.pop();
    latest.view.outdated = true;
    const report = await this.#answer({ mode: "prefer-edge" });
    if (report && this.#latest?.report === report) {
      latest.view.element.remove();
    } else if (this.#messages.at(-1)?.role === "user") {
      this.#messages.push(answer);
      latest.view.outdated = false;
      this.#repeats = "edge";
    }
    return report;
  }

  /** Forgets the dialogue. */
  newChat() {
    this.#leave();
    this.#messages = [];
    this.#router?.clearDialogue().catch(() => {});
    this.#remember();
    this.#view.clear();
    this.#setState(this.#router?.state.phase === "loading" ? "loading" : "ready");
  }

  /** @param {FocusOptions} [options] */
  focus(options) {
    this.#view.focusInput(options);
  }

  /** Nothing of this dialogue goes on. */
  #leave() {
    this.#view.waiting.cancelAll();
    this.stop();
    this.#turn = null;
    this.#latest = null;
  }

  /** @param {string} question */
  #ask(question) {
    this.#dropUnanswered();
    this.#messages.push({ role: "user", content: question });
    this.#view.showQuestion(question);
    return this.#answer();
  }

  /** After this turn it is the turn of the question that waits. @param {Promise<TurnReport | null>} turn */
  async #thenNext(turn) {
    const report = await turn;
    const next = this.#turn ? null : this.#view.waiting.take();
    next?.settle(this.#thenNext(this.#ask(next.text)));
    return report;
  }

  /**
   * @param {{mode?: Mode, max_tokens?: number}} [knobs]
   * @param {import("./turn-view.js").TurnView | null} [begun] the answer to go on with
   */
  async #answer(knobs = {}, begun = null) {
    const router = this.#router;
    if (!router) return null;
    this.#repeats = begun ? "rest" : "answer";
    this.#room = undefined;
    const turn = new AbortController();
    this.#turn = turn;
    this.#setState("answering");
    const view = begun ? this.#view.resumeAnswer(begun) : this.#view.startAnswer();
    const request = { ...knobs, messages: this.#withSystem(), stream: /** @type {const} */ (true) };
    const written = this.#free.then(() => this.#write(router, request, turn, view));
    this.#free = written.then(() => {});
    const report = await written;
    if (this.#turn !== turn) return report;
    this.#turn = null;
    return this.#settle(view, report, begun !== null);
  }

  /**
   * @param {Router} router
   * @param {import("./options.js").CompletionRequest & {stream: true}} request
   * @param {AbortController} turn
   * @param {import("./turn-view.js").TurnView} view
   * @returns {Promise<TurnReport | null>}
   */
  async #write(router, request, turn, view) {
    /** @type {TurnReport | null} */
    let report = null;
    try {
      for await (const chunk of router.chat.completions.create(request, { signal: turn.signal })) {
        if (chunk.x_route) view.route(chunk.x_route.decision);
        if (chunk.x_switch) view.move(chunk.x_switch);
        if (chunk.x_prefill) view.read(chunk.x_prefill);
        if (chunk.x_thought) this.#view.grow(() => view.rethink());
        const { content, reasoning_content: thought } = chunk.choices[0].delta;
        if (thought) this.#view.grow(() => view.think(thought));
        if (content) this.#view.grow(() => view.append(content));
        report = chunk.x_turn ?? report;
      }
      if (report) this.#finish(view, report, router);
    } catch (thrown) {
      view.fail();
      if (this.#turn === turn) this.#failed(RouterError.from(thrown, "worker_failed"));
    }
    return report;
  }

  /** @param {import("./turn-view.js").TurnView} view @param {TurnReport} report @param {Router} router */
  #finish(view, report, router) {
    view.finish(report);
    if (view.text.trim() === "") return;
    this.#latest = { view, report };
    const askable = report.route === "device" && this.#hasEdge() && this.#mode() !== "device-only";
    /** @type {(act: () => Promise<unknown>) => () => void} */
    const onLatest = (act) => () => this.#latest?.view === view && void act();
    view.offer({
      rate: (verdict) => void router.rate(report.turn, verdict).catch(() => {}),
      askEdge: askable ? onLatest(() => this.askEdge()) : null,
      goOn: report.finish_reason === "length" ? onLatest(() => this.goOn()) : null,
    });
  }

  /**
   * @param {import("./turn-view.js").TurnView} view @param {TurnReport | null} report
   * @param {boolean} wentOn whether the answer had begun before
   */
  #settle(view, report, wentOn) {
    const { words } = this.#view;
    const silent = view.text.trim() === "";
    if (wentOn) this.#messages.pop();
    if (wentOn || (report && !silent)) this.#messages.push({ role: "assistant", content: view.text });
    this.#remember();
    const missing = report && report.finish_reason !== "abort" ? silenceOf(report, words) : words.say("silent_stopped");
    if (report?.finish_reason === "length" && silent) this.#room = roomAfter(report);
    this.#view.endAnswer({ missing: wentOn || (report && !silent) ? null : missing });
    if (report || this.getAttribute("state") === "answering") this.#setState("ready");
    if (report) this.#fire("nearside-turn", report);
    return report;
  }

  /** @param {RouterError} error */
  #failed(error) {
    if (error.code === "aborted") return;
    this.#setState("error");
    this.#view.showTurnError(error);
    this.#fire("nearside-error", { code: error.code, message: error.message });
  }

  #keeps() {
    return this.hasAttribute("keep-dialogue");
  }

  /** The dialogue of an earlier visit, unless one has begun. */
  async #recall() {
    if (!this.#keeps() || this.#recalling || this.#messages.length > 0) return;
    this.#recalling = this.#kept.load().then((messages) => {
      this.#recalling = null;
      if (this.#keeps() && messages.length > 0 && this.#messages.length === 0) this.messages = messages;
    });
    await this.#recalling;
  }

  /** For the next visit. */
  #remember() {
    if (this.#keeps()) void this.#kept.save(this.#messages);
  }

  #withSystem() {
    const system = this.getAttribute("system");
    /** @type {Message[]} */
    const head = system ? [{ role: "system", content: system }] : [];
    return [...head, ...this.#messages];
  }

  /** A question that was never answered gives way to the next one. */
  #dropUnanswered() {
    while (this.#messages.at(-1)?.role === "user") this.#messages.pop();
  }

  #createRouter() {
    this.#release();
    this.#ownsRouter = true;
    try {
      this.#adopt(
        Router.create({
          ...this.#knobs(),
          core: { max_tokens: this.#maxTokens() },
          manifest: this.getAttribute("manifest"),
          deviceModel: this.getAttribute("device-model"),
          modelsBase: this.getAttribute("models-base") ?? undefined,
          calibration: this.getAttribute("calibration"),
          workerUrl: this.getAttribute("worker-url") ?? undefined,
          wasmUrl: this.getAttribute("wasm-url") ?? undefined,
          keepDialogue: this.#keeps(),
        }),
      );
    } catch (thrown) {
      this.#loadFailed(RouterError.from(thrown, "worker_unavailable"));
    }
  }

  /** @param {Router} router */
  #adopt(router) {
    this.#router = router;
    this.#unlisten = new AbortController();
    const { signal } = this.#unlisten;
    /** @param {string} type @param {(detail: any) => void} heard */
    const on = (type, heard) =>
      router.addEventListener(type, (event) => heard(/** @type {CustomEvent} */ (event).detail), {
        signal,
      });
    on("state", (state) => this.#showState(state));
    on("progress", (progress) => this.#view.showProgress(progress));
    on("route", (decision) => this.#fire("nearside-route", decision));
    on(
      "warning",
      (warning) => (this.#view.showWarning(warning), this.#fire("nearside-warning", warning)),
    );
    // A turn's error is shown where the turn is; the others belong to loading.
    on("error", (error) => !this.#turn && this.#loadFailed(error));
    this.#setState(router.state.phase === "loading" ? "loading" : "ready");
    this.#showState(router.state);
    if (this.#messages.length > 0) router.recall(this.#withSystem());
    this.#announce(router, signal);
  }

  /** @param {Router} router @param {AbortSignal} signal */
  #announce(router, signal) {
    const ready = () => {
      if (signal.aborted) return;
      if (!this.#turn) this.#setState("ready");
      this.#fire("nearside-ready", {
        scorer: router.state.scorerReady,
        device: router.state.device === "ready",
      });
    };
    router.ready.then(ready, () => {});
    router.deviceReady.then(
      (model) => model && ready(),
      () => {},
    );
  }

  #release() {
    this.#unlisten.abort();
    if (this.#ownsRouter) this.#router?.dispose();
    this.#router = null;
  }

  /** @param {import("./index.js").RouterState} state */
  #showState(state) {
    const { online } = state.core.link ?? {};
    const edge = online === true ? "online" : online === false ? "offline" : "unknown";
    this.toggleAttribute("device-ready", state.device === "ready");
    this.setAttribute("edge-state", edge);
    // Also when the scorer failed: the page can still ask.
    if (state.phase === "ready" && this.getAttribute("state") === "loading")
      this.#setState("ready");
    this.#view.showState(state, edge, this.#hasEdge());
  }

  /** @param {{code: string, message: string}} error */
  #loadFailed({ code, message }) {
    const error = { code, message };
    if (!this.#router || this.#router.state.phase === "failed") this.#setState("error");
    this.#view.showWarning(error);
    this.#fire("nearside-error", error);
  }

  /** @param {string} changed an attribute */
  async #configure(changed) {
    this.#view.setMode(this.#mode());
    this.#view.setMaxTokens(this.#maxTokens());
    // A router that a page has made may have a limit of its own.
    const core = changed === "max-tokens" ? { max_tokens: this.#maxTokens() } : {};
    try {
      await this.#router?.configure({ ...this.#knobs(), core });
    } catch (thrown) {
      this.#loadFailed(RouterError.from(thrown, "invalid_config"));
    }
  }

  #knobs() {
    return {
      baseUrl: this.getAttribute("base-url"),
      edgeModel: this.getAttribute("edge-model") ?? undefined,
      edgeToken: this.getAttribute("edge-token") ?? undefined,
      mode: this.#mode(),
      logOutcomes: this.hasAttribute("log-outcomes"),
    };
  }

  /** @returns {Mode} */
  #mode() {
    const mode = /** @type {Mode} */ (this.getAttribute("mode"));
    return MODES.includes(mode) ? mode : "auto";
  }

  /** The longest answer, in tokens; null: as long as it takes. */
  #maxTokens() {
    const value = this.getAttribute("max-tokens") ?? "auto";
    return /^[1-9][0-9]{0,8}$/.test(value) ? Number(value) : null;
  }

  #hasEdge() {
    return this.hasAttribute("base-url");
  }

  /** @param {"loading" | "ready" | "answering" | "error"} state */
  #setState(state) {
    this.setAttribute("state", state);
  }

  /** @param {string} type @param {unknown} detail */
  #fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/**
 * How long an answer may be that is asked for again, after one that was thinking alone: twice as long
 * as the page's limit was, or what a server has not taken for granted.
 * @param {TurnReport} report
 */
function roomAfter(report) {
  if (reachedOurLimit(report)) return 2 * report.max_tokens;
  return report.route === "edge" ? report.max_tokens : undefined;
}

if (!customElements.get("nearside-chat")) customElements.define("nearside-chat", NearsideChat);
