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
import { Conversation } from "./conversation.js";
import { DialogueTree } from "./dialogues/tree.js";
import { RouterError } from "./errors.js";
import { Router } from "./index.js";
import { MODES } from "./options.js";
import { languageAround, watchLanguage } from "./words/around.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Mode} Mode */
/** @typedef {import("./types.js").TurnReport} TurnReport */

const START_ATTRIBUTES = [
  ...["manifest", "device-model", "models-base", "calibration", "keep-dialogue"],
  ...["worker-url", "wasm-url"],
];
const KNOB_ATTRIBUTES = ["base-url", "edge-model", "edge-token", "mode", "max-tokens", "log-outcomes"];
const LOOK_ATTRIBUTES = ["placeholder", "label", "lang"];
const DISPLAY_ATTRIBUTES = ["display", "open"];

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
 * @attr display - inline (the default), or launcher: a round button in the corner that opens the chat
 * @attr open - whether such a chat is open
 * @attr theme - light, dark, or auto (the default)
 * @fires nearside-ready, nearside-route, nearside-turn, nearside-warning, nearside-error
 */
export class NearsideChat extends HTMLElement {
  static observedAttributes = [...START_ATTRIBUTES, ...KNOB_ATTRIBUTES, ...LOOK_ATTRIBUTES, ...DISPLAY_ATTRIBUTES];

  /** @type {Router | null} */
  #router = null;
  #ownsRouter = false;
  #unlisten = new AbortController();
  /** Ends the watch for the language around. */
  #unwatch = new AbortController();
  /** Null unless the page wants dialogues to be kept. @type {import("./dialogues/kept-dialogues.js").KeptDialogues | null} */
  #kept = null;
  /** @type {import("./launcher.js").Launcher | null} */
  #launcher = null;
  /** Whether the dialogue of an earlier visit is being read. @type {Promise<void> | null} */
  #recalling = null;
  /** @type {ChatView} */
  #view;
  #conversation;

  constructor() {
    super();
    this.#view = new ChatView(this.attachShadow({ mode: "open", delegatesFocus: true }), {
      ask: (text) => void this.ask(text),
      typing: () => void this.router?.expectTurn().catch(() => {}),
      stop: () => this.stop(),
      retry: () => void this.retry(),
      newChat: () => this.newChat(),
      openHistory: () => void this.#kept?.openPanel(),
      setMode: (mode) => this.setAttribute("mode", mode),
      setMaxTokens: (maxTokens) => this.setAttribute("max-tokens", maxTokens),
      loadDevice: () => void this.router?.loadDevice().catch(() => {}),
      pauseDownload: () => this.router?.pauseDownload(),
      edit: (question, text) => void this.#conversation.edit(question, text),
      walk: (message, by) => this.#conversation.walk(message, by),
      place: (message) => this.#conversation.placeOf(message),
    });
    this.#conversation = new Conversation({
      view: this.#view,
      router: () => this.#router,
      system: () => this.getAttribute("system"),
      edgeMayAnswer: () => this.#hasEdge() && this.#mode() !== "device-only",
      state: () => this.getAttribute("state"),
      setState: (state) => this.#setState(state),
      fire: (type, detail) => this.#fire(type, detail),
    });
  }

  connectedCallback() {
    this.#look();
    this.#unwatch.abort();
    this.#unwatch = new AbortController();
    watchLanguage(this, () => this.#speak(), this.#unwatch.signal);
    this.#view.setMode(this.#mode());
    this.#view.setMaxTokens(this.#maxTokens());
    void this.#recall();
    void this.#display();
    // A moment later, so that a page can set `router` or attributes first.
    queueMicrotask(() => this.#start());
  }

  disconnectedCallback() {
    // An element that is only moved is connected again by then.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#unwatch.abort();
      this.#view.log.waiting.cancelAll();
      this.stop();
      this.#release();
      this.#closeKept();
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} value */
  attributeChangedCallback(name, before, value) {
    if (before === value || !this.isConnected) return;
    if (LOOK_ATTRIBUTES.includes(name)) {
      this.#look();
    } else if (DISPLAY_ATTRIBUTES.includes(name)) {
      void this.#display();
      queueMicrotask(() => this.#start());
    } else if (START_ATTRIBUTES.includes(name)) {
      void this.#recall();
      if (this.#ownsRouter) this.#createRouter();
    } else {
      this.#configure(name);
    }
  }

  /** Inline, or behind a button that is loaded then. */
  async #display() {
    if (this.getAttribute("display") !== "launcher") {
      this.#launcher?.remove();
      this.#launcher = null;
      return;
    }
    if (this.#launcher) return this.#launcher.toggled();
    const { Launcher } = await import("./launcher.js");
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    if (this.getAttribute("display") === "launcher") this.#launcher ??= new Launcher(this, root, this.#view.words);
  }

  /** What nobody has opened loads no model. */
  #waitsToOpen() {
    return this.getAttribute("display") === "launcher" && !this.hasAttribute("open");
  }

  #start() {
    if (this.isConnected && !this.#router && !this.#waitsToOpen()) this.#createRouter();
  }

  #look() {
    this.#view.setPlaceholder(this.getAttribute("placeholder"), this.getAttribute("label"));
    this.#speak();
  }

  #speak() {
    void this.#view.speak(languageAround(this));
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
    return this.#conversation.messages;
  }

  set messages(messages) {
    this.#begin(DialogueTree.of(messages));
  }

  /**
   * Asks as if the person had typed it. Resolves when the turn is over. While another question is
   * answered, this one waits, where the person can see and cancel it; those that wait are asked in
   * their order, also after one that failed or was stopped.
   * @param {string} text
   * @returns {Promise<TurnReport | null>} null if there was no answer, or the question was cancelled
   */
  async ask(text) {
    if (this.#waitsToOpen() && !this.#router && this.isConnected) this.#createRouter();
    if (this.#recalling) await this.#recalling;
    return this.#conversation.ask(text);
  }

  /** Stops the running answer; what is already shown stays, and a question that waits is next. */
  stop() {
    this.#conversation.stop();
  }

  /** Repeats the turn that had no answer, or no rest of one. */
  async retry() {
    return this.#conversation.retry();
  }

  /**
   * Goes on with the last answer, where that reached its limit, was stopped, or the page was left in it.
   * @returns {Promise<TurnReport | null>} of the rest alone; null if there was none to ask for
   */
  async goOn() {
    return this.#conversation.goOn();
  }

  /**
   * Asks the edge to answer the last question again. The answer that is there stays beside, and
   * the router learns that such questions need the edge.
   * @returns {Promise<TurnReport | null>} null if there was no other answer
   */
  async askEdge() {
    return this.#conversation.askEdge();
  }

  /**
   * Asks for another answer to the last question; the one that is there stays beside.
   * @returns {Promise<TurnReport | null>} null if there was no other answer
   */
  async regenerate() {
    return this.#conversation.regenerate();
  }

  /** Begins another dialogue; with `keep-dialogue` the one before is still in the list. */
  newChat() {
    this.#begin(new DialogueTree());
    if (!this.#kept) this.#router?.clearDialogue().catch(() => {});
    this.#setState(this.#router?.state.phase === "loading" ? "loading" : "ready");
    this.focus();
  }

  /** @param {DialogueTree} tree one that is not kept yet */
  #begin(tree) {
    this.#conversation.begin(tree, this.#kept?.fresh() ?? null);
  }

  /** Opens a chat that is behind a button. */
  show() {
    this.toggleAttribute("open", true);
  }

  /** Closes it again. */
  close() {
    this.toggleAttribute("open", false);
  }

  /** @param {FocusOptions} [options] */
  focus(options) {
    this.#view.focusInput(options);
  }

  #keeps() {
    return this.hasAttribute("keep-dialogue");
  }

  /** What was kept, or no more of it, as the attribute says. */
  async #recall() {
    if (!this.#keeps()) {
      this.#closeKept();
      return this.#conversation.keep(null);
    }
    this.#recalling ??= this.#openKept()
      .catch((error) => this.#notKept(error))
      .finally(() => (this.#recalling = null));
    await this.#recalling;
  }

  async #openKept() {
    if (this.#kept) return;
    const { KeptDialogues } = await import("./dialogues/kept-dialogues.js");
    const home = {
      name: this.id,
      root: /** @type {ShadowRoot} */ (this.shadowRoot),
      view: this.#view,
      conversation: this.#conversation,
      router: () => this.#router,
      newChat: () => this.newChat(),
      warn: (/** @type {unknown} */ error) => this.#notKept(error),
    };
    this.#kept = await KeptDialogues.open(home, () => this.#keeps() && this.isConnected);
  }

  #closeKept() {
    this.#kept?.close();
    this.#kept = null;
  }

  /** @param {unknown} error */
  #notKept(error) {
    const { code } = RouterError.from(error, "storage_unavailable");
    this.#warn({ code, message: "This browser keeps no dialogues for this page. They end when it is left." });
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
    on("warning", (warning) => this.#warn(warning));
    // A turn's error is shown where the turn is; the others belong to loading.
    on("error", (error) => !this.#conversation.answering && this.#loadFailed(error));
    this.#setState(router.state.phase === "loading" ? "loading" : "ready");
    this.#showState(router.state);
    this.#conversation.recall();
    this.#announce(router, signal);
  }

  /** @param {Router} router @param {AbortSignal} signal */
  #announce(router, signal) {
    const ready = () => {
      if (signal.aborted) return;
      if (!this.#conversation.answering) this.#setState("ready");
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

  /** @param {{code: string, message: string}} warning */
  #warn(warning) {
    this.#view.showWarning(warning);
    this.#fire("nearside-warning", warning);
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

if (!customElements.get("nearside-chat")) customElements.define("nearside-chat", NearsideChat);
