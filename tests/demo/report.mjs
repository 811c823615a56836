/**
 * The headless demo's output: a transcript while it runs, then one table row per turn.
 */

/** @typedef {import("../../www/types.js").TurnReport} TurnReport */

/**
 * @typedef {object} Played
 * @property {string} prompt
 * @property {string} note what the turn is there to show
 * @property {TurnReport | null} turn null if the turn failed
 * @property {string[]} violations
 */

/** @param {number} index @param {Played} played */
export function transcript(index, { prompt, note, turn, violations }) {
  const lines = [`${index + 1}. ${note}`, `   you    ${prompt}`];
  if (turn) lines.push(`   ${turn.route.padEnd(6)} ${turn.text.trim().replaceAll("\n", "\n          ")}`);
  return [...lines, ...violations.map((violation) => `   FAILED ${violation}`), ""].join("\n");
}

/** @type {[heading: string, cell: (turn: TurnReport) => string][]} */
const COLUMNS = [
  ["route", (turn) => (turn.switched ? `${turn.switched.from}→${turn.switched.to}` : turn.route)],
  ["reason", (turn) => turn.reason],
  ["p", (turn) => turn.p.toFixed(2)],
  ["T_device s", (turn) => seconds(turn.t_device_s)],
  ["T_edge s", (turn) => seconds(turn.t_edge_s)],
  ["missing device", (turn) => String(turn.missing_device)],
  ["missing edge", (turn) => String(turn.missing_edge)],
  ["TTFT s", (turn) => seconds(turn.ttft_s)],
  ["total s", (turn) => seconds(turn.total_s)],
];

/** @param {Played[]} played */
export function table(played) {
  const rows = played.map(({ turn, violations }, index) => [
    String(index + 1),
    ...COLUMNS.map(([, cell]) => (turn ? cell(turn) : "–")),
    violations.length === 0 ? "ok" : "FAILED",
  ]);
  const head = ["turn", ...COLUMNS.map(([heading]) => heading), "result"];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd();
  return [head, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}

/** The result as data, in the form that `cargo xtask demo --json` promises. @param {Played[]} played */
export function data(played) {
  return {
    ok: played.every(({ violations }) => violations.length === 0),
    turns: played.map(({ prompt, turn, violations }) => ({
      route: turn?.route ?? null,
      reason: turn?.reason ?? null,
      p: turn?.p ?? null,
      t_device_s: turn?.t_device_s ?? null,
      t_edge_s: turn?.t_edge_s ?? null,
      missing_device: turn?.missing_device ?? null,
      missing_edge: turn?.missing_edge ?? null,
      ttft_s: turn?.ttft_s ?? null,
      total_s: turn?.total_s ?? null,
      prompt,
      text: turn?.text ?? "",
      violations,
    })),
  };
}

/** A side that is not there has no time. @param {number | null | undefined} value */
function seconds(value) {
  return typeof value === "number" && Number.isFinite(value) ? value.toFixed(2) : "–";
}
