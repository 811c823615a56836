/**
 * The embedded pair, live: the questions of models/eval-questions.jsonl through a real page and a real
 * gateway on a link with a round trip of 20 ms; each way of routing in turn, one question at a time.
 * `python train/cards.py FILE N` writes as many questions as one likes.
 *
 *     node benches/pair.mjs [QUESTIONS [FILE]]
 */

import {
  LinkShaper, SHAPES, clearDialogue, complete, configure, launchBrowser, openChat, startGateway, waitForEdge,
} from "../tests/e2e/harness.mjs";
import { isRight, readQuestions } from "./questions.mjs";
import { waitUntilQuiet } from "./quiet.mjs";
import { mean, quantile } from "./summary.mjs";

/** @typedef {import("./questions.mjs").Question} Question */
/** @typedef {{right: boolean, called: boolean, seconds: number, looks: number}} Answer */

/** Each is a change of the configuration that the models' manifest brings. */
const WAYS = {
  "all on the device": { mode: "prefer-device" },
  "all at the edge": { mode: "prefer-edge" },
  "without looks": { mode: "auto", core: { second_look: { enabled: false } } },
  "with looks": { mode: "auto", core: { second_look: { enabled: true } } },
};

const questions = (await readQuestions(process.argv[3])).slice(0, Number(process.argv[2] ?? Infinity));

const gateway = await startGateway();
const link = await new LinkShaper(gateway.port).open();
link.shape(SHAPES.normal);
const browser = await launchBrowser();
const page = await openChat(browser.context, link.url);
await waitForEdge(page, "online");

/** @param {Question} question @returns {Promise<Answer>} */
async function ask({ messages, expect }) {
  await clearDialogue(page);
  const { text, route, switched, total_s, looks } = await complete(page, { messages, max_tokens: 160, temperature: 0 });
  const called = route === "edge" || switched !== null;
  return { right: isRight(expect, text), called, seconds: total_s, looks: looks.length };
}

/** @type {Record<string, Answer[]>} */
const found = {};
for (const [way, knobs] of Object.entries(WAYS)) {
  await waitUntilQuiet();
  await configure(page, knobs);
  found[way] = [];
  for (const question of questions) found[way].push(await ask(question));
}
await page.close();
await browser.close();
await link.cut();
await gateway.stop();

const [device, edge] = [found["all on the device"], found["all at the edge"]];
const needed = mean(questions.map((_, i) => Number(!device[i].right && edge[i].right)));
console.log(`${questions.length} questions; the edge is needed for ${(100 * needed).toFixed(1)} % of them: the oracle's calls\n`);
console.log("| | right | calls | of the oracle's | mean s | p95 s |\n|---|--:|--:|--:|--:|--:|");
for (const [way, answers] of Object.entries(found)) {
  const seconds = answers.map(({ seconds }) => seconds);
  const calls = mean(answers.map(({ called }) => Number(called)));
  const columns = [
    `${(100 * mean(answers.map(({ right }) => Number(right)))).toFixed(1)} %`,
    `${(100 * calls).toFixed(1)} %`,
    `${(calls / needed).toFixed(2)} ×`,
    mean(seconds).toFixed(3),
    quantile(seconds, 0.95).toFixed(3),
  ];
  console.log(`| ${way} | ${columns.join(" | ")} |`);
}
