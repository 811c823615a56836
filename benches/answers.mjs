/**
 * Tokens per second of whole answers, the reading of the question included, natively at the gateway. Two
 * builds are compared in turn:
 *
 *     node benches/answers.mjs PROGRAM PROGRAM [ROUNDS]    each a built nearside-edge; 6 rounds
 */

import { startGateway } from "../tests/e2e/harness.mjs";
import { mean } from "./summary.mjs";

const MODEL = "models/fetched/smollm2-135m-instruct.gguf";
const QUESTIONS = [
  "Write a story about a lighthouse keeper and a storm.",
  "Explain how plants make food, in detail.",
  "List ten tips for a job interview with reasons.",
];

/** @param {string} program */
async function answer(program) {
  process.env.NEARSIDE_EDGE = program;
  const gateway = await startGateway({ serves: ["--model", MODEL, "--context", "4096"] });
  const rates = [];
  for (const content of QUESTIONS) {
    const started = performance.now();
    const response = await fetch(`${gateway.url}v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ role: "user", content }], temperature: 0, max_tokens: 300 }),
    });
    const { usage } = await response.json();
    rates.push((1000 * usage.completion_tokens) / (performance.now() - started));
  }
  await gateway.stop();
  return rates;
}

const [a, b, rounds = "6"] = process.argv.slice(2);
if (!a || !b) throw new Error("two programs are needed: node benches/answers.mjs PROGRAM PROGRAM [ROUNDS]");
/** @type {Record<string, number[]>} */
const rates = { [a]: [], [b]: [] };
for (let i = 0; i < Number(rounds); i++) {
  for (const program of [a, b]) rates[program].push(...(await answer(program)));
}
for (const [program, all] of Object.entries(rates)) console.log(`${program}: ${mean(all).toFixed(1)} tokens/s`);
