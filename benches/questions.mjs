/**
 * The questions that pairs of models are measured on: those of the embedded pair in
 * models/eval-questions.jsonl, and everyday ones in benches/everyday.jsonl.
 */

import { readFile } from "node:fs/promises";
import path from "node:path";

import { repositoryRoot } from "../tests/e2e/harness.mjs";

/**
 * @typedef {object} Question
 * @property {string} skill
 * @property {{role: string, content: string}[]} messages
 * @property {import("./checks.mjs").Check} expect
 */

/** @param {string} [file] @returns {Promise<Question[]>} */
export async function readQuestions(file = path.join(repositoryRoot, "models/eval-questions.jsonl")) {
  const text = await readFile(file, "utf8");
  return text.trim().split("\n").map((line) => asQuestion(JSON.parse(line)));
}

/** A row as it is, or one of `train/everyday/build.py`. @param {any} row @returns {Question} */
function asQuestion(row) {
  if (row.messages) return row;
  const messages = [...(row.before ?? []), { role: "user", content: row.prompt }];
  return { skill: row.subject, messages, expect: row.check };
}
