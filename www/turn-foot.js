/** What stands under an answer: who gave it and why, how it ended, and what can be done about it. */

import { copyButton } from "./copy-button.js";
import { adopt, h, icon } from "./dom.js";
import { seconds } from "./format.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Route} Route */
/** @typedef {import("./words/words.js").Words} Words */

const SIDES = /** @type {const} */ ({ device: "side_device", edge: "side_edge" });

/**
 * What the reader can do with an answer.
 * @typedef {object} Offers
 * @property {((verdict: "up" | "down") => void) | null} rate null where nothing is known of the turn any more
 * @property {() => void} regenerate
 * @property {(() => void) | null} askEdge null where it did answer, or may not
 * @property {(() => void) | null} goOn null where the answer has ended by itself
 */

export class TurnFoot {
  #words;
  #copied;
  /** @type {Decision | null} */
  #decision = null;
  /** @type {TurnReport | null} */
  #report = null;
  #note = h("p", { class: "note", part: "note", hidden: true });
  #line = h("div", { class: "foot" });
  #chip = h("span", { class: "chip", part: "chip" });
  #reason = h("span", { class: "reason", part: "reason" });
  #timing = h("span", { class: "timing" });
  #tools = h("span", { class: "tools" });
  #inner = h("div", { class: "why-body" });
  #details;
  /** @type {HTMLElement | null} */
  #branches = null;
  element = h("div", {}, this.#note, this.#line);

  /** @param {Words} words @param {() => string} copied the text that its button copies */
  constructor(words, copied) {
    this.#words = words;
    this.#copied = copied;
    const summary = h("summary", {}, words.text(h("span"), "why"), icon("chevron"));
    this.#details = h("details", { class: "why", part: "details" }, summary, this.#inner);
    this.#details.addEventListener("toggle", () => void this.#explain());
    words.keep(this.#inner, () => void this.#explain());
  }

  /** @param {Decision} decision */
  route(decision) {
    this.#decision = decision;
    this.#chip.className = `chip ${decision.route}`;
    this.#chip.replaceChildren(icon(decision.route), this.#side(decision.route));
    this.#sayReason(decision, decision);
    this.#line.replaceChildren(this.#chip, this.#reason, this.#details);
  }

  /** @param {{from: Route, to: Route, reason: string, sentence: string}} move */
  move(move) {
    const { from, to } = move;
    this.#chip.className = `chip ${to}`;
    this.#chip.replaceChildren(icon(from), icon("arrow"), icon(to), this.#side(to));
    this.#sayReason(move, this.#decision);
  }

  /** @param {Route} route */
  #side(route) {
    return this.#words.text(h("span"), SIDES[route]);
  }

  /** @param {{reason: string, sentence: string}} why @param {Decision | null} decision */
  #sayReason(why, decision) {
    const percent = Math.round(100 * (decision?.p ?? 0));
    this.#words.keep(this.#reason, () => (this.#reason.textContent = this.#words.reason(why, { percent })));
  }

  /** @param {TurnReport} report */
  finish(report) {
    const words = this.#words;
    this.#report = report;
    if (report.finish_reason === "abort") words.text(this.#timing, "stopped");
    else words.keep(this.#timing, () => (this.#timing.textContent = seconds(report.total_s, words.language)));
    this.#tools.replaceChildren(this.#copyButton());
    this.#line.append(this.#timing, this.#details, this.#tools);
    void this.#explain();
    // Of an answer without a word the element says why.
    const ending = this.#copied().trim() === "" ? null : endingOf(report, words);
    const said = h("span");
    this.#note.replaceChildren(words.keep(said, () => (said.textContent = endingOf(report, words) ?? "")));
    this.#note.hidden = ending === null;
  }

  /** What the decision was, for whoever opens it: what it takes to show that is loaded then. */
  async #explain() {
    const decision = this.#report?.decision ?? this.#decision;
    if (!this.#details.open || !decision) return;
    const [{ decisionView }, { decisionStyles }] = await Promise.all([import("./decision-view.js"), import("./decision-styles.js")]);
    adopt(this.element, decisionStyles);
    this.#inner.replaceChildren(decisionView(this.#words, decision, this.#report));
    this.element.parentElement?.scrollIntoView?.({ block: "nearest" });
  }

  /** Of an answer from an earlier visit only this is known. @param {import("./dialogues/tree.js").Told} message */
  recall({ route, ended }) {
    if (route) {
      this.#chip.className = `chip ${route}`;
      this.#chip.replaceChildren(icon(route), this.#side(route));
      this.#line.append(this.#chip);
    }
    this.#tools.append(this.#copyButton());
    this.#line.append(this.#tools);
    if (ended !== "length" && ended !== "page") return;
    this.#note.replaceChildren(this.#words.text(h("span"), "unfinished"));
    this.#note.hidden = false;
  }

  /** @param {HTMLElement | null} branches */
  showBranches(branches) {
    this.#branches?.remove();
    this.#branches = branches;
    if (branches) this.#tools.after(branches);
  }

  /** @param {Offers} offers */
  offer({ rate, regenerate, askEdge, goOn }) {
    const again = h("button", { class: "quiet", type: "button", part: "regenerate", onclick: regenerate }, icon("retry"));
    this.#tools.append(this.#words.name(again, "regenerate"));
    if (rate) this.#tools.append(...this.#thumbs(rate));
    this.showBranches(this.#branches);
    if (askEdge) this.#line.append(this.#textButton("ask-edge", "ask_edge", askEdge));
    if (goOn) this.#note.append(this.#textButton("go-on", "go_on", goOn));
  }

  /** @param {(verdict: "up" | "down") => void} rate */
  #thumbs(rate) {
    const thumbs = /** @type {const} */ (["up", "down"]).map((verdict) => {
      const button = h("button", { class: "quiet", type: "button", part: verdict, "aria-pressed": "false" }, icon(verdict));
      button.addEventListener("click", () => {
        rate(verdict);
        for (const thumb of thumbs) thumb.setAttribute("aria-pressed", String(thumb === button));
        for (const thumb of thumbs) thumb.disabled = true;
      });
      return this.#words.name(button, verdict);
    });
    return thumbs;
  }

  #copyButton() {
    return this.#words.name(copyButton(this.#copied, "copy"), "copy");
  }

  /** @param {string} part @param {import("./words/words.js").Phrase} phrase @param {() => void} onclick */
  #textButton(part, phrase, onclick) {
    return this.#words.text(h("button", { class: "text-button", type: "button", part, onclick }), phrase);
  }
}

/** Why an answer ended that did not end by itself, for a person. @param {TurnReport} report @param {Words} words */
function endingOf(report, words) {
  if (report.flaw === "repetition") return words.say("ended_repetition");
  if (report.flaw === "refusal") return words.say("ended_refusal");
  if (report.finish_reason === "content_filter") return words.say("ended_filter");
  return report.finish_reason === "length" ? words.say("ended_length", { limit: limitOf(report, words) }) : null;
}

/** Why there is no answer, for a person. @param {TurnReport} report @param {Words} words */
export function silenceOf(report, words) {
  const { finish_reason, thinking } = report;
  if (finish_reason === "content_filter") return words.say("silent_filter");
  return finish_reason === "length" && thinking
    ? words.say("silent_thinking", { limit: limitOf(report, words) })
    : words.say("silent");
}

/** Whether the limit was the page's. @param {TurnReport} report */
export function reachedOurLimit({ usage, max_tokens }) {
  return usage.completion_tokens >= max_tokens;
}

/** What an answer reached whose end is "length". @param {TurnReport} report @param {Words} words */
function limitOf(report, words) {
  if (reachedOurLimit(report)) return words.say("limit_ours", { n: report.max_tokens });
  return words.say(report.route === "edge" ? "limit_server" : "limit_context");
}
