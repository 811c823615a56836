/** The demo's pictures of time: how the link was, and where each turn's milliseconds went. */

import { svg } from "./dom.js";
import { seconds } from "./format.js";

/** @typedef {import("./types.js").TurnReport} TurnReport */
/** The link at one moment; `rtt_s` is null while the edge was away. @typedef {{at: number, rtt_s: number | null}} LinkSample */

const WIDTH = 300;
const LEFT = 42;
const LINK = { top: 8, height: 60 };
/** So much of the past is shown. */
const SPAN_MILLIS = 5 * 60_000;
const ROW = 15;
const MAX_ROWS = 8;

/** What a turn's time is made of, in its order. @type {{name: string, part: string, of: (turn: TurnReport) => number}[]} */
const STRETCHES = [
  { name: "deciding", part: "decided", of: ({ decided_s }) => decided_s },
  { name: "until the first word", part: "first", of: ({ ttft_s, decided_s, total_s }) => (ttft_s ?? total_s) - decided_s },
  { name: "writing", part: "writing", of: ({ ttft_s, total_s }) => total_s - (ttft_s ?? total_s) },
];

/**
 * The round trip over the last minutes; shaded while the edge was away.
 * @param {LinkSample[]} samples oldest first
 * @param {number} now as their `at`, in milliseconds
 */
export function linkChart(samples, now) {
  const shown = samples.filter(({ at }) => at >= now - SPAN_MILLIS);
  const highest = Math.max(...shown.map(({ rtt_s }) => rtt_s ?? 0), 1e-3);
  const x = (/** @type {number} */ at) => LEFT + (WIDTH - LEFT) * (1 - (now - at) / SPAN_MILLIS);
  const y = (/** @type {number} */ rtt) => LINK.top + LINK.height * (1 - rtt / highest);
  const chart = frame(LINK.top + LINK.height + 18, describeLink(shown, highest));
  for (const value of [0, highest]) {
    chart.append(svg("line", { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value), class: "grid" }));
    chart.append(text(0, y(value) + 4, value === 0 ? "0" : seconds(value)));
  }
  shown.forEach(({ at, rtt_s }, index) => {
    const until = shown[index + 1]?.at ?? now;
    const from = { x1: x(at), x2: Math.max(x(until), x(at) + 1) };
    if (rtt_s === null) chart.append(svg("rect", { x: from.x1, y: LINK.top, width: from.x2 - from.x1, height: LINK.height, class: "away" }));
    else chart.append(svg("line", { ...from, y1: y(rtt_s), y2: y(rtt_s), class: "edge rtt" }));
  });
  chart.append(text(LEFT, LINK.top + LINK.height + 14, "5 min ago"), text(WIDTH, LINK.top + LINK.height + 14, "now", "end"));
  return chart;
}

/** @param {LinkSample[]} samples @param {number} highest */
function describeLink(samples, highest) {
  const away = samples.some(({ rtt_s }) => rtt_s === null) ? "; the edge was away for a while" : "";
  return `The round trip over the last five minutes: at most ${seconds(highest)}${away}.`;
}

/** Where the time of the last turns went. @param {TurnReport[]} turns oldest first */
export function timesChart(turns) {
  const shown = turns.slice(-MAX_ROWS);
  const longest = Math.max(...shown.map(({ total_s }) => total_s), 1e-3);
  const chart = frame(shown.length * ROW + 16, describeTimes(shown));
  shown.forEach((turn, index) => {
    const top = index * ROW + 2;
    chart.append(text(LEFT - 8, top + 9, String(turns.length - shown.length + index + 1), "end"));
    let x = LEFT;
    for (const { name, part, of } of STRETCHES) {
      const width = ((WIDTH - LEFT) * Math.max(of(turn), 0)) / longest;
      const bar = svg("rect", { x, y: top, width, height: ROW - 4, class: `${turn.route} ${part}` });
      bar.append(svg("title", {}, `${name}: ${seconds(of(turn))}`));
      chart.append(bar);
      x += width;
    }
  });
  chart.append(text(LEFT, shown.length * ROW + 13, "0"), text(WIDTH, shown.length * ROW + 13, seconds(longest), "end"));
  return chart;
}

/** @param {TurnReport[]} turns */
function describeTimes(turns) {
  const told = turns.map((turn) => STRETCHES.map(({ name, of }) => `${name} ${seconds(of(turn))}`).join(", "));
  return `Where the time of the last turns went: ${told.join("; ")}.`;
}

/** @param {number} height @param {string} description */
function frame(height, description) {
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "chart", role: "img", "aria-label": description });
}

/** @param {number} x @param {number} y @param {string} words @param {string} [anchor] */
function text(x, y, words, anchor = "start") {
  return svg("text", { x, y, "text-anchor": anchor }, words);
}
