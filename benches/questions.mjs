/**
 * The questions that pairs of models are measured on, and whether an answer is right: those of the
 * embedded pair in models/eval-questions.jsonl, and everyday ones in benches/everyday.jsonl.
 */

import { readFile } from "node:fs/promises";
import path from "node:path";

import { repositoryRoot } from "../tests/e2e/harness.mjs";

/**
 * @typedef {object} Question
 * @property {string} skill
 * @property {{role: string, content: string}[]} messages
 * @property {{type: string, value: any, flags?: string}} expect
 */

/** @param {string} [file] @returns {Promise<Question[]>} */
export async function readQuestions(file = path.join(repositoryRoot, "models/eval-questions.jsonl")) {
  const text = await readFile(file, "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** As `check` in train/generator/turn.py. @param {Question["expect"]} expect @param {string} text */
export function isRight({ type, value, flags }, text) {
  // As written, in any case unless the question asks for one.
  if (type === "matches") return new RegExp(value, flags ?? "is").test(text);
  const answer = text.toLowerCase();
  if (type === "number") return Number(answer.match(/\d+/g)?.at(-1) ?? NaN) === value;
  if (type === "contains") return answer.includes(String(value).toLowerCase());
  const said = answer.match(/[a-z]+/g) ?? [];
  return value.every((/** @type {string} */ word, /** @type {number} */ i) => said.at(i - value.length) === word.toLowerCase());
}
