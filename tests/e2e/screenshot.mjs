/**
 * Takes docs/screenshot.png from the demo with its real models:
 *
 *     cargo xtask build && cargo xtask models fetch && node tests/e2e/screenshot.mjs
 *
 * `--embedded` shows the embedded pair, `--empty` the page before the first question, `--out FILE` writes elsewhere, `--size WIDTHxHEIGHT` takes
 * another window, `--dark` the dark look.
 */

import path from "node:path";
import { parseArgs } from "node:util";

import { REAL_PAIR, ask, launchBrowser, openChat, repositoryRoot, startGateway } from "./harness.mjs";

const QUESTIONS = {
  real: [
    "Hello! What can you help me with?",
    "Translate into French: Good morning, my friend.",
    "Write a Python function that returns the square of a number.",
  ],
  embedded: ["Hello there.", "What is the capital of France?", "Sort these words: pear, moon, cat, tree."],
};

const { values } = parseArgs({
  options: {
    embedded: { type: "boolean", default: false },
    empty: { type: "boolean", default: false },
    dark: { type: "boolean", default: false },
    size: { type: "string", default: "1280x1040" },
    out: { type: "string", default: path.join(repositoryRoot, "docs/screenshot.png") },
  },
});
const [width, height] = values.size.split("x").map(Number);

const gateway = await startGateway(values.embedded ? {} : { serves: REAL_PAIR });
const browser = await launchBrowser();
try {
  const page = await openChat(browser.context, gateway.url);
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: values.dark ? "dark" : "light" });
  const questions = values.embedded ? QUESTIONS.embedded : QUESTIONS.real;
  for (const question of values.empty ? [] : questions) await ask(page, question);
  if (!values.empty) {
    const answers = page.locator("nearside-chat").locator("article.answer");
    await answers.last().locator("summary").first().click();
  }
  await page.screenshot({ path: values.out });
} finally {
  await browser.close();
  await gateway.stop();
}
