/**
 * A pair of models, live: questions through a real page and a real gateway on a link with a round trip
 * of 20 ms, for the real pair 50 ms; each way of routing in turn, one question at a time.
 *
 *     node benches/pair.mjs [QUESTIONS [FILE]]           the embedded pair, models/eval-questions.jsonl
 *     node benches/pair.mjs --real [QUESTIONS [FILE]]    the real pair, benches/everyday.jsonl
 *
 * `--part even` and `--part odd` take every second question, to choose on and to judge by; `--json FILE`
 * writes what became of each. `python train/everyday/recorded.py test 120 > FILE` writes questions that
 * the scorer has not learned from. `python train/cards.py FILE N` writes as many questions for the embedded
 * pair as one likes; `cargo xtask models fetch` brings the real pair.
 */

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import {
  LinkShaper, REAL_PAIR, SHAPES, clearDialogue, complete, configure, launchBrowser, openChat, startGateway, waitForEdge,
} from "../tests/e2e/harness.mjs";
import { isRight } from "./checks.mjs";
import { readQuestions } from "./questions.mjs";
import { waitUntilQuiet } from "./quiet.mjs";
import { mean, quantile } from "./summary.mjs";

/** @typedef {import("./questions.mjs").Question} Question */
/**
 * @typedef {{right: boolean, called: boolean, seconds: number, p: number, fused: number, looks: number[], tokens: number, finish: string, flaw: string | null, text: string}} Answer
 */

/** Each is a change of the configuration that the models' manifest brings. */
const WAYS = {
  "all on the device": { mode: "prefer-device" },
  "all at the edge": { mode: "prefer-edge" },
  "without looks": { mode: "auto", core: { second_look: { enabled: false } } },
  "with looks": { mode: "auto", core: { second_look: { enabled: true } } },
};
/** The demo's pair, with the looks that its manifest asks for. */
const REAL_WAYS = {
  "all on the device": { mode: "prefer-device" },
  "all at the edge": { mode: "prefer-edge" },
  "as the manifest says": { mode: "auto" },
};

const { values: options, positionals } = parseArgs({
  options: { real: { type: "boolean", default: false }, part: { type: "string" }, json: { type: "string" } },
  allowPositionals: true,
});
const [n_questions = Infinity, file = options.real ? "benches/everyday.jsonl" : undefined] = positionals;
const parts = { even: 0, odd: 1 };
const part = options.part === undefined ? null : parts[/** @type {"even" | "odd"} */ (options.part)];
const questions = (await readQuestions(file))
  .filter((_, i) => part === null || i % 2 === part)
  .slice(0, Number(n_questions));
/** Where answers end by themselves, nothing bounds them here. */
const request = options.real ? {} : { max_tokens: 160, temperature: 0 };

const gateway = await startGateway(options.real ? { serves: REAL_PAIR } : {});
const link = await new LinkShaper(gateway.port).open();
link.shape(options.real ? { ...SHAPES.normal, oneWayDelayMillis: 25 } : SHAPES.normal);
const browser = await launchBrowser();
const page = await openChat(browser.context, link.url);
await waitForEdge(page, "online");

/** @param {Question} question @returns {Promise<Answer>} */
async function ask({ messages, expect }) {
  await clearDialogue(page);
  const turn = await complete(page, { messages, ...request });
  const { text, route, switched, total_s: seconds, p, finish_reason: finish, flaw, usage } = turn;
  const called = route === "edge" || switched !== null;
  const looks = turn.looks.map((look) => look.p);
  const { fused } = turn.decision;
  const tokens = usage.completion_tokens;
  return { right: isRight(expect, text), called, seconds, p, fused, looks, tokens, finish, flaw, text };
}

/** @type {Record<string, Answer[]>} */
const found = {};
for (const [way, knobs] of Object.entries(options.real ? REAL_WAYS : WAYS)) {
  await waitUntilQuiet();
  await configure(page, knobs);
  found[way] = [];
  for (const question of questions) found[way].push(await ask(question));
  console.error(`${way}: ${found[way].filter(({ right }) => right).length} of ${questions.length} right`);
}
await page.close();
await browser.close();
await link.cut();
await gateway.stop();

if (options.json) await writeFile(options.json, JSON.stringify({ questions, found }));

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
