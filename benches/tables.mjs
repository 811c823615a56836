/** The results on a terminal. */

import { tokenLimits } from "./summary.mjs";
import { SENTENCE_LENGTHS } from "./tasks.mjs";

/** @typedef {import("./summary.mjs").Summary} Summary @typedef {import("./summary.mjs").Row} Row */

/** Whom Nearside is compared with. */
export const RIVALS = ["wllama-2.4.0", "wllama-3.8.1", "candle"];

/** @param {Summary} summary */
export function printTables(summary) {
  for (const { threads, figures } of summary.limits) {
    const rate = (/** @type {string} */ name) => (figures[name].median / 1e9).toFixed(1);
    console.log(
      `limits ×${threads}: read ${rate("readBytes")} GB/s, relaxed i8 dot ${rate("relaxedDot")}, ` +
        `summed in i16 ${rate("relaxedDotShort")}, then widened ${rate("relaxedDotWide")}, i16 dot ${rate("wideDot")} GOPS, f32 ${rate("multiplyAdd")} GFLOPS`,
    );
  }
  if (summary.generation.length > 0) console.table(summary.generation.map((row) => generationLine(row, summary)));
  if (summary.loading.length > 0) console.table(summary.loading.map(loadingLine));
  if (summary.encoding.length > 0) console.table(summary.encoding.map((row) => encodingLine(row, summary)));
  for (const line of [...summary.notes, ...summary.failures]) console.log(line);
}

/** @param {Row} row @param {Summary} summary */
function generationLine(row, summary) {
  const { label, model, threads, figures } = row;
  const limits = tokenLimits(summary, /** @type {string} */ (model), threads);
  const share = (/** @type {"prefill" | "decode"} */ phase) =>
    limits ? { [`${phase} % of limit`]: Math.round((100 * figures[phase].median) / limits[phase]) } : {};
  return {
    engine: label,
    model,
    threads,
    "prefill t/s": withSpread(figures.prefill),
    "decode t/s": withSpread(figures.decode),
    ...share("prefill"),
    ...share("decode"),
    ...ratios(row, summary),
    ...(figures.peakShare && { "peak/file and KV": Number(figures.peakShare.median.toFixed(2)) }),
  };
}

/** Prefill and decode as multiples of the rivals'. @param {Row} row @param {Summary} summary */
function ratios({ engine, model, threads, figures }, { generation }) {
  if (engine !== "nearside") return {};
  const lines = RIVALS.flatMap((rival) => {
    const other = generation.find((r) => r.engine === rival && r.model === model && r.threads === threads);
    if (!other) return [];
    const times = (/** @type {string} */ phase) => (figures[phase].median / other.figures[phase].median).toFixed(1);
    return [[`× ${rival}`, `${times("prefill")} / ${times("decode")}`]];
  });
  return Object.fromEntries(lines);
}

/** @param {Row} row */
const loadingLine = ({ label, threads, figures }) => ({
  engine: label,
  threads,
  "first token ms": Math.round(figures.total.median),
  "of it loading": Math.round(figures.load.median),
});

/** @param {Row} row @param {Summary} summary */
const encodingLine = ({ engine, label, threads, figures }, { agreement }) => ({
  engine: label,
  threads,
  ...Object.fromEntries(SENTENCE_LENGTHS.map((n) => [`${n} tokens ms`, Number(figures[n]?.median.toFixed(1))])),
  ...(engine in agreement && { "cosine to fp32": Number(agreement[engine].toFixed(4)) }),
});

/** @param {import("./summary.mjs").Figure} figure */
const withSpread = ({ median, spread }) => `${median.toFixed(1)} ± ${(100 * spread).toFixed(0)} %`;
