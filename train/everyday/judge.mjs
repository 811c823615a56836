/**
 * Whether each answer is right: a JSON line `{"check": …, "answer": "…"}` a question on stdin, `true` or `false` a line out.
 */

import { createInterface } from "node:readline";

import { isRight } from "../../benches/checks.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { check, answer } = JSON.parse(line);
  console.log(isRight(check, answer));
}
