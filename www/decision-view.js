/** A decision laid open: both sides' seconds as bars, every term in a table, the rule in numbers. */

import { h } from "./dom.js";
import { count, ratio, seconds } from "./format.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").DeviceCost} DeviceCost */
/** @typedef {import("./types.js").EdgeCost} EdgeCost */

/** @typedef {Exclude<keyof EdgeCost, "available">} Term */

/**
 * The terms of both costs in the order in which they pass.
 * @type {{name: string, key: Term, part: string}[]}
 */
const TERMS = [
  { name: "Round trip", key: "rtt_s", part: "net" },
  { name: "Upload", key: "upload_s", part: "net" },
  { name: "Queue", key: "queue_s", part: "queue" },
  { name: "Prefill", key: "prefill_s", part: "prefill" },
  { name: "Decode", key: "decode_s", part: "decode" },
  { name: "Download", key: "download_s", part: "net" },
];

/**
 * @param {Decision} decision
 * @param {TurnReport | null} report the measured outcome, once there is one
 * @returns {HTMLElement}
 */
export function decisionView(decision, report) {
  return h(
    "div",
    { class: "decision" },
    bars(decision),
    termsTable(decision),
    rule(decision),
    report && report.looks.length > 0 ? looks(report.looks) : null,
    report ? outcome(report) : null,
  );
}

/** What was thought of the device's answer while it was written. @param {import("./types.js").Look[]} taken */
function looks(taken) {
  const lines = taken.map(({ n_tokens, ended, p, fused, doubted }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, ended ? `all ${n_tokens} tokens` : `after ${n_tokens} tokens`),
      h("td", {}, ratio(p)),
      h("td", {}, `${ratio(fused)}${doubted ? " → edge" : ""}`),
    ),
  );
  return h(
    "table",
    { class: "looks" },
    h("thead", {}, row("Second look", "edge needed", "fused", "col")),
    h("tbody", {}, ...lines),
  );
}

/** @param {Decision} decision */
function bars({ device, edge, route }) {
  const longest = Math.max(known(device.total_s), known(edge.total_s), 1e-9);
  return h(
    "div",
    { class: "bars" },
    bar("device", "Device", device, longest, route === "device"),
    bar("edge", "Edge", edge, longest, route === "edge"),
  );
}

/**
 * @param {"device" | "edge"} side
 * @param {string} name
 * @param {DeviceCost | EdgeCost} cost
 * @param {number} longest
 * @param {boolean} chosen
 */
function bar(side, name, cost, longest, chosen) {
  const value = cost.available ? seconds(cost.total_s) : "not available";
  return h(
    "div",
    { class: `bar-row ${side}${chosen ? " chosen" : ""}` },
    h("span", { class: "bar-name" }, name),
    h(
      "span",
      { class: "bar-track", "aria-hidden": "true" },
      ...(cost.available ? segments(cost, longest) : []),
    ),
    h("span", { class: "bar-value" }, value),
  );
}

/** @param {DeviceCost | EdgeCost} cost @param {number} longest */
function segments(cost, longest) {
  return TERMS.filter(({ key }) => known(costOf(cost, key)) > 0).map(({ key, part, name }) => {
    const value = known(costOf(cost, key));
    const segment = h("span", { class: `segment ${part}`, title: `${name} ${seconds(value)}` });
    segment.style.width = `${(100 * value) / longest}%`;
    return segment;
  });
}

/** @param {Decision} decision */
function termsTable({ device, edge, expected_tokens: expected }) {
  const parts = TERMS.map(({ name, key, part }) => {
    const swatch = h("span", { class: `swatch ${part}`, "aria-hidden": "true" });
    return row(
      h("span", {}, swatch, name),
      seconds(costOf(device, key)),
      seconds(costOf(edge, key)),
    );
  });
  return h(
    "table",
    {},
    h("caption", { class: "hidden" }, "Every term of the decision"),
    h("thead", {}, row("", "Device", "Edge", "col")),
    h(
      "tbody",
      {},
      row("Prompt tokens it lacks", count(device.missing_tokens), count(edge.missing_tokens)),
      row("Tokens expected", count(expected?.device), count(expected?.edge)),
      ...parts,
    ),
    h("tfoot", {}, row("Total", total(device), total(edge))),
  );
}

/** A term of either side; the device has no network. @param {DeviceCost | EdgeCost} cost @param {Term} key */
function costOf(cost, key) {
  return /** @type {Partial<EdgeCost>} */ (cost)[key];
}

/** @param {DeviceCost | EdgeCost} cost */
function total(cost) {
  return cost.available ? seconds(cost.total_s) : "not available";
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

/** The policy's rule with this turn's numbers. @param {Decision} decision */
function rule(decision) {
  const { p, alpha_per_s: alpha, theta, fused, drafting, device, edge, route } = decision;
  const threshold = theta + (drafting?.margin ?? 0);
  const gap =
    device.available && edge.available
      ? seconds(edge.total_s - device.total_s).replace("-", "−")
      : "–";
  return h(
    "p",
    { class: "rule" },
    term("p, edge needed", ratio(p)),
    " − ",
    term("α per second", String(Number(alpha.toPrecision(2)))),
    " × ",
    term("T edge − T device", gap),
    " = ",
    term("fused", ratio(fused)),
    h("span", { class: "rule-sign" }, fused > threshold ? " > " : " ≤ "),
    term(drafting ? "θ + margin for looks" : "θ", ratio(threshold)),
    h("span", { class: `rule-route ${route}` }, ` → ${route}`),
  );
}

/** @param {string} name @param {string} value */
function term(name, value) {
  return h("span", { class: "term" }, h("b", {}, value), h("small", {}, name));
}

/** @param {TurnReport} report */
function outcome({ decided_s, ttft_s, total_s, usage, dropped_messages: dropped, started_both: both, reading, edge_warmed }) {
  const parts = [
    `Measured: decided after ${seconds(decided_s)}, first token after ${seconds(ttft_s)}, all after ${seconds(total_s)}`,
    `${count(usage.prompt_tokens)} prompt tokens, ${count(usage.cached_tokens)} of them cached`,
    `${count(usage.completion_tokens)} written`,
  ];
  if (both?.edge_error) parts.push(`the edge began too, and failed (${both.edge_error})`);
  else if (both) parts.push(`both began; ${count(both.thrown_away_tokens)} tokens of the edge were for nothing`);
  if (reading) parts.push(readingNote(reading));
  if (edge_warmed) parts.push("the edge read the prompt meanwhile");
  if (dropped > 0) parts.push(`${dropped} of the oldest messages left out`);
  return h("p", { class: "outcome" }, `${parts.join("; ")}.`);
}

/** @param {import("./types.js").DraftRead} reading */
function readingNote({ p_before, p, yes, took_s, error }) {
  if (p === null) return `the edge was asked what it thinks of this answer, and could not say (${error})`;
  const percent = (/** @type {number} */ share) => `${Math.round(100 * share)} %`;
  const said = yes === null ? "" : ` and said ${yes > 0.5 ? "yes" : "no"} to it`;
  return `the edge read this answer${said} in ${seconds(took_s)}: that it is needed went from ${percent(p_before)} to ${percent(p)}`;
}

/** @param {unknown} value @returns {number} */
function known(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
