/**
 * A decision laid open: first what it comes to, in words; then, for whoever asks, both sides' seconds as bars,
 * every term in a table, and the rule in numbers. Loaded when the first one is opened.
 */

import { h, icon } from "./dom.js";
import { count, number, ratio, seconds } from "./format.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").DeviceCost} DeviceCost */
/** @typedef {import("./types.js").EdgeCost} EdgeCost */
/** @typedef {import("./words/words.js").Words} Words */
/** @typedef {import("./words/words.js").Phrase} Phrase */

/** @typedef {Exclude<keyof EdgeCost, "available">} Term */

/**
 * The terms of both costs in the order in which they pass.
 * @type {{name: Phrase, key: Term, part: string}[]}
 */
const TERMS = [
  { name: "term_rtt", key: "rtt_s", part: "net" },
  { name: "term_upload", key: "upload_s", part: "net" },
  { name: "term_queue", key: "queue_s", part: "queue" },
  { name: "term_prefill", key: "prefill_s", part: "prefill" },
  { name: "term_decode", key: "decode_s", part: "decode" },
  { name: "term_download", key: "download_s", part: "net" },
];

/**
 * @param {Words} words
 * @param {Decision} decision
 * @param {TurnReport | null} report the measured outcome, once there is one
 * @returns {HTMLElement}
 */
export function decisionView(words, decision, report) {
  const view = new DecisionView(words);
  return h(
    "div",
    { class: "decision" },
    view.inWords(decision, report),
    view.bars(decision),
    h(
      "details",
      { class: "numbers" },
      h("summary", {}, words.say("numbers"), icon("chevron")),
      view.termsTable(decision),
      view.rule(decision),
      report && report.looks.length > 0 ? view.looks(report.looks) : null,
      report ? view.outcome(report) : null,
    ),
  );
}

class DecisionView {
  #words;

  /** @param {Words} words */
  constructor(words) {
    this.#words = words;
  }

  /** @param {Phrase} phrase @param {import("./words/words.js").Values} [values] */
  #say(phrase, values) {
    return this.#words.say(phrase, values);
  }

  /** @param {number | null | undefined} value */
  #seconds(value) {
    return seconds(value, this.#words.language);
  }

  /** @param {number | null | undefined} value */
  #count(value) {
    return count(value, this.#words.language);
  }

  /** @param {number | null | undefined} value */
  #ratio(value) {
    return ratio(value, this.#words.language);
  }

  /** What it comes to. @param {Decision} decision @param {TurnReport | null} report */
  inWords({ p, device, edge }, report) {
    const side = this.#say(device.available ? "the_device" : "the_edge");
    const both = device.available && edge.available;
    const times = { device: this.#in(device.total_s), edge: this.#in(edge.total_s) };
    const sentences = [
      ...(both ? [this.#say("in_words_needed", { percent: Math.round(100 * p) })] : []),
      both ? this.#say("in_words_times", times) : this.#say("in_words_one", { side }),
    ];
    if (report?.ttft_s != null) {
      const took = { first: this.#seconds(report.ttft_s), all: this.#seconds(report.total_s) };
      sentences.push(this.#say("in_words_took", took));
    }
    return h("p", { class: "in-words" }, this.#words.join(sentences));
  }

  /** @param {number} time in seconds */
  #in(time) {
    return this.#say("in_s", { time: this.#seconds(time) });
  }

  /** What was thought of the device's answer while it was written. @param {import("./types.js").Look[]} taken */
  looks(taken) {
    const arrow = this.#words.direction === "rtl" ? "←" : "→";
    const lines = taken.map(({ n_tokens: n, ended, p, fused, doubted }) =>
      row(this.#say(ended ? "look_all" : "look_after", { n }), this.#ratio(p), `${this.#ratio(fused)}${doubted ? ` ${arrow} ${this.#say("edge")}` : ""}`),
    );
    const heads = [this.#say("second_look"), this.#say("edge_needed"), this.#say("rule_fused")];
    return h(
      "table",
      { class: "looks" },
      h("thead", {}, row(heads[0], heads[1], heads[2], "col")),
      h("tbody", {}, ...lines),
    );
  }

  /** @param {Decision} decision */
  bars({ device, edge, route }) {
    const longest = Math.max(known(device.total_s), known(edge.total_s), 1e-9);
    return h(
      "div",
      { class: "bars" },
      this.#bar("device", device, longest, route === "device"),
      this.#bar("edge", edge, longest, route === "edge"),
    );
  }

  /**
   * @param {"device" | "edge"} side
   * @param {DeviceCost | EdgeCost} cost
   * @param {number} longest
   * @param {boolean} chosen
   */
  #bar(side, cost, longest, chosen) {
    return h(
      "div",
      { class: `bar-row ${side}${chosen ? " chosen" : ""}` },
      h("span", { class: "bar-name" }, this.#say(side)),
      h(
        "span",
        { class: "bar-track", "aria-hidden": "true" },
        ...(cost.available ? this.#segments(cost, longest) : []),
      ),
      h("span", { class: "bar-value" }, this.#total(cost)),
    );
  }

  /** @param {DeviceCost | EdgeCost} cost @param {number} longest */
  #segments(cost, longest) {
    return TERMS.filter(({ key }) => known(costOf(cost, key)) > 0).map(({ key, part, name }) => {
      const value = known(costOf(cost, key));
      const title = `${this.#say(name)} ${this.#seconds(value)}`;
      const segment = h("span", { class: `segment ${part}`, title });
      segment.style.width = `${(100 * value) / longest}%`;
      return segment;
    });
  }

  /** @param {Decision} decision */
  termsTable({ device, edge, expected_tokens: expected }) {
    const parts = TERMS.map(({ name, key, part }) => {
      const swatch = h("span", { class: `swatch ${part}`, "aria-hidden": "true" });
      const title = h("span", {}, swatch, this.#say(name));
      return row(title, this.#seconds(costOf(device, key)), this.#seconds(costOf(edge, key)));
    });
    return h(
      "table",
      {},
      h("caption", { class: "hidden" }, this.#say("terms")),
      h("thead", {}, row("", this.#say("device"), this.#say("edge"), "col")),
      h(
        "tbody",
        {},
        row(this.#say("lacking"), this.#count(device.missing_tokens), this.#count(edge.missing_tokens)),
        row(this.#say("expected_tokens"), this.#count(expected?.device), this.#count(expected?.edge)),
        ...parts,
      ),
      h("tfoot", {}, row(this.#say("total"), this.#total(device), this.#total(edge))),
    );
  }

  /** @param {DeviceCost | EdgeCost} cost */
  #total(cost) {
    return cost.available ? this.#seconds(cost.total_s) : this.#say("not_available");
  }

  /** The policy's rule with this turn's numbers. @param {Decision} decision */
  rule(decision) {
    const { p, alpha_per_s: alpha, theta, fused, drafting, device, edge, route } = decision;
    const threshold = theta + (drafting?.margin ?? 0);
    const gap =
      device.available && edge.available
        ? this.#seconds(edge.total_s - device.total_s).replace("-", "−")
        : "–";
    return h(
      "p",
      { class: "rule", dir: "ltr" },
      term(this.#say("rule_p"), this.#ratio(p)),
      " − ",
      term(this.#say("rule_alpha"), number(alpha, this.#words.language, { maximumSignificantDigits: 2 })),
      " × ",
      term(this.#say("rule_gap"), gap),
      " = ",
      term(this.#say("rule_fused"), this.#ratio(fused)),
      h("span", { class: "rule-sign" }, fused > threshold ? " > " : " ≤ "),
      term(this.#say(drafting ? "rule_theta_margin" : "rule_theta"), this.#ratio(threshold)),
      h("span", { class: `rule-route ${route}` }, ` → ${this.#say(route)}`),
    );
  }

  /** @param {TurnReport} report */
  outcome({ decided_s, ttft_s, total_s, usage, dropped_messages: dropped, started_both: both, reading, edge_warmed }) {
    const times = { decided: this.#seconds(decided_s), first: this.#seconds(ttft_s), all: this.#seconds(total_s) };
    const prompt = { n: this.#count(usage.prompt_tokens), cached: this.#count(usage.cached_tokens) };
    const parts = [
      this.#say("measured", times),
      this.#say("prompt_tokens", prompt),
      this.#say("written", { n: this.#count(usage.completion_tokens) }),
    ];
    if (both?.edge_error) parts.push(this.#say("both_failed", { code: both.edge_error }));
    else if (both) parts.push(this.#say("both_began", { n: this.#count(both.thrown_away_tokens) }));
    if (reading) parts.push(this.#readingNote(reading));
    if (edge_warmed) parts.push(this.#say("warmed"));
    if (dropped > 0) parts.push(this.#say("dropped", { n: dropped }));
    return h("p", { class: "outcome" }, parts.join(" · "));
  }

  /** @param {import("./types.js").DraftRead} reading */
  #readingNote({ p_before, p, yes, took_s, error }) {
    if (p === null) return this.#say("read_failed", { code: error ?? "" });
    const percent = (/** @type {number} */ share) => Math.round(100 * share);
    const said = yes === null ? "read" : yes > 0.5 ? "read_yes" : "read_no";
    return this.#say(said, { time: this.#seconds(took_s), before: percent(p_before), after: percent(p) });
  }
}

/** A term of either side; the device has no network. @param {DeviceCost | EdgeCost} cost @param {Term} key */
function costOf(cost, key) {
  return /** @type {Partial<EdgeCost>} */ (cost)[key];
}

/**
 * @param {string | Node} name
 * @param {string} device
 * @param {string} edge
 * @param {"row" | "col"} [scope]
 */
function row(name, device, edge, scope = "row") {
  const cell = (/** @type {string} */ value) =>
    scope === "col" ? h("th", { scope }, value) : h("td", {}, value);
  const head = name === "" ? h("td") : h("th", { scope }, name);
  return h("tr", {}, head, cell(device), cell(edge));
}

/** @param {string} name @param {string} value */
function term(name, value) {
  return h("span", { class: "term" }, h("b", {}, value), h("small", {}, name));
}

/** @param {unknown} value @returns {number} */
function known(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
