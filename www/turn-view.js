/** One answer as it grows: its text, the side that gives it, and why. */

import { decisionView } from "./decision-view.js";
import { h, icon } from "./dom.js";
import { seconds } from "./format.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Route} Route */

const SIDES = { device: "On this device", edge: "Edge" };
const COPIED_MILLIS = 1500;

export class TurnView {
  /** The answer so far. */
  text = "";
  /** @type {Decision | null} */
  #decision = null;
  /** @type {Text | null} */
  #run = null;
  #body = h("div", { class: "text", part: "answer" });
  #reading = h("span", { class: "reading" });
  #waiting = h("span", { class: "waiting" }, h("i"), h("i"), h("i"), this.#reading);
  #foot = h("div", { class: "foot" });
  #chip = h("span", { class: "chip", part: "chip" });
  #reason = h("span", { class: "reason", part: "reason" });
  #timing = h("span", { class: "timing" });
  #details = h("details", { class: "why", part: "details" });
  #inner = h("div", { class: "why-body" });

  constructor() {
    this.#body.append(this.#waiting);
    const summary = h("summary", {}, "Why", icon("chevron"));
    this.#details.append(summary, this.#inner);
    this.#details.addEventListener("toggle", () =>
      this.element.scrollIntoView?.({ block: "nearest" }),
    );
    this.element = h(
      "article",
      { class: "answer", "aria-label": "Answer" },
      this.#body,
      this.#foot,
    );
  }

  /** @param {Decision} decision */
  route(decision) {
    this.#decision = decision;
    this.#showSide(decision.route);
    this.#reason.textContent = decision.sentence;
    this.#inner.replaceChildren(decisionView(decision, null));
    this.#foot.replaceChildren(this.#chip, this.#reason, this.#details);
  }

  /** How much of the prompt the device has read. @param {{done: number, total: number}} progress */
  read({ done, total }) {
    this.#reading.textContent =
      done < total ? `Reading, ${Math.round((100 * done) / total)} %` : "";
  }

  /** @param {string} text */
  append(text) {
    this.#waiting.remove();
    this.text += text;
    if (!this.#run) {
      this.#run = document.createTextNode("");
      this.#body.append(this.#run);
    }
    this.#run.appendData(text);
  }

  /**
   * The turn moves to the other side. The text shown stays, or is kept as a draft where the other
   * side replaces it.
   * @param {{from: Route, to: Route, sentence: string, replaces: boolean}} move
   */
  move({ from, to, sentence, replaces }) {
    this.#chip.className = `chip ${to}`;
    this.#chip.replaceChildren(icon(from), icon("arrow"), icon(to), SIDES[to]);
    this.#reason.textContent = sentence;
    if (replaces) this.#keepAsDraft();
    else if (this.text) this.#body.append(h("span", { class: `seam ${to}`, title: sentence }));
    this.#run = null;
  }

  #keepAsDraft() {
    const summary = h("summary", {}, "The device's draft", icon("chevron"));
    const draft = h("details", { class: "draft", part: "draft" }, summary, h("p", {}, this.text));
    this.text = "";
    this.#body.replaceChildren(draft, this.#waiting);
  }

  /** @param {TurnReport} report */
  finish(report) {
    this.#waiting.remove();
    const decision = report.decision ?? this.#decision;
    if (decision) this.#inner.replaceChildren(decisionView(decision, report));
    this.#timing.textContent =
      report.finish_reason === "abort" ? "Stopped" : seconds(report.total_s);
    this.#foot.append(this.#timing, this.#details, this.#copyButton());
  }

  /** Ends without an answer; what was shown stays shown. */
  fail() {
    this.#waiting.remove();
    if (!this.text) this.element.hidden = true;
  }

  /** An answer from an earlier visit, of which only the text is known. @param {string} text */
  static of(text) {
    const view = new TurnView();
    view.append(text);
    view.#foot.append(view.#copyButton());
    return view;
  }

  /** @param {Route} side */
  #showSide(side) {
    this.#chip.className = `chip ${side}`;
    this.#chip.replaceChildren(icon(side), SIDES[side]);
  }

  /**
   * Lets the reader say what they think, and ask the edge where it did not answer.
   * @param {{rate: (verdict: "up" | "down") => void, askEdge: (() => void) | null}} actions
   */
  offer({ rate, askEdge }) {
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
    this.#foot.append(...thumbs);
    if (!askEdge) return;
    const ask = h("button", { class: "text-button", type: "button", part: "ask-edge", onclick: askEdge }, "Ask the edge");
    this.#foot.append(ask);
  }

  /** Whether a newer answer to the same question is on its way. @param {boolean} outdated */
  set outdated(outdated) {
    this.element.classList.toggle("outdated", outdated);
  }

  #copyButton() {
    const button = quietButton("copy", "Copy the answer");
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(this.text).catch(() => {});
      button.replaceChildren(icon("check"));
      setTimeout(() => button.replaceChildren(icon("copy")), COPIED_MILLIS);
    });
    return button;
  }
}

/** A button that is only an icon. @param {"copy" | "up" | "down"} name @param {string} label */
function quietButton(name, label) {
  const attributes = { class: "quiet", type: "button", part: name, "aria-label": label, title: label };
  return h("button", attributes, icon(name));
}
