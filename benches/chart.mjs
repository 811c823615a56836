/** The chart of docs/performance.md: a panel per model and phase, a bar per engine and number of threads. */

import { MODELS } from "./models.mjs";

/** @typedef {import("./summary.mjs").Summary} Summary @typedef {import("./summary.mjs").Row} Row */

const PANEL = { width: 420, labels: 150, bar: 12, gap: 3, head: 34, foot: 14 };
const PHASES = /** @type {const} */ (["prefill", "decode"]);
/** One hue per engine; one thread is the lighter of its two. */
const HUES = { nearside: "#0a7d52", "wllama-2.4.0": "#4a6fa5", "wllama-3.8.1": "#7a5fa5", candle: "#b0702d" };

/** @param {Summary} summary */
export function chart({ generation, models, machine, chromium }) {
  const rows = generation.filter(({ engine }) => engine in HUES);
  const nBars = Math.max(0, ...models.map((model) => rows.filter((row) => row.model === model).length));
  const panelHeight = PANEL.head + nBars * (PANEL.bar + PANEL.gap) + PANEL.foot;
  const [width, height] = [2 * PANEL.width + 20, models.length * panelHeight + 24];
  const panels = models.flatMap((model, row) =>
    PHASES.map((phase, column) => {
      const at = `translate(${10 + column * PANEL.width} ${row * panelHeight})`;
      const bars = rows.filter((each) => each.model === model);
      return `<g transform="${at}">\n${panel(bars, `${MODELS[model].title}, ${phase}, tokens/s`, phase)}\n</g>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" role="img" aria-label="Tokens per second of each engine">
<rect width="${width}" height="${height}" fill="#fff"/>
${panels.join("\n")}
<text x="10" y="${height - 8}" fill="#666">${escaped(`${machine.cpu}, ${machine.cores} cores; Chromium ${chromium}`)}</text>
</svg>
`;
}

/** @param {Row[]} rows @param {string} title @param {"prefill" | "decode"} phase */
function panel(rows, title, phase) {
  const highest = Math.max(...rows.map(({ figures }) => figures[phase].median));
  const bars = rows.map((row, i) => bar(row, row.figures[phase].median, highest, i));
  return [`<text x="0" y="${PANEL.head - 12}" font-weight="bold" fill="#222">${title}</text>`, ...bars].join("\n");
}

/** @param {Row} row @param {number} value @param {number} highest @param {number} i */
function bar({ engine, label, threads }, value, highest, i) {
  const y = PANEL.head + i * (PANEL.bar + PANEL.gap);
  const room = PANEL.width - PANEL.labels - 60;
  const length = ((room * value) / highest).toFixed(1);
  const hue = HUES[/** @type {keyof typeof HUES} */ (engine)];
  const text = y + PANEL.bar - 2;
  const name = escaped(`${label.split(",")[0]} ×${threads}`);
  return [
    `<text x="${PANEL.labels - 6}" y="${text}" text-anchor="end" fill="#222">${name}</text>`,
    `<rect x="${PANEL.labels}" y="${y}" width="${length}" height="${PANEL.bar}" fill="${hue}" fill-opacity="${threads === 1 ? 0.65 : 1}"/>`,
    `<text x="${(PANEL.labels + Number(length) + 5).toFixed(1)}" y="${text}" fill="#222">${value.toFixed(0)}</text>`,
  ].join("");
}

/** @param {string} text */
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
