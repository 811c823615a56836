/** Whether an answer is right: rows of a check, an answer, and what the judge must say. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isRight } from "../../benches/checks.mjs";

/** @type {[import("../../benches/checks.mjs").Check, string, boolean][]} */
const ROWS = [
  [{ type: "says", value: ["Paris"] }, "It is **Paris**, of course.", true],
  [{ type: "says", value: ["Paris"] }, "Parisian food", false],
  [{ type: "says", value: ["Brasília", "Brasilia"] }, "brasilia", true],
  [{ type: "quantity", value: 1200, tolerance: 0 }, "That makes $1,200.00.", true],
  [{ type: "quantity", value: 20, tolerance: 0 }, "**Step 1:** add. **Step 2:** halve, which gives 20.", true],
  [{ type: "quantity", value: 42, tolerance: 0 }, "**42** (six times 7)", true],
  [{ type: "quantity", value: 42, tolerance: 0 }, "\\[ \\boxed{42} \\] as 6 times 7", true],
  [{ type: "quantity", value: -5, tolerance: 0 }, "The result is -5.", true],
  [{ type: "quantity", value: 3, tolerance: 0 }, "no number at all", false],
  [{ type: "line", value: ["5"] }, "- 5", true],
  [{ type: "line", value: ["5"] }, "-5", false],
  [{ type: "line", value: ["He doesn't like tea"] }, "Sure:\n\n\"He doesn’t like tea.\"", true],
  [{ type: "label", value: "positive", labels: ["negative", "positive"] }, "Positive, not negative.", true],
  [{ type: "label", value: "positive", labels: ["negative", "positive"] }, "It is not negative.", false],
  [{ type: "items", value: ["b", "a"], ordered: true }, "a, b", false],
  [{ type: "items", value: ["a", "b"], ordered: true }, "a, b", true],
  [{ type: "json", value: { age: 7, name: "Ann" } }, "```json\n{\"name\": \"ann\", \"age\": \"7\"}\n```", true],
  [{ type: "json", value: { age: 7 } }, "{age: 7}", false],
  [{ type: "shape", max_words: 3, ends: "." }, "Two words.", true],
  [{ type: "shape", n_items: 2 }, "1. one\n2. two\n3. three", false],
  [{ type: "any", value: [{ type: "says", value: ["x"] }, { type: "says", value: ["y"] }] }, "y", true],
  [{ type: "not", value: { type: "says", value: ["x"] } }, "x", false],
  [{ type: "all", value: [{ type: "says", value: ["x"] }, { type: "says", value: ["y"] }] }, "x", false],
];

for (const [check, answer, expected] of ROWS) {
  test(`${JSON.stringify(check)} of ${JSON.stringify(answer)}`, () => {
    assert.equal(isRight(check, answer), expected);
  });
}

test("code that an answer brings is run, apart from everything else", () => {
  const check = { type: "code", language: "javascript", name: "double", tests: [[[2], 4], [[-1], -2]] };
  const fenced = (/** @type {string} */ code) => `Sure!\n\n\`\`\`js\n${code}\n\`\`\`\nIt prints:\n\`\`\`\n4\n\`\`\``;
  assert.ok(isRight(check, fenced("function double(x) { console.error(x); return 2 * x; }")));
  assert.ok(isRight(check, "function double(x) {\n  return 2 * x;\n}\nThis function doubles a number."));
  assert.ok(!isRight(check, fenced("function double(x) { return x * x; }")));
  assert.ok(!isRight(check, fenced("function double(x) { for (;;); }")), "it ends");
  assert.ok(!isRight(check, fenced("function double(x) { return require('fs').readdirSync('/').length; }")));
  assert.ok(!isRight(check, "I cannot write code."));
});

test("a check that there is not is told", () => {
  assert.throws(() => isRight({ type: "taste" }, "good"), /no check "taste"/);
});
