/**
 * docs/performance.md and its chart, made from the measurements alone.
 */

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { chart } from "./chart.mjs";
import { MODELS } from "./models.mjs";
import { tokenLimits } from "./summary.mjs";
import { RIVALS } from "./tables.mjs";
import { LOADED_MODEL, N_DECODED, N_PROMPT, SENTENCE_LENGTHS } from "./tasks.mjs";

/**
 * @typedef {import("./summary.mjs").Summary} Summary
 * @typedef {import("./summary.mjs").Row} Row
 * @typedef {"prefill" | "decode"} Phase
 */

const PHASES = /** @type {const} */ (["prefill", "decode"]);

/** @param {Summary} summary @param {string} folder */
export async function writeReport(summary, folder) {
  await writeFile(path.join(folder, "performance.svg"), chart(summary));
  await writeFile(path.join(folder, "performance.md"), page(summary));
}

/** @param {Summary} summary */
function page(summary) {
  const sections = [introduction(summary), generation(summary), comparison(summary), memory(summary)];
  sections.push(loading(summary), encoding(summary), limits(summary), method(summary));
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

/** @param {Summary} summary */
const introduction = ({ machine, chromium, date, rounds }) => `# How fast the engine is

Written by \`cargo xtask bench\`, which measures it all again; \`--report-only\` writes it from the last measurements.

The engines run side by side: one machine, one headless Chromium, the same files and the same tokens, ${rounds === 1 ? "in one round" : `in ${rounds} rounds; figures are medians`}. Measured on ${date.slice(0, 10)} on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, with Chromium ${chromium}. Elsewhere the figures differ; the ratios mostly carry over.

![Tokens per second of each engine](performance.svg)`;

/** @param {Summary} summary */
function generation(summary) {
  const { generation } = summary;
  const models = modelsOf(summary);
  const threads = [...new Set(generation.map((row) => row.threads))].sort();
  const lines = engineThreads(generation).map(({ label, threads, find }) => [
    label,
    threads,
    ...models.flatMap((model) => PHASES.map((phase) => rounded(find(model)?.figures[phase].median))),
  ]);
  const ceilings = threads.map((n) => [
    "*limit in wasm*",
    n,
    ...models.flatMap((model) => PHASES.map((phase) => rounded(tokenLimits(summary, model, n)?.[phase]))),
  ]);
  return `## A language model

The demo's real pair, and random weights of SmolLM2's shape (\`benches/models/\`); tokens per second reading a prompt of ${N_PROMPT} tokens (prefill), then writing ${N_DECODED} (decode).

${table(["engine", "threads", ...phaseHeads(models)], [...lines, ...(summary.limits.length > 0 ? ceilings : [])])}`;
}

/** @param {Summary} summary */
function comparison(summary) {
  const models = modelsOf(summary);
  const own = summary.generation.filter(({ engine }) => engine === "nearside");
  const cells = (/** @type {number} */ threads, /** @type {(model: string, phase: Phase) => number | undefined} */ other) =>
    models.flatMap((model) =>
      PHASES.map((phase) => {
        const mine = own.find((row) => row.model === model && row.threads === threads)?.figures[phase].median;
        const theirs = other(model, phase);
        return mine && theirs ? mine / theirs : undefined;
      }),
    );
  const ratios = engineThreads(summary.generation)
    .filter(({ engine, threads }) => RIVALS.includes(engine) && own.some((row) => row.threads === threads))
    .map(({ label, threads, find }) => [
      label,
      threads,
      ...cells(threads, (model, phase) => find(model)?.figures[phase].median).map((x) => (x ? `${x.toFixed(1)} ×` : "–")),
    ]);
  const shares = [...new Set(own.map(({ threads }) => threads))].map((threads) => [
    "*limit in wasm*",
    threads,
    ...cells(threads, (model, phase) => tokenLimits(summary, model, threads)?.[phase]).map(percent),
  ]);
  return `Nearside as a multiple of the others with as many threads, and as a share of the limit:

${table(["of", "threads", ...phaseHeads(models)], [...ratios, ...(summary.limits.length > 0 ? shares : [])])}`;
}

/** @param {Summary} summary */
function memory(summary) {
  const measured = engineThreads(summary.generation.filter(({ figures }) => figures.peakShare));
  if (measured.length === 0) return "";
  const models = modelsOf(summary);
  const lines = measured.map(({ label, threads, find }) => [
    label,
    threads,
    ...models.map((model) => {
      const figures = find(model)?.figures;
      return figures ? `${figures.loadedShare.median.toFixed(2)} / ${figures.peakShare.median.toFixed(2)}` : "–";
    }),
  ]);
  return `### Memory

The module's memory after loading and after the run, as a multiple of the file and of the keys and values of these ${N_PROMPT + N_DECODED} tokens in half floats (it never shrinks, so the second is the peak). wllama does not tell its own.

${table(["engine", "threads", ...models.map((model) => MODELS[model].title)], lines)}`;
}

/** @param {Summary} summary */
function loading({ loading, modelBytes }) {
  if (loading.length === 0) return "";
  const lines = loading.map(({ label, threads, figures }) => [
    label,
    threads,
    Math.round(figures.total.median),
    percentOf(figures.total.spread),
  ]);
  return `### From storage to the first token

${MODELS[LOADED_MODEL].title} (${Math.round(modelBytes[LOADED_MODEL] / 1e6)} MB) lies in the browser's file system (OPFS); time until one token was read, fetching and compiling the engine included.

${table(["engine", "threads", "ms", "±"], lines)}`;
}

/** @param {Summary} summary */
function encoding({ encoding, agreement }) {
  if (encoding.length === 0) return "";
  const lines = encoding.map(({ engine, label, threads, figures }) => [
    label,
    threads,
    ...SENTENCE_LENGTHS.map((n) => figures[n]?.median.toFixed(1)),
    agreement[engine]?.toFixed(4) ?? "–",
  ]);
  return `## A sentence through an encoder

all-MiniLM-L6-v2, milliseconds per sentence; and the two scorers that Nearside ships. Nearside's weights are Q8_0 unless it says otherwise. The cosine is the lowest between the engine's state of the first token and onnxruntime's in fp32.

${table(["engine", "threads", ...SENTENCE_LENGTHS.map((n) => `${n} tokens`), "cosine"], lines)}`;
}

/** @param {Summary} summary */
function limits({ limits }) {
  if (limits.length === 0) return "";
  const names = /** @type {const} */ ([
    ["readBytes", "read, GB/s"],
    ["relaxedDot", "`i32x4.relaxed_dot_i8x16_i7x16_add_s`, GOPS"],
    ["relaxedDotShort", "`i16x8.relaxed_dot_i8x16_i7x16_s` + `i16x8.add`, GOPS"],
    ["relaxedDotWide", "`i16x8.relaxed_dot_i8x16_i7x16_s` + `i32x4.dot_i16x8_s`, GOPS"],
    ["wideDot", "`i32x4.dot_i16x8_s`, GOPS"],
    ["multiplyAdd", "`f32x4.relaxed_madd`, GFLOPS"],
  ]);
  const lines = names.map(([name, label]) => [label, ...limits.map(({ figures }) => rounded(figures[name].median / 1e9))]);
  return `## The limit

Decoding reads every weight and every key and value once per token, so it cannot pass the rate at which wasm reads memory. Prefill multiplies every token with every weight but the output's, so it cannot pass the fastest of the dot products (the one with 16-bit sums serves 4 and 5 bits only). Both rates are measured in the same rounds (\`benches/limits.wat\`).

${table(["in wasm", ...limits.map(({ threads }) => `${threads} thread${threads > 1 ? "s" : ""}`)], lines)}`;
}

/** @param {Summary} summary */
function method({ generation, encoding, notes, failures, rounds }) {
  const spreads = [...generation.flatMap(({ figures }) => PHASES.map((phase) => figures[phase].spread))];
  spreads.push(...encoding.flatMap(({ figures }) => Object.values(figures).map(({ spread }) => spread)));
  spreads.sort((a, b) => a - b);
  const native = generation.some(({ engine }) => engine === "llama.cpp");
  const noise =
    rounds === 1
      ? "One round tells nothing of the noise; run more for that."
      : `Noise: half of what lies between the quartiles of a figure is ${percentOf(spreads[spreads.length >> 1])} of it in the middle case and ${percentOf(spreads.at(-1))} in the worst.`;
  const fewer = [...generation, ...encoding].filter((row) => row.rounds < rounds);
  const fewerRounds = [...new Set(fewer.map((row) => `${row.label} (${row.rounds})`))].join(", ");
  if (fewerRounds) notes = [`In fewer rounds: ${fewerRounds}.`, ...notes];
  const remarks = [...notes, ...failures.map((line) => `Failed: ${line}`)].map((line) => `\n- ${line}`).join("");
  return `## How it is measured

- \`cargo xtask bench${native ? " --native" : ""}\`; the code is in \`benches/\`.
- Speed does not depend on what weights say, so where no real file is at hand random ones of real shape and size do. The prompt is 256 digits, each of which is one token.
- Each run has a page of its own and a short warm-up. A round runs every engine once, one after the other, each when the machine is quiet.
- Nearside and candle run in a dedicated worker, wllama in its own workers, onnxruntime-web and transformers.js in the page. wllama 3 takes text and times itself; its decode includes sampling, Nearside's and candle's the choice of the likeliest token, wllama 2's neither.
- ${noise}${remarks}`;
}

// --- Tables ---

/** @param {(string | number | undefined)[]} head @param {(string | number | undefined)[][]} lines */
function table(head, lines) {
  const line = (/** @type {(string | number | undefined)[]} */ cells) => `| ${cells.map((cell) => cell ?? "–").join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "--:"))), ...lines.map(line)].join("\n");
}

/** Each engine with each number of threads, in the order of the runs. @param {Row[]} rows */
function engineThreads(rows) {
  const keys = [...new Set(rows.map(({ engine, threads }) => `${engine} ${threads}`))];
  return keys.map((key) => {
    const own = rows.filter(({ engine, threads }) => `${engine} ${threads}` === key);
    const { engine, label, threads } = own[0];
    return { engine, label, threads, find: (/** @type {string} */ model) => own.find((row) => row.model === model) };
  });
}

/** @param {Summary} summary */
const modelsOf = ({ models }) => models;

/** @param {string[]} models */
const phaseHeads = (models) => models.flatMap((model) => PHASES.map((phase) => `${MODELS[model].title}, ${phase}`));

/** @param {number | undefined} value */
const rounded = (value) => (value === undefined ? "–" : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** @param {number | undefined} share */
const percent = (share) => (share === undefined ? "–" : `${Math.round(100 * share)} %`);

/** @param {number | undefined} share */
const percentOf = (share) => (share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
