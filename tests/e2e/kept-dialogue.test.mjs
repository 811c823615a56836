/** A dialogue that outlives its page: nothing is read twice, and what is damaged is read again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, newPage, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const QUESTIONS = ["What is the capital of France?", "What is 23 + 41?", "Sort these words: moon, apple, king."];

const stage = siteForEachTest();

/** @param {string} [query] */
async function open(query = "&keep") {
  const page = await newPage(stage.browser.context);
  await page.goto(`${stage.site.url}?mode=device-only${query}`);
  await waitUntilReady(page);
  return page;
}

/** The files of the dialogue's folder. @param {Page} page */
function files(page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-dialogue", { create: true });
    const names = [];
    for await (const name of /** @type {any} */ (folder).keys()) names.push(name.split(".").at(-1));
    return names.sort();
  });
}

/** @param {Page} page @param {string[]} expected */
async function waitForFiles(page, expected) {
  for (let i = 0; i < 100; i++) {
    if (JSON.stringify(await files(page)) === JSON.stringify(expected)) return;
    await page.waitForTimeout(50);
  }
  assert.deepEqual(await files(page), expected);
}

/** @param {Page} page @returns {Promise<number>} */
const heldTokens = (page) =>
  page.evaluate(
    () => /** @type {any} */ (document.querySelector("nearside-chat")).router.state.core.device.held_tokens,
  );

/** The dialogue as it goes without a reload. */
async function uninterrupted() {
  const page = await open("");
  const texts = [];
  for (const question of QUESTIONS) texts.push((await ask(page, question)).text);
  assert.deepEqual(await files(page), [], "nothing is kept unless the page asks for it");
  await page.close();
  return texts;
}

/** Two turns, and the page is gone. */
async function begin() {
  const page = await open();
  const texts = [];
  for (const question of QUESTIONS.slice(0, 2)) texts.push((await ask(page, question)).text);
  await waitForFiles(page, ["kv", "ok"]);
  const held = await heldTokens(page);
  return { page, texts, held };
}

test("after a reload a turn reads its own tokens alone", async () => {
  const wanted = await uninterrupted();
  const { page, texts, held } = await begin();
  await page.reload();
  await waitUntilReady(page);

  const answers = page.locator("nearside-chat article.answer");
  await answers.nth(1).waitFor();
  assert.equal(await heldTokens(page), held);
  const report = await ask(page, QUESTIONS[2]);
  assert.ok(report.usage.cached_tokens >= held - 1, `${report.usage.cached_tokens} of ${held} reused`);
  assert.deepEqual([...texts, report.text], wanted, "as if it had never been away");
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).heard.warning.map((/** @type {any} */ { code }) => code)), []);
});

test("a damaged file is dropped with a warning, and the dialogue goes on", async () => {
  const wanted = await uninterrupted();
  const { page } = await begin();
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-dialogue");
    for await (const [name, handle] of /** @type {any} */ (folder)) {
      if (!name.endsWith(".kv")) continue;
      const file = await handle.getFile();
      const bytes = new Uint8Array(await file.arrayBuffer());
      bytes[bytes.length >> 1] ^= 1;
      const writable = await handle.createWritable();
      await writable.write(bytes);
      await writable.close();
    }
  });
  await page.reload();
  await waitUntilReady(page);

  // The chat is ready as soon as the model is; what was kept is read after that.
  await page.waitForFunction(() => /** @type {any} */ (window).heard.warning.length > 0);
  assert.equal(await heldTokens(page), 0);
  const warnings = await page.evaluate(() => /** @type {any} */ (window).heard.warning.map((/** @type {any} */ { code }) => code));
  assert.deepEqual(warnings, ["kv_checksum"]);
  assert.deepEqual(await files(page), []);
  const report = await ask(page, QUESTIONS[2]);
  assert.equal(report.usage.cached_tokens, 0);
  assert.equal(report.text, wanted[2]);
});

test("a new chat leaves the one before where it is, and begins with nothing", async () => {
  const { page } = await begin();
  await page.locator("nearside-chat button[part~=new-chat]").click();
  await page.reload();
  await waitUntilReady(page);
  assert.equal(await page.locator("nearside-chat article.answer").count(), 0);
  assert.equal(await heldTokens(page), 0);
  assert.deepEqual(await files(page), ["kv", "ok"]);
});

test("a dialogue that was left goes on after a reload without being read again", async () => {
  const { page, held } = await begin();
  const chat = page.locator("nearside-chat");
  await chat.locator("button[part~=new-chat]").click();
  await ask(page, "Sort these words: pear, moon, cat, tree.");
  await waitForFiles(page, ["kv", "kv", "ok", "ok"]);
  await page.reload();
  await waitUntilReady(page);
  await chat.locator("button[part~=history-button]").click();
  await chat.locator("[part=dialogue]").last().click();
  await page.waitForFunction((held) => /** @type {any} */ (document.querySelector("nearside-chat")).router.state.core.device.held_tokens === held, held);
  const report = await ask(page, QUESTIONS[2]);
  assert.ok(report.usage.cached_tokens >= held - 1, `${report.usage.cached_tokens} of ${held} reused`);
});
