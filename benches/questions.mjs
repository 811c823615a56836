/**
 * The questions that the embedded pair is measured on, and whether an answer is right.
 */

import { readFile } from "node:fs/promises";
import path from "node:path";

import { repositoryRoot } from "../tests/e2e/harness.mjs";

/**
 * @typedef {object} Question
 * @property {string} skill
 * @property {{role: string, content: string}[]} messages
 * @property {{type: string, value: any}} expect
 */

/** @param {string} [file] @returns {Promise<Question[]>} */
export async function readQuestions(file = path.join(repositoryRoot, "models/eval-questions.jsonl")) {
  const text = await readFile(file, "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** As `check` in train/generator/turn.py. @param {Question["expect"]} expect @param {string} text */
export function isRight({ type, value }, text) {
  const answer = text.toLowerCase();
  if (type === "number") return Number(answer.match(/\d+/g)?.at(-1) ?? NaN) === value;
  if (type === "contains") return answer.includes(String(value).toLowerCase());
  const said = answer.match(/[a-z]+/g) ?? [];
  return value.every((/** @type {string} */ word, /** @type {number} */ i) => said.at(i - value.length) === word.toLowerCase());
}
