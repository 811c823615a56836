/**
 * Dialogues with the embedded pair, live and replayed: the same questions through a real page, a
 * real gateway and a shaped link, and then through `cargo xtask eval --dialogues` with the rates and
 * the outcomes that the page has shown. Ways of routing should come out in the same order, and a
 * turn should take as long as was predicted.
 *
 *     node benches/dialogues.mjs [DIALOGUES] [TURNS]
 */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import {
  LinkShaper, clearDialogue, complete, configure, launchBrowser, openChat, repositoryRoot, startGateway, waitForEdge,
  waitForRoundTrip,
} from "../tests/e2e/harness.mjs";
import { isRight } from "./checks.mjs";
import { readQuestions } from "./questions.mjs";
import { waitUntilQuiet } from "./quiet.mjs";
import { mean, quantile } from "./summary.mjs";

/**
 * @typedef {import("./questions.mjs").Question} Question
 * @typedef {import("../www/types.js").TurnReport} TurnReport
 * @typedef {{report: TurnReport, right: boolean}} Turn
 */

const LINK = { oneWayDelayMillis: 50, bytesPerSecond: 100_000 };
const THETA = 0.3;
/** What a second is worth, such that on this link it is a few per cent of an answer. */
const ALPHA_PER_S = 0.1;
/** What the shipped scorer takes (docs/performance.md). */
const SCORE_S = 0.001;
/** Of a token in the replay. */
const TOKEN_CHARS = 4;

const PAPER = {
  theta: THETA, alpha_per_s: ALPHA_PER_S, hysteresis: 0, look_ahead: false, queue_aware: false,
  catch_up_tokens: 0, handoff: { enabled: false }, second_look: { enabled: false },
};
const OURS = { ...PAPER, hysteresis: 0.05, look_ahead: true, queue_aware: true, catch_up_tokens: 1024, handoff: { enabled: true } };
/** As src/bin/eval/ways.rs has them, by the names in its JSON. */
const WAYS = {
  all_device: { mode: "prefer-device", core: PAPER },
  all_edge: { mode: "prefer-edge", core: PAPER },
  sticky: { mode: "auto", core: PAPER },
  paper: { mode: "auto", core: PAPER },
  ours: { mode: "auto", core: OURS },
  ours_look: { mode: "auto", core: { ...OURS, second_look: { enabled: true } } },
};

const [n_dialogues, n_turns] = [Number(process.argv[2] ?? 12), Number(process.argv[3] ?? 8)];
// What stands alone can be asked in any dialogue.
const alone = (await readQuestions()).filter(({ skill }) => !/^(follow|smalltalk|story)/.test(skill));
const questions = alone.slice(0, n_dialogues * n_turns);
const dialogues = Array.from({ length: Math.floor(questions.length / n_turns) }, (_, i) =>
  questions.slice(i * n_turns, (i + 1) * n_turns),
);

const gateway = await startGateway({ args: ["--device-model", "models/device.gguf"] });
const link = await new LinkShaper(gateway.port).open();
const browser = await launchBrowser();
const page = await openChat(browser.context, link.url);
await waitForEdge(page, "online");
link.shape(LINK);
await waitForRoundTrip(page, { aboveMillis: 1.8 * LINK.oneWayDelayMillis });

/** @param {Question[]} dialogue @param {boolean} sticky */
async function talk(dialogue, sticky) {
  await clearDialogue(page);
  const messages = [];
  /** @type {Turn[]} */
  const turns = [];
  for (const { messages: asked, expect } of dialogue) {
    messages.push({ role: "user", content: /** @type {{content: string}} */ (asked.at(-1)).content });
    const mode = sticky && turns.length > 0 ? { mode: `prefer-${turns[0].report.route}` } : {};
    const report = await complete(page, { messages, max_tokens: 160, temperature: 0, ...mode });
    messages.push({ role: "assistant", content: report.text });
    turns.push({ report, right: isRight(expect, report.text) });
  }
  return turns;
}

/** @type {Record<string, Turn[]>} */
const live = {};
for (const [way, { mode, core }] of Object.entries(WAYS)) {
  await waitUntilQuiet();
  await configure(page, { mode, core });
  await talk(dialogues[0], false); // Rates and link are learned.
  live[way] = [];
  for (const dialogue of dialogues) live[way].push(...(await talk(dialogue, way === "sticky")));
}
/** @type {{device: import("../www/types.js").Rates, edge: import("../www/types.js").Rates}} */
const measured = await page.evaluate(() => /** @type {any} */ (document.querySelector("nearside-chat")).router.state.core);
await page.close();
await browser.close();
await link.cut();
await gateway.stop();

const replayed = await replay();
const seconds = (/** @type {Turn[]} */ turns) => mean(turns.map(({ report }) => report.total_s));
console.log(`${dialogues.length} dialogues of ${n_turns} turns; α ${ALPHA_PER_S} per second, θ ${THETA}\n`);
console.log("| | live: right | calls | mean s | first text s | replay: right | calls | mean s | first text s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|");
for (const [way, turns] of Object.entries(live)) {
  const called = turns.map(({ report: { route, switched } }) => Number(route === "edge" || switched !== null));
  const { quality, calls, mean_s, ttft_s } = replayed[way];
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  const columns = [
    percent(mean(turns.map(({ right }) => Number(right)))), percent(mean(called)), seconds(turns).toFixed(3),
    mean(turns.map(({ report }) => report.ttft_s ?? 0)).toFixed(3),
    percent(quality), percent(calls), mean_s.toFixed(3), ttft_s.toFixed(3),
  ];
  console.log(`| ${way} | ${columns.join(" | ")} |`);
}
const order = (/** @type {(way: string) => number} */ of) => Object.keys(live).sort((a, b) => of(a) - of(b)).join(" < ");
console.log(`\nmean seconds live:   ${order((way) => seconds(live[way]))}`);
console.log(`mean seconds replay: ${order((way) => replayed[way].mean_s)}`);
const whole = Object.values(live).flat().filter(({ report }) => report.switched === null);
for (const route of ["device", "edge"]) {
  const ratios = whole
    .filter(({ report }) => report.route === route)
    .map(({ report }) => (route === "edge" ? report.t_edge_s : report.t_device_s) / (report.total_s - report.decided_s));
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  console.log(`predicted over measured, ${route}: median ${median}, quartiles ${low} and ${high}, ${ratios.length} turns`);
}

/** What the replay makes of it, way by way. */
async function replay() {
  const folder = await mkdtemp(path.join(tmpdir(), "nearside-dialogues-"));
  const file = (/** @type {string} */ name) => path.join(folder, name);
  /** @param {string} name @param {object[]} rows */
  const writeRows = (name, rows) => writeFile(file(name), rows.map((row) => JSON.stringify(row)).join("\n"));
  const asked = dialogues.flat();
  const outcome = (/** @type {Turn} */ { right, report }) => ({ correct: Number(right), output_chars: report.text.length });
  await writeRows("outcomes.jsonl", asked.map(({ messages }, i) => ({
    id: `${i}`, dataset: "embedded", prompt: messages.at(-1)?.content,
    models: { device: outcome(live.all_device[i]), edge: outcome(live.all_edge[i]) },
  })));
  await writeRows("answers.jsonl", live.all_device.map(({ report }, i) => ({ id: `${i}`, answer: report.text })));
  await writeFile(file("rates.json"), JSON.stringify(rates()));
  const rtt_s = (2 * LINK.oneWayDelayMillis) / 1000;
  const row = [rtt_s, LINK.bytesPerSecond, LINK.bytesPerSecond, 0, true];
  await writeFile(file("trace.json"), JSON.stringify({ name: "shaped", step_s: 1, rows: [row] }));
  const program = path.join(repositoryRoot, "target/fast/nearside-eval");
  await promisify(execFile)(program, [
    "--dialogues", "--session", `${n_turns}`, "--outcomes", file("outcomes.jsonl"), "--answers", file("answers.jsonl"),
    "--device", "device", "--edge", "edge", "--scorer", path.join(repositoryRoot, "models/scorer.gguf"),
    "--rates", file("rates.json"), "--trace", file("trace.json"), "--alpha", `${ALPHA_PER_S}`,
    "--json", file("found.json"),
  ]);
  const { sets: [{ routers }] } = JSON.parse(await readFile(file("found.json"), "utf8"));
  await rm(folder, { recursive: true });
  const at = (/** @type {any} */ { curve, all }) =>
    curve.toSorted((/** @type {any} */ a, /** @type {any} */ b) => Math.abs(a.theta - THETA) - Math.abs(b.theta - THETA))[0] ?? all;
  return Object.fromEntries(routers.map((/** @type {any} */ router) => [router.name, at(router)]));
}

/** The rates that were measured, in the replay's tokens, which are longer than the pair's. */
function rates() {
  const total = (/** @type {(report: TurnReport) => number} */ of) =>
    live.all_device.reduce((sum, { report }) => sum + of(report), 0);
  const share = total(({ text }) => text.length) / total(({ usage }) => usage.completion_tokens) / TOKEN_CHARS;
  return {
    device_prefill_tps: share * measured.device.prefill_tps,
    device_decode_tps: share * measured.device.decode_tps,
    edge_prefill_tps: share * measured.edge.prefill_tps,
    edge_decode_tps: share * measured.edge.decode_tps,
    score_s: SCORE_S,
    look_s: 2 * SCORE_S,
  };
}
