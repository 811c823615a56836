/**
 * How a model's tokens are best drawn: everyday questions, each way of drawing in turn, several seeds,
 * straight to the gateway.
 *
 *     node benches/sampling.mjs NAME [SEEDS]    a model of `cargo xtask models`, fetched; 3 seeds
 *
 * An answer that has not ended after 512 tokens counts as one that does not end.
 */

import { readFile } from "node:fs/promises";

import { startGateway } from "../tests/e2e/harness.mjs";
import { isRight } from "./checks.mjs";
import { readQuestions } from "./questions.mjs";

const MAX_TOKENS = 512;
/** What publishers recommend for models of this size, beside the likeliest token. */
const WAYS = {
  "the likeliest token": { temperature: 0 },
  "the likeliest, repetition penalty 1.1": { temperature: 0, repetition_penalty: 1.1 },
  "temperature 0.2, top_p 0.9": { temperature: 0.2, top_p: 0.9 },
  "temperature 0.7, top_p 0.8, top_k 20, penalty 1.1": {
    temperature: 0.7, top_p: 0.8, top_k: 20, repetition_penalty: 1.1,
  },
};

const [name = "smollm2-135m-instruct", n_seeds = "3"] = process.argv.slice(2);
const catalogue = JSON.parse(await readFile("models/catalogue.json", "utf8"));
const entry = catalogue.models.find((/** @type {{name: string}} */ model) => model.name === name);
if (!entry) throw new Error(`${name} is not in models/catalogue.json`);
const questions = await readQuestions("benches/everyday.jsonl");
const serves = ["--model", `models/fetched/${entry.file}`, "--context", "4096"];
const gateway = await startGateway({ serves, args: ["--max-tokens", String(MAX_TOKENS)] });

/** @param {object} sampling @param {number} seed @param {import("./questions.mjs").Question} question */
async function ask(sampling, seed, { messages, expect }) {
  const response = await fetch(`${gateway.url}v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, seed, ...sampling }),
  });
  const { choices } = await response.json();
  return { right: isRight(expect, choices[0].message.content), ended: choices[0].finish_reason === "stop" };
}

console.log(`${name}, ${questions.length} questions\n`);
console.log("| drawn by | seeds | right | fewest, most | do not end |\n|---|--:|--:|--:|--:|");
for (const [way, sampling] of Object.entries(WAYS)) {
  const seeds = sampling.temperature === 0 ? 1 : Number(n_seeds);
  const right = [];
  let endless = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    let n = 0;
    // The gateway works on four at a time.
    for (let i = 0; i < questions.length; i += 4) {
      const answers = await Promise.all(questions.slice(i, i + 4).map((question) => ask(sampling, seed, question)));
      n += answers.filter((answer) => answer.right).length;
      endless += answers.filter((answer) => !answer.ended).length;
    }
    right.push(n);
  }
  const mean = right.reduce((sum, n) => sum + n, 0) / seeds;
  const columns = [seeds, mean.toFixed(1), `${Math.min(...right)}, ${Math.max(...right)}`, (endless / seeds).toFixed(1)];
  console.log(`| ${way} | ${columns.join(" | ")} |`);
}
await gateway.stop();
