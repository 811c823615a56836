/** A device model that the scorer has not learned is asked a quiz in the page, once, and never in a reader's way. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { newPage, repositoryRoot, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

const stage = siteForEachTest();

/** The embedded device model, whose name no scorer knows, judged by the general scorer. @param {string} [quiz] */
async function serveStranger(quiz) {
  const response = await fetch(`${stage.site.url}models/manifest.json`);
  const { files } = await response.json();
  const device = files.find((/** @type {{role: string}} */ file) => file.role === "device");
  const scorer = await readFile(path.join(repositoryRoot, "models/general.gguf"));
  const sha256 = createHash("sha256").update(scorer).digest("hex");
  const general = { role: "scorer", name: "general.gguf", url: "general.gguf", bytes: scorer.length, sha256 };
  const manifest = { version: 1, files: [general, { ...device, ...(quiz === undefined ? {} : { quiz }) }] };
  stage.site.route("/models/manifest.json", (_, to) => to.end(JSON.stringify(manifest)));
}

async function open() {
  const page = await newPage(stage.browser.context);
  await page.goto(stage.site.url);
  await waitUntilReady(page);
  return page;
}

/** @param {import("playwright-core").Page} page @returns {Promise<any>} */
function known(page) {
  return page.evaluate(() => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    return router.state.core.competence?.device ?? null;
  });
}

/** @param {import("playwright-core").Page} page */
async function waitForQuiz(page) {
  await page.waitForFunction(() => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    const device = router.state.core.competence?.device;
    return device?.expected != null && device.quiz_asked === device.quiz_total;
  }, null, { timeout: 60_000 });
}

test("a stranger is asked the quiz once, the page says so, and a question goes first", async () => {
  await serveStranger();
  const page = await open();
  await page.getByText(/Trying the device's model: \d+ of 32/).first().waitFor();
  const asked = await page.evaluate(async () => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    const began = performance.now();
    const messages = [{ role: "user", content: "What is 2 + 3?" }];
    const answer = await router.chat.completions.create({ messages, max_tokens: 4, mode: "device-only" });
    return { text: answer.choices[0].message.content, millis: performance.now() - began };
  });
  assert.ok(asked.text.length > 0 && asked.millis < 5000, JSON.stringify(asked));
  await waitForQuiz(page);
  const first = await known(page);
  assert.ok(!first.learned && first.expected > 0 && first.expected < 1, JSON.stringify(first));
  await page.getByText(/Device ready/).first().waitFor();

  await page.reload();
  await waitUntilReady(page);
  await waitForQuiz(page);
  assert.equal(await page.getByText(/Trying the device's model/).count(), 0, "it is remembered");
  assert.equal((await known(page)).quiz_right, first.quiz_right);

  const left = await page.evaluate(async () => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    await router.forgetFeedback();
    return router.state.core.competence.device.quiz_asked;
  });
  assert.equal(left, 0, "it is forgotten");
  await waitForQuiz(page);
  await page.close();
});

test("a manifest brings the result, and no question is asked", async () => {
  await serveStranger("1".repeat(32));
  const page = await open();
  await waitForQuiz(page);
  const device = await known(page);
  assert.equal(device.quiz_right, 32);
  assert.ok(device.expected > 0.7, JSON.stringify(device));
  await page.close();
});

test("a damaged result is refused by its name", async () => {
  await serveStranger("often");
  const page = await newPage(stage.browser.context);
  await page.goto(stage.site.url);
  const heard = await page.waitForFunction(() => /** @type {any} */ (window).heard.error[0]);
  const error = await heard.jsonValue();
  assert.equal(error.code, "invalid_config");
  assert.match(error.message, /models\.device_quiz/);
  await page.close();
});
