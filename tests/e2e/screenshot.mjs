/**
 * Takes docs/screenshot.png from the running demo:
 *
 *     cargo xtask build && node tests/e2e/screenshot.mjs
 */

import path from "node:path";

import { ask, launchBrowser, openChat, repositoryRoot, startGateway } from "./harness.mjs";

const QUESTIONS = [
  "Hello there.",
  "What is the capital of France?",
  "Sort these words: pear, moon, cat, tree.",
];

const gateway = await startGateway();
const browser = await launchBrowser();
try {
  const page = await openChat(browser.context, gateway.url);
  await page.setViewportSize({ width: 1280, height: 1040 });
  for (const question of QUESTIONS) await ask(page, question);
  const answers = page.locator("nearside-chat").locator("article.answer");
  await answers.last().locator("summary").click();
  await page.screenshot({ path: path.join(repositoryRoot, "docs/screenshot.png") });
} finally {
  await browser.close();
  await gateway.stop();
}
