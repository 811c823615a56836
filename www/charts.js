/** The demo's small picture of the last turns: the win rate, and both sides' seconds. */

import { svg } from "./dom.js";
import { seconds } from "./format.js";

/** @typedef {import("./types.js").TurnReport} TurnReport */

const WIDTH = 300;
const LEFT = 42;
const SCORE = { top: 8, height: 60 };
const TIME = { top: 92, height: 100 };
const HEIGHT = 212;
/** The most turns that fit side by side. */
export const MAX_TURNS = 10;

/**
 * @param {TurnReport[]} turns oldest first
 * @returns {SVGSVGElement}
 */
export function turnsChart(turns) {
  const shown = turns.slice(-MAX_TURNS);
  const firstNumber = turns.length - shown.length + 1;
  const step = (WIDTH - LEFT) / Math.max(shown.length, 5);
  const longest = Math.max(
    ...shown.flatMap((turn) => [finite(turn.t_device_s), finite(turn.t_edge_s)]),
    1e-3,
  );
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "chart",
    role: "img",
    "aria-label": describe(shown),
  });
  chart.append(...scale(longest));
  shown.forEach((turn, index) =>
    chart.append(...column(turn, LEFT + step * (index + 0.5), step, longest, firstNumber + index)),
  );
  return chart;
}

/** @param {number} longest */
function scale(longest) {
  const bottom = TIME.top + TIME.height;
  return [
    ...[0, 1].map((p) => line(scoreY(p), "grid")),
    ...[TIME.top, bottom].map((y) => line(y, "grid")),
    label(0, scoreY(1) + 4, "p 1"),
    label(0, scoreY(0) + 4, "0"),
    label(0, TIME.top + 4, seconds(longest)),
    label(0, bottom + 4, "0"),
  ];
}

/** @param {TurnReport} turn @param {number} x @param {number} step @param {number} longest @param {number} number */
function column(turn, x, step, longest, number) {
  const width = Math.min(step * 0.32, 11);
  const theta = finite(turn.decision?.theta);
  const dot = svg("circle", { cx: x, cy: scoreY(finite(turn.p)), r: 4, class: turn.route });
  dot.append(svg("title", {}, `Turn ${number}: ${turn.sentence}`));
  return [
    svg("line", {
      x1: x - step / 2,
      x2: x + step / 2,
      y1: scoreY(theta),
      y2: scoreY(theta),
      class: "theta",
    }),
    dot,
    bar(turn, "device", finite(turn.t_device_s) / longest, x - width - 1, width),
    bar(turn, "edge", finite(turn.t_edge_s) / longest, x + 1, width),
    svg("text", { x, y: HEIGHT - 2, "text-anchor": "middle" }, String(number)),
  ];
}

/** @param {TurnReport} turn @param {"device" | "edge"} side @param {number} share @param {number} x @param {number} width */
function bar(turn, side, share, x, width) {
  const height = Math.max(share * TIME.height, share > 0 ? 1 : 0);
  const chosen = turn.route === side ? "" : " not-chosen";
  return svg("rect", {
    x,
    y: TIME.top + TIME.height - height,
    width,
    height,
    rx: 1.5,
    class: `${side}${chosen}`,
  });
}

/** @param {number} y @param {string} name */
function line(y, name) {
  return svg("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: name });
}

/** @param {number} x @param {number} y @param {string} text */
function label(x, y, text) {
  return svg("text", { x, y }, text);
}

/** @param {number} p */
function scoreY(p) {
  return SCORE.top + SCORE.height * (1 - Math.min(1, Math.max(0, p)));
}

/** @param {TurnReport[]} turns */
function describe(turns) {
  const edge = turns.filter(({ route }) => route === "edge").length;
  return `The last ${turns.length} turns: ${turns.length - edge} on the device, ${edge} at the edge.`;
}

/** @param {number | null | undefined} value */
function finite(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
