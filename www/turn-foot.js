/** What stands under an answer: who gave it and why, how it ended, and what can be done about it. */

import { decisionView } from "./decision-view.js";
import { h, icon } from "./dom.js";
import { count, seconds } from "./format.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Route} Route */

const SIDES = { device: "On this device", edge: "Edge" };
const COPIED_MILLIS = 1500;

/**
 * What the reader can do with an answer.
 * @typedef {object} Offers
 * @property {(verdict: "up" | "down") => void} rate
 * @property {(() => void) | null} askEdge null where it did answer, or may not
 * @property {(() => void) | null} goOn null where the answer has ended by itself
 */

export class TurnFoot {
  #copied;
  /** @type {Decision | null} */
  #decision = null;
  #note = h("p", { class: "note", part: "note", hidden: true });
  #line = h("div", { class: "foot" });
  #chip = h("span", { class: "chip", part: "chip" });
  #reason = h("span", { class: "reason", part: "reason" });
  #timing = h("span", { class: "timing" });
  #inner = h("div", { class: "why-body" });
  #details = h(
    "details",
    { class: "why", part: "details" },
    h("summary", {}, "Why", icon("chevron")),
    this.#inner,
  );
  element = h("div", {}, this.#note, this.#line);

  /** @param {() => string} copied the text that its button copies */
  constructor(copied) {
    this.#copied = copied;
    this.#details.addEventListener("toggle", () =>
      this.element.parentElement?.scrollIntoView?.({ block: "nearest" }),
    );
  }

  /** @param {Decision} decision */
  route(decision) {
    this.#decision = decision;
    this.#chip.className = `chip ${decision.route}`;
    this.#chip.replaceChildren(icon(decision.route), SIDES[decision.route]);
    this.#reason.textContent = decision.sentence;
    this.#inner.replaceChildren(decisionView(decision, null));
    this.#line.replaceChildren(this.#chip, this.#reason, this.#details);
  }

  /** @param {{from: Route, to: Route, sentence: string}} move */
  move({ from, to, sentence }) {
    this.#chip.className = `chip ${to}`;
    this.#chip.replaceChildren(icon(from), icon("arrow"), icon(to), SIDES[to]);
    this.#reason.textContent = sentence;
  }

  /** @param {TurnReport} report */
  finish(report) {
    const decision = report.decision ?? this.#decision;
    if (decision) this.#inner.replaceChildren(decisionView(decision, report));
    this.#timing.textContent =
      report.finish_reason === "abort" ? "Stopped" : seconds(report.total_s);
    this.#line.append(this.#timing, this.#details, this.#copyButton());
    // Of an answer without a word the element says why.
    const ending = this.#copied().trim() === "" ? null : endingOf(report);
    this.#note.replaceChildren(h("span", {}, ending ?? ""));
    this.#note.hidden = ending === null;
  }

  /** Of an answer from an earlier visit only the text is known. */
  offerCopy() {
    this.#line.append(this.#copyButton());
  }

  /** @param {Offers} offers */
  offer({ rate, askEdge, goOn }) {
    const thumbs = /** @type {const} */ (["up", "down"]).map((verdict) => {
      const button = quietButton(verdict, verdict === "up" ? "Good answer" : "Bad answer");
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        rate(verdict);
        for (const thumb of thumbs) thumb.setAttribute("aria-pressed", String(thumb === button));
        for (const thumb of thumbs) thumb.disabled = true;
      });
      return button;
    });
    this.#line.append(...thumbs);
    if (askEdge) this.#line.append(textButton("ask-edge", "Ask the edge", askEdge));
    if (goOn) this.#note.append(textButton("go-on", "Go on", goOn));
  }

  #copyButton() {
    const button = quietButton("copy", "Copy the answer");
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(this.#copied()).catch(() => {});
      button.replaceChildren(icon("check"));
      setTimeout(() => button.replaceChildren(icon("copy")), COPIED_MILLIS);
    });
    return button;
  }
}

/** Why an answer ended that did not end by itself, for a person. @param {TurnReport} report */
function endingOf(report) {
  if (report.flaw === "repetition") {
    return "The model began to repeat itself, so the answer was ended here.";
  }
  if (report.flaw === "refusal") return "The model says that it cannot answer this.";
  if (report.finish_reason === "content_filter") {
    return "The server's filter withheld the rest of this answer.";
  }
  return report.finish_reason === "length" ? `The answer reached ${limitOf(report)}.` : null;
}

/** Why there is no answer, for a person. @param {TurnReport} report */
export function silenceOf(report) {
  const { finish_reason, thinking } = report;
  if (finish_reason === "content_filter") {
    return "The server's filter withheld the answer. Other words may help.";
  }
  return finish_reason === "length" && thinking
    ? `The model was still thinking when it reached ${limitOf(report)}.`
    : "The model said nothing.";
}

/** Whether the limit was the page's. @param {TurnReport} report */
export function reachedOurLimit({ usage, max_tokens }) {
  return usage.completion_tokens >= max_tokens;
}

/** What an answer reached whose end is "length". @param {TurnReport} report */
function limitOf(report) {
  if (reachedOurLimit(report)) return `its limit of ${count(report.max_tokens)} tokens`;
  return report.route === "edge"
    ? "a limit of the server's own"
    : "the end of the model's context on this device";
}

/** @param {string} part @param {string} name @param {() => void} onclick */
function textButton(part, name, onclick) {
  return h("button", { class: "text-button", type: "button", part, onclick }, name);
}

/** A button that is only an icon. @param {"copy" | "up" | "down"} name @param {string} label */
function quietButton(name, label) {
  const attributes = { class: "quiet", type: "button", part: name, "aria-label": label, title: label };
  return h("button", attributes, icon(name));
}
