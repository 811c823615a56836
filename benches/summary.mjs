/**
 * What the runs come to: medians over the rounds, and the limits that the machine sets.
 */

import { ENGINES } from "./engines.mjs";
import { MODELS } from "./models.mjs";
import { N_DECODED, N_PROMPT } from "./tasks.mjs";

/**
 * @typedef {import("./run.mjs").Result} Result @typedef {import("./run.mjs").Run} Run
 *
 * @typedef {object} Figure
 * @property {number} median
 * @property {number} spread half of what lies between the quartiles, as a share of the median
 *
 * @typedef {object} Row
 * @property {string} engine
 * @property {string} label
 * @property {number} threads
 * @property {string | undefined} model
 * @property {number} rounds
 * @property {Record<string, Figure>} figures
 *
 * @typedef {Result & {generation: Row[], loading: Row[], encoding: Row[], limits: Row[],
 *   agreement: Record<string, number>, failures: string[]}} Summary
 */

/** Whose outputs the other encoders' are compared with. */
const REFERENCE = "ort-fp32";

/** @param {Result} result @returns {Summary} */
export function summarise(result) {
  const rows = (/** @type {string} */ job, /** @type {(run: Run) => Record<string, number>} */ figuresOf) =>
    rowsOf(result.runs.filter((run) => run.job === job && !("error" in run)), figuresOf);
  return {
    ...result,
    generation: rows("generate", (run) => generationFigures(run, result)),
    loading: rows("firstToken", (run) => ({ total: run.totalMillis, load: run.loadMillis, start: run.startMillis })),
    encoding: rows("embed", encodingFigures),
    limits: rows("limits", ({ rates }) => rates),
    agreement: agreementOf(result.runs.filter(({ states }) => states)),
    notes: [...result.notes, ...busyNotes(result.runs)],
    failures: failuresOf(result.runs),
  };
}

/**
 * The tokens per second that no engine can pass in wasm here, with this many threads.
 * @param {Summary} summary @param {string} model @param {number} threads
 */
export function tokenLimits({ limits, modelBytes }, model, threads) {
  const figures = limits.find((row) => row.threads === threads)?.figures;
  if (!figures) return undefined;
  const ways = [figures.relaxedDot, figures.relaxedDotWide, figures.wideDot];
  // Two products of 8-bit weights fill 16 bits; narrower weights leave room to sum.
  if (MODELS[model].narrow) ways.push(figures.relaxedDotShort);
  const operations = Math.max(...ways.map(({ median }) => median));
  const kvBytes = MODELS[model].kvBytesPerToken * (N_PROMPT + N_DECODED / 2);
  return {
    prefill: operations / (2 * MODELS[model].nLayerWeights),
    decode: figures.readBytes.median / (modelBytes[model] - MODELS[model].unreadBytes + kvBytes),
  };
}

/** @param {Run} run @param {Result} result @returns {Record<string, number>} */
function generationFigures(run, { modelBytes }) {
  const figures = {
    prefill: N_PROMPT / (run.prefillMillis / 1000),
    decode: N_DECODED / (run.decodeMillis / 1000),
  };
  if (!run.peakBytes || !run.model) return figures;
  const kvBytes = MODELS[run.model].kvBytesPerToken * (N_PROMPT + N_DECODED);
  const share = (/** @type {number} */ bytes) => bytes / (modelBytes[/** @type {string} */ (run.model)] + kvBytes);
  return { ...figures, loadedShare: share(run.loadedBytes), peakShare: share(run.peakBytes) };
}

/** Milliseconds under the sentence's length. @param {Run} run @returns {Record<string, number>} */
function encodingFigures({ lengths, millis }) {
  return Object.fromEntries(lengths.map((/** @type {number} */ n, /** @type {number} */ i) => [n, millis[i]]));
}

/**
 * Per encoder, the lowest cosine between its [CLS] states and the reference's.
 * @param {Run[]} runs @returns {Record<string, number>}
 */
function agreementOf(runs) {
  const reference = runs.find(({ engine }) => engine === REFERENCE)?.states;
  const isMiniLm = (/** @type {string} */ id) => ENGINES.find((engine) => engine.id === id)?.sentences === undefined;
  if (!reference) return {};
  const lowest = (/** @type {number[][]} */ states) => Math.min(...states.map((state, i) => cosine(state, reference[i])));
  const comparable = runs.filter(({ engine, states }) => states && isMiniLm(engine));
  return Object.fromEntries(comparable.map(({ engine, states }) => [engine, lowest(states)]));
}

/** @param {number[]} a @param {number[]} b */
function cosine(a, b) {
  const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** @param {Run[]} runs @param {(run: Run) => Record<string, number>} figuresOf @returns {Row[]} */
function rowsOf(runs, figuresOf) {
  const place = (/** @type {Run} */ { engine }) => ENGINES.findIndex(({ id }) => id === engine);
  return grouped(runs.toSorted((a, b) => place(a) - place(b))).map((group) => {
    const { engine, threads, model } = group[0];
    const figures = group.map(figuresOf);
    const names = Object.keys(figures[0]);
    return {
      engine,
      label: ENGINES.find(({ id }) => id === engine)?.label ?? engine,
      threads,
      model,
      rounds: group.length,
      figures: Object.fromEntries(names.map((name) => [name, figure(figures.map((each) => each[name]))])),
    };
  });
}

/** The runs of one thing in all rounds. @param {Run[]} runs @returns {Run[][]} */
function grouped(runs) {
  /** @type {Map<string, Run[]>} */
  const groups = new Map();
  for (const run of runs) {
    const key = [run.engine, run.threads, run.model].join();
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** @param {number[]} values @returns {Figure} */
function figure(values) {
  const median = quantile(values, 0.5);
  return { median, spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median };
}

/** @param {number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Between two values where the share falls between them. @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** @param {Run[]} runs */
function busyNotes(runs) {
  const busy = runs.filter(({ quiet }) => quiet === false).length;
  return busy > 0 ? [`${busy} of ${runs.length} runs began while the machine was busy with something else.`] : [];
}

/** Each kind of failure once. @param {Run[]} runs */
function failuresOf(runs) {
  const failed = runs.filter((run) => "error" in run);
  const lines = failed.map(({ engine, job, threads, model, error }) =>
    [`${engine} ${job}`, model, `×${threads}: ${error.split("\n")[0]}`].filter(Boolean).join(" "),
  );
  return [...new Set(lines)];
}
