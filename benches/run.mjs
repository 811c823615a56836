/**
 * Compares engines side by side in one headless Chromium: `cargo xtask bench`, once it has built
 * and installed everything, or directly for a part of it:
 *
 *     node benches/run.mjs --only nearside,wllama-2.4.0 --models q4_0 --quick
 */

import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { repositoryRoot } from "../tests/e2e/harness.mjs";
import { launch } from "./browser.mjs";
import { ENGINES, runnableThreads } from "./engines.mjs";
import { describeMachine } from "./machine.mjs";
import { modelBytes } from "./models.mjs";
import { runNatively } from "./native.mjs";
import { HELP, parseOptions } from "./options.mjs";
import { waitUntilQuiet } from "./quiet.mjs";
import { writeReport } from "./report.mjs";
import { serve } from "./server.mjs";
import { summarise } from "./summary.mjs";
import { printTables } from "./tables.mjs";
import { round } from "./tasks.mjs";

/**
 * @typedef {import("./tasks.mjs").Task} Task
 * @typedef {Pick<Task, "engine" | "job" | "threads" | "model"> & {round: number, [measured: string]: any}} Run
 *
 * @typedef {object} Result what the JSON file holds
 * @property {1} version
 * @property {string} date
 * @property {Awaited<ReturnType<typeof describeMachine>>} machine
 * @property {string} chromium
 * @property {number} rounds
 * @property {string[]} models those that were run
 * @property {Record<string, number>} modelBytes of all
 * @property {string[]} notes
 * @property {Run[]} runs
 */

const options = parseOptions(process.argv.slice(2));
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const file = path.resolve(repositoryRoot, options.json);
/** @type {Result} */
const result = options["report-only"] ? JSON.parse(await readFile(file, "utf8")) : await measureAll();
const summary = summarise(result);
printTables(summary);
if (options["report-only"] || options.docs) await writeReport(summary, path.join(repositoryRoot, "docs"));
process.exitCode = summary.failures.length > 0 ? 1 : 0;

/** @returns {Promise<Result>} */
async function measureAll() {
  const site = await serve(repositoryRoot);
  const browser = await launch(site.url);
  const sizes = options.models.map(async (model) => [model, await modelBytes(repositoryRoot, model)]);
  /** @type {Result} */
  const result = {
    version: 1,
    date: new Date().toISOString(),
    machine: await describeMachine(),
    chromium: await browser.version(),
    rounds: options.rounds,
    models: options.models,
    modelBytes: Object.fromEntries(await Promise.all(sizes)),
    notes: [],
    runs: options.merge ? await otherRuns() : [],
  };
  const entrants = ENGINES.filter(({ id, where }) => options.engines.includes(id) && where !== "native");
  const tasks = round(
    entrants.map((engine) => ({
      engine,
      threads: runnableThreads(engine, repositoryRoot, (note) => result.notes.push(note)),
    })),
    options,
  );
  try {
    for (let i = 1; i <= options.rounds; i++) {
      await measureRound(browser, tasks, i, result);
      await save(result);
    }
  } finally {
    await browser.close();
    await site.close();
  }
  if (options["llama-bench"]) await measureNatively(options["llama-bench"], result);
  await save(result);
  return result;
}

/** What the file holds that will not be measured now. */
async function otherRuns() {
  /** @type {Result} */
  const { runs } = JSON.parse(await readFile(file, "utf8"));
  return runs.filter(({ engine, job }) => !(options.engines.includes(engine) && options.jobs.includes(/** @type {any} */ (job))));
}

/**
 * @param {import("./browser.mjs").Browser} browser
 * @param {Task[]} tasks @param {number} i @param {Result} result
 */
async function measureRound(browser, tasks, i, result) {
  for (const task of tasks) {
    const { engine, job, threads, model } = task;
    progress(`round ${i} of ${options.rounds}: ${engine} ×${threads} ${job} ${model ?? ""}`);
    // Others' work would be measured too: spinning threads, like wllama's, wait for each other then.
    const quiet = options.quick || (await waitUntilQuiet());
    const measured = await besides(task.busy, () => browser.measure({ ...task })).catch((error) => ({
      error: String(error.message ?? error),
    }));
    // What an encoder gives is the same in each round.
    if (i > 1) delete measured.states;
    const lengths = task.sentences?.map((sentence) => sentence.length);
    result.runs.push({ round: i, engine, job, threads, model, lengths, quiet, ...measured });
  }
  progress("");
}

/**
 * Does `work`, where `busy` beside a process that never rests.
 * @template T
 * @param {boolean | undefined} busy @param {() => Promise<T>} work
 */
async function besides(busy, work) {
  if (!busy) return work();
  const restless = spawn(process.execPath, ["--eval", "for (;;);"]);
  try {
    return await work();
  } finally {
    restless.kill();
  }
}

/** @param {string} llamaBench @param {Result} result */
async function measureNatively(llamaBench, result) {
  if (!options.quick) await waitUntilQuiet();
  const { threads } = /** @type {import("./engines.mjs").Engine} */ (ENGINES.find(({ id }) => id === "llama.cpp"));
  for (const model of options.models) {
    for (const n of threads) {
      progress(`llama-bench ×${n} ${model}`);
      const what = { model, threads: n, rounds: options.rounds };
      result.runs.push(...(await runNatively(path.resolve(llamaBench), repositoryRoot, what)));
    }
  }
  progress("");
}

/** @param {Result} result */
async function save(result) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`);
}

/** One line that is written over. @param {string} line */
function progress(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
