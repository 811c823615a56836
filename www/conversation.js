/**
 * The conversation: what a person asks and what is answered, once more, in other words, at the edge, or
 * further. It knows the dialogue and shows it; the element around it knows the page.
 */

import { DialogueTree } from "./dialogues/tree.js";
import { RouterError } from "./errors.js";
import { reachedOurLimit, silenceOf } from "./turn-foot.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Mode} Mode */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./index.js").Router} Router */
/** @typedef {import("./turn-view.js").TurnView} TurnView */
/** @typedef {import("./dialogues/tree.js").Told} Told */
/** @typedef {Promise<TurnReport | null>} Turn null where there was no answer */

/**
 * Where it is held.
 * @typedef {object} Place
 * @property {import("./chat-view.js").ChatView} view
 * @property {() => Router | null} router
 * @property {() => string | null} system the system prompt
 * @property {() => boolean} edgeMayAnswer
 * @property {() => string | null} state
 * @property {(state: "ready" | "answering" | "error") => void} setState
 * @property {(type: string, detail: unknown) => void} fire
 */

/**
 * What outlives the page.
 * @typedef {object} Keeping
 * @property {string} id of the dialogue
 * @property {(tree: DialogueTree) => void} save what is new in it
 * @property {(message: Told) => void} draft an answer that is being written
 * @property {(message: Told | null) => void} drop it came to nothing, or is saved
 */

/**
 * @typedef {object} Asked
 * @property {{mode?: Mode, max_tokens?: number, temperature?: number, top_p?: number}} [knobs]
 * @property {Told} [resumes] the answer to go on with
 * @property {Told} [replaces] the answer that another is asked for beside
 */

/** How another answer is drawn: a model that takes the likeliest word each time would say the same again. */
const ANOTHER = { temperature: 0.8, top_p: 0.95 };

export class Conversation {
  /** Null where nothing outlives the page. @type {Keeping | null} */
  #keeping = null;
  #place;
  #tree = new DialogueTree();
  /** @type {AbortController | null} */
  #turn = null;
  /** Settles when the router is free: a turn that was stopped takes a moment to end. */
  #free = Promise.resolve();
  /** What is known of answers of this visit. @type {WeakMap<Told, TurnReport>} */
  #reports = new WeakMap();
  /** Answers of an earlier visit that say what can be done with them. @type {WeakSet<Told>} */
  #offered = new WeakSet();
  /** What failed and can be tried again. @type {() => Turn} */
  #again = () => this.#answerAgain();
  /** The length to ask for in that case, where thinking took all there was. @type {number | undefined} */
  #room;

  /** @param {Place} place */
  constructor(place) {
    this.#place = place;
  }

  /** Without the system prompt. @returns {Message[]} */
  get messages() {
    return this.#tree.path.map(({ role, content }) => ({ role, content }));
  }

  get tree() {
    return this.#tree;
  }

  get answering() {
    return this.#turn !== null;
  }

  /** Whether something of it outlives the page. */
  get kept() {
    return this.#keeping !== null;
  }

  /** From now on, or no more. @param {Keeping | null} keeping */
  keep(keeping) {
    this.#keeping = keeping;
    this.#tree.renew();
    if (keeping) this.#place.router()?.openDialogue(keeping.id);
    this.#save();
  }

  /** Another dialogue, in the place of the one that was at hand. @param {DialogueTree} tree @param {Keeping | null} keeping */
  begin(tree, keeping) {
    this.leave();
    this.#tree = tree;
    this.#keeping = keeping;
    this.#place.view.begin(tree.path);
    this.#offerLast();
    this.recall();
    if (this.#place.state() === "answering") this.#place.setState("ready");
  }

  /** Nothing of this dialogue goes on. */
  leave() {
    this.#log.waiting.cancelAll();
    this.stop();
    this.#turn = null;
    this.#again = () => this.#answerAgain();
  }

  /** Tells the router what the next turn goes on with. */
  recall() {
    const router = this.#place.router();
    if (this.#keeping) router?.openDialogue(this.#keeping.id);
    if (this.#tree.last) router?.recall(this.#withSystem());
  }

  /**
   * While another question is answered, this one waits; those that wait are asked in their order.
   * @param {string} text @returns {Turn} null also where it was cancelled
   */
  async ask(text) {
    const question = text.trim();
    if (!question) return null;
    if (this.#turn || this.#log.waiting.size > 0) return this.#place.view.queueQuestion(question);
    return this.#thenNext(this.#ask(question));
  }

  /** What is already shown stays, and a question that waits is next. */
  stop() {
    this.#turn?.abort();
  }

  /** Repeats the turn that had no answer, or no rest of one. @returns {Turn} */
  async retry() {
    return this.#turn ? null : this.#again();
  }

  /** Goes on with the last answer, where that reached its limit, was stopped, or the page went away in it. @returns {Turn} */
  async goOn() {
    const { last } = this.#tree;
    const open = last?.role === "assistant" && last.ended !== undefined && last.ended !== "stop";
    if (!open || this.#turn) return null;
    this.#again = () => this.goOn();
    return this.#thenNext(this.#answer({ resumes: last }));
  }

  /** The edge answers the last question too, and the router learns that such questions need it. @returns {Turn} */
  async askEdge() {
    const { last } = this.#tree;
    if (last?.role !== "assistant" || this.#turn) return null;
    const report = this.#reports.get(last);
    if (report) this.#place.router()?.rate(report.turn, "again").catch(() => {});
    this.#again = () => this.askEdge();
    return this.#thenNext(this.#answer({ knobs: { mode: "prefer-edge" }, replaces: last }));
  }

  /** Another answer to the last question. @returns {Turn} */
  async regenerate() {
    const { last } = this.#tree;
    if (last?.role !== "assistant" || this.#turn) return null;
    this.#again = () => this.regenerate();
    return this.#thenNext(this.#answer({ knobs: ANOTHER, replaces: last }));
  }

  /** Asks a question of the dialogue in other words; what followed it stays beside. @param {Told} question @param {string} text @returns {Turn} */
  async edit(question, text) {
    if (this.#turn || !text.trim()) return null;
    this.#tree.endBefore(question);
    return this.#thenNext(this.#ask(text.trim()));
  }

  /** Shows what stands beside a message, and what followed that. @param {Told} message @param {-1 | 1} by */
  walk(message, by) {
    const beside = this.#tree.beside(message);
    const next = beside[beside.indexOf(message) + by];
    if (!next || this.#turn) return;
    this.#tree.go(next);
    this.#log.show(this.#tree.path);
    this.#offerLast();
    this.#save();
  }

  /** @param {Told} message */
  placeOf(message) {
    const beside = this.#tree.beside(message);
    return { n: beside.indexOf(message) + 1, of: beside.length };
  }

  get #log() {
    return this.#place.view.log;
  }

  /** @param {string} text */
  #ask(text) {
    // A question that was never answered gives way to the next one.
    while (this.#tree.last?.role === "user") this.#tree.endBefore(this.#tree.last);
    this.#room = undefined;
    this.#tree.add(this.#tree.next("user", text));
    this.#log.show(this.#tree.path);
    this.#log.toEnd();
    return this.#answerAgain();
  }

  /** @returns {Turn} */
  #answerAgain() {
    if (this.#tree.last?.role !== "user") return Promise.resolve(null);
    const room = this.#room;
    this.#again = () => this.#thenNext(this.#answerAgain());
    return this.#answer(room ? { knobs: { max_tokens: room } } : {});
  }

  /** After this turn it is the turn of the question that waits. @param {Turn} turn @returns {Turn} */
  async #thenNext(turn) {
    const report = await turn;
    const next = this.#turn ? null : this.#log.waiting.take();
    next?.settle(this.#thenNext(this.#ask(next.text)));
    return report;
  }

  /** @param {Asked} asked @returns {Turn} */
  async #answer(asked) {
    const { knobs, resumes, replaces } = asked;
    const router = this.#place.router();
    if (replaces) this.#tree.endBefore(replaces);
    this.#save();
    if (!router) return null;
    this.#room = undefined;
    const turn = new AbortController();
    this.#turn = turn;
    this.#place.setState("answering");
    if (replaces) this.#log.answer(replaces).outdated = true;
    const view = this.#place.view.startAnswer(resumes);
    const message = resumes ?? this.#tree.next("assistant", "");
    const request = { ...knobs, messages: this.#withSystem(), stream: /** @type {const} */ (true) };
    const written = this.#free.then(() => this.#write(router, request, turn, view, message));
    this.#free = written.then(() => {});
    const report = await written;
    if (this.#turn !== turn) return report;
    this.#turn = null;
    this.#settle(asked, view, message, report);
    if (report) this.#place.fire("nearside-turn", report);
    return report;
  }

  /**
   * @param {Router} router
   * @param {import("./options.js").CompletionRequest & {stream: true}} request
   * @param {AbortController} turn
   * @param {TurnView} view
   * @param {Told} message what is being written
   * @returns {Turn}
   */
  async #write(router, request, turn, view, message) {
    /** @type {TurnReport | null} */
    let report = null;
    const keeping = this.#keeping;
    try {
      for await (const chunk of router.chat.completions.create(request, { signal: turn.signal })) {
        if (chunk.x_route) view.route(chunk.x_route.decision);
        if (chunk.x_switch) view.move(chunk.x_switch);
        if (chunk.x_prefill) view.read(chunk.x_prefill);
        if (chunk.x_thought) this.#log.grow(() => view.rethink());
        const { content, reasoning_content: thought } = chunk.choices[0].delta;
        if (thought) this.#log.grow(() => view.think(thought));
        if (content) this.#log.grow(() => view.append(content));
        if (content) keeping?.draft({ ...message, content: view.text, ended: "page" });
        report = chunk.x_turn ?? report;
      }
      if (report) this.#finish(view, report, router, message);
    } catch (thrown) {
      view.fail();
      if (this.#turn === turn) this.#failed(RouterError.from(thrown, "worker_failed"));
    }
    return report;
  }

  /** @param {TurnView} view @param {TurnReport} report @param {Router} router @param {Told} message */
  #finish(view, report, router, message) {
    if (view.text.trim() === "") return view.finish(report);
    this.#reports.set(message, report);
    this.#log.grow(() => {
      view.finish(report);
      view.offer({
        rate: (verdict) => void router.rate(report.turn, verdict).catch(() => {}),
        ...this.#offers(message, report.route, report.finish_reason === "length"),
      });
    });
  }

  /** @param {Told} message @param {import("./types.js").Route | undefined} route @param {boolean} cut */
  #offers(message, route, cut) {
    /** @type {(act: () => Promise<unknown>) => () => void} */
    const onLast = (act) => () => this.#tree.last === message && void act();
    return {
      regenerate: onLast(() => this.regenerate()),
      askEdge: route === "device" && this.#place.edgeMayAnswer() ? onLast(() => this.askEdge()) : null,
      goOn: cut ? onLast(() => this.goOn()) : null,
    };
  }

  /** What can be done with a dialogue that was taken up where it was left. */
  #offerLast() {
    const { last } = this.#tree;
    if (last?.role === "user") return this.#log.showError(() => this.#place.view.words.say("unanswered"), "quiet");
    if (!last || this.#reports.has(last) || this.#offered.has(last)) return;
    this.#offered.add(last);
    const cut = last.ended === "length" || last.ended === "page";
    this.#log.answer(last).offer({ rate: null, ...this.#offers(last, last.route, cut) });
  }

  /** @param {Asked} asked @param {TurnView} view @param {Told} message @param {TurnReport | null} report */
  #settle({ resumes, replaces }, view, message, report) {
    const { words } = this.#place.view;
    const silent = view.text.trim() === "";
    const answered = report !== null && !silent;
    const told = { content: view.text, ended: report?.finish_reason ?? message.ended, route: report?.route ?? message.route };
    if (resumes) this.#tree.change(message, told);
    else if (answered) this.#tree.add(Object.assign(message, told));
    else if (replaces) this.#tree.go(replaces);
    if (replaces) this.#log.answer(replaces).outdated = false;
    if (answered && !resumes) this.#log.settle(message, view, this.#tree.path);
    else if (replaces || resumes) this.#log.show(this.#tree.path);
    this.#keeping?.drop(answered || resumes ? null : message);
    this.#save();
    if (report?.finish_reason === "length" && silent) this.#room = roomAfter(report);
    const isSilent = report && report.finish_reason !== "abort";
    const missing = () => (isSilent ? silenceOf(report, words) : words.say("silent_stopped"));
    this.#place.view.endAnswer({ missing: resumes || answered ? null : missing });
    if (report || this.#place.state() === "answering") this.#place.setState("ready");
  }

  /** @param {RouterError} error */
  #failed(error) {
    if (error.code === "aborted") return;
    this.#place.setState("error");
    this.#place.view.showTurnError(error);
    this.#place.fire("nearside-error", { code: error.code, message: error.message });
  }

  #save() {
    this.#keeping?.save(this.#tree);
  }

  #withSystem() {
    const system = this.#place.system();
    /** @type {Message[]} */
    const head = system ? [{ role: "system", content: system }] : [];
    return [...head, ...this.messages];
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
