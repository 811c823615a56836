/** Verdicts kept in the page, exported, and calibrated on; and what a calibration then does there. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";

import {
  answered,
  configure,
  heard,
  launchBrowser,
  newPage,
  repositoryRoot,
  waitForEdge,
  waitUntilReady,
} from "./harness.mjs";
import { startSite } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../../www/types.js").TurnReport} TurnReport */

const PAIR = ["--device", "nearside-device", "--edge", "edge"];

/** @type {import("./test-site.mjs").TestSite} */
let site;
/** @type {import("./harness.mjs").Browser} */
let browser;
/** @type {Page} */
let page;
/** @type {string} */
let folder;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  folder = await mkdtemp(path.join(tmpdir(), "nearside-outcomes-"));
});
after(async () => {
  await browser?.close();
  await site?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  page = await newPage(browser.context);
  await open();
});
afterEach(async () => {
  await page.getByRole("button", { name: "Forget thumbs" }).click();
  await page.close();
});

/** The device answers whatever the scorer says, unless the edge is asked for. */
async function open(query = "") {
  await page.goto(`${site.url}?mode=auto${query}`);
  await waitUntilReady(page);
  await waitForEdge(page, "online");
}

function preferDevice() {
  return configure(page, { core: { theta: 1, alpha_per_s: 0, second_look: { enabled: false } } });
}

const lastAnswer = () => page.locator("nearside-chat article.answer").last();

/** @param {() => Promise<unknown>} act @returns {Promise<TurnReport>} */
async function turnOf(act) {
  const before = await heard(page);
  await act();
  return answered(page, before);
}

/** @param {string} text */
async function askAnew(text) {
  await page.evaluate(() => /** @type {any} */ (document.querySelector("nearside-chat")).newChat());
  return turnOf(async () => {
    await page.locator("nearside-chat textarea").fill(text);
    await page.keyboard.press("Enter");
  });
}

/** @param {"Good answer" | "Bad answer"} verdict */
const rate = (verdict) => lastAnswer().getByRole("button", { name: verdict }).click();

/** Rates one question on both sides, another on the device alone. */
async function rateTwo() {
  await preferDevice();
  const first = await askAnew("What is 347 + 586?");
  await turnOf(() => lastAnswer().getByRole("button", { name: "Ask the edge" }).click());
  await rate("Good answer");
  const second = await askAnew("What is the capital of France?");
  await rate("Good answer");
  return [first, second];
}

/** Waits until so many outcomes, of either side, are kept. @param {number} n */
async function kept(n) {
  for (let tries = 0; tries < 200; tries += 1) {
    const outcomes = await page.evaluate(async () => {
      const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
      return (await router.exportOutcomes()).outcomes;
    });
    if (outcomes.split('"correct"').length - 1 === n) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`${n} outcomes were not kept`);
}

/** Presses the button and reads the files that it saves, by name. */
async function exported() {
  /** @type {import("playwright-core").Download[]} */
  const downloads = [];
  page.on("download", (download) => downloads.push(download));
  await page.getByRole("button", { name: "Export thumbs" }).click();
  await page.getByText(/Rated questions exported|No question has been rated/).waitFor();
  for (let waited = 0; downloads.length < 2 && waited < 3000; waited += 100) {
    await page.waitForTimeout(100);
  }
  /** @type {Record<string, string>} */
  const files = {};
  for (const download of downloads) {
    const file = path.join(folder, download.suggestedFilename());
    await download.saveAs(file);
    files[download.suggestedFilename()] = await readFile(file, "utf8");
  }
  return files;
}

/** @param {string[]} args */
async function calibrate(...args) {
  const program = process.env.NEARSIDE_EVAL ?? path.join(repositoryRoot, "target/fast/nearside-eval");
  if (!existsSync(program)) throw new Error(`${program} is missing; run: cargo xtask eval --help`);
  const scorer = path.join(repositoryRoot, "models/scorer.gguf");
  return promisify(execFile)(program, ["calibrate", ...args, ...PAIR, "--scorer", scorer]);
}

test("nothing is kept unless the page is told to", async () => {
  await rateTwo();
  assert.deepEqual(await exported(), {});
});

test("kept verdicts survive a reload, and calibrate reads their files as they are", async () => {
  await page.getByRole("checkbox", { name: /thumbs/ }).check();
  const [first, second] = await rateTwo();
  const n_requests = site.requests.length;
  await kept(3);
  await page.reload();
  await waitUntilReady(page);
  const files = await exported();
  assert.deepEqual(Object.keys(files).sort(), ["answers.nearside-device.jsonl", "outcomes.jsonl"]);
  const rows = parsed(files["outcomes.jsonl"]);
  assert.deepEqual(
    rows.map(({ prompt, dataset, models }) => ({ prompt, dataset, models })),
    [
      {
        prompt: "What is 347 + 586?",
        dataset: "page",
        models: {
          "nearside-device": { correct: 0, output_chars: first.text.length },
          edge: { correct: 1, output_chars: site.answer.length },
        },
      },
      {
        prompt: "What is the capital of France?",
        dataset: "page",
        models: { "nearside-device": { correct: 1, output_chars: second.text.length } },
      },
    ],
  );
  const answers = parsed(files["answers.nearside-device.jsonl"]);
  assert.deepEqual(
    answers,
    rows.map(({ id }, index) => ({ id, answer: [first, second][index].text })),
  );
  const posted = site.requests.slice(n_requests).filter(({ method }) => method !== "GET");
  assert.deepEqual(posted, [], "nothing of it is sent");

  const theta = path.join(folder, "theta.json");
  const given = [
    "--outcomes", path.join(folder, "outcomes.jsonl"),
    "--answers", path.join(folder, "answers.nearside-device.jsonl"),
    "--out", theta,
  ]; // prettier-ignore
  const { stdout, stderr } = await calibrate(...given, "--max-loss", "0.6");
  assert.match(stderr, /1 questions without both models are ignored/);
  assert.match(stdout, /1 questions have the outcomes of both models/);
  const tooFew = await calibrate(...given, "--max-loss", "0.05").catch((error) => error.stderr);
  assert.match(tooFew, /1 questions are too few, at least 19 are needed/);

  // What came out is in force once the page loads it.
  const calibration = JSON.parse(await readFile(theta, "utf8"));
  site.route("/theta.json", (_, response) => response.end(JSON.stringify(calibration)));
  await open("&calibration=theta.json");
  await page.getByText("at most 60 % lost").waitFor();
  const { decision } = await askAnew("What is 2 + 2?");
  assert.deepEqual([decision.theta, decision.alpha_per_s], [calibration.theta, calibration.alpha_per_s]);
});

test("the oldest questions give way, and a part that both sides wrote says nothing", async () => {
  const ids = await page.evaluate(async () => {
    const url = "/www/outcome-log.js";
    const { OutcomeLog, MAX_QUESTIONS } = await import(url);
    const log = new OutcomeLog();
    const names = { device: "d", edge: "e" };
    const report = { route: "device", switched: null, text: "t", finish_reason: "stop" };
    /** @param {number} turn @param {object} [change] */
    const judge = (turn, change) => {
      log.remember([{ role: "user", content: `question ${turn}` }], { ...report, turn, ...change });
      return log.judge(turn, "up", names);
    };
    for (let turn = 0; turn < MAX_QUESTIONS + 2; turn += 1) await judge(turn);
    const { questions, outcomes } = await log.export();
    await log.clear();
    const mixed = { from: "edge", to: "device", reason: "edge_broke_off", draft: null };
    await judge(1, { switched: mixed });
    await judge(2, { finish_reason: "abort" });
    await log.judge(99, "up", names);
    const prompts = outcomes.trimEnd().split("\n").map((/** @type {string} */ line) => JSON.parse(line).prompt);
    return { questions, first: prompts[0], left: (await log.export()).questions };
  });
  assert.deepEqual(ids, { questions: 1000, first: "question 2", left: 0 });
});

test("a calibration for other models is not in force, and the page says why", async () => {
  const calibration = {
    version: 1, device: "another", edge: "edge", max_loss: 0.05, n: 100, theta: 0.2, look_theta: 0.2,
    alpha_per_s: 0.01,
  }; // prettier-ignore
  const warned = async (/** @type {object | string} */ content) => {
    site.route("/theta.json", (_, response) =>
      response.end(typeof content === "string" ? content : JSON.stringify(content)),
    );
    await open("&calibration=theta.json");
    await page.locator("nearside-chat [part=warning]").waitFor();
    await page.getByText("none in force").waitFor();
    return page.locator("nearside-chat [part=warning]").textContent();
  };
  assert.match((await warned(calibration)) ?? "", /made for another → edge, but the models are nearside-device/);
  assert.match((await warned({ ...calibration, version: 9 })) ?? "", /version is not 1/);
  assert.match((await warned("{")) ?? "", /The calibration is not usable/);
});

/** @param {string} lines @returns {any[]} */
function parsed(lines) {
  return lines.trimEnd().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
}
