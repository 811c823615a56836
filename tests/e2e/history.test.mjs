/** The panel with all dialogues: by pointer and by keyboard alone, narrow and wide, in two tabs. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { ask, newPage, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const stage = siteForEachTest();

/** @param {string} [query] */
async function open(query = "?mode=edge-only&keep") {
  const page = await newPage(stage.browser.context);
  await page.goto(stage.site.url + query);
  await waitUntilReady(page);
  await chat(page).locator("[part=history-button]").waitFor();
  return page;
}

/** @param {Page} page */
const chat = (page) => page.locator("nearside-chat");
/** @param {Page} page */
const panel = (page) => chat(page).getByRole("dialog", { name: "Dialogues" });
/** @param {Page} page */
const titles = (page) => panel(page).locator(".item-title");

/** @param {Page} page */
async function openPanel(page) {
  await chat(page).getByRole("button", { name: "Dialogues" }).click();
  await panel(page).waitFor();
}

/** @param {Page} page @returns {Promise<string[]>} */
const questions = (page) => chat(page).locator("article.question > span:first-child").allTextContents();

/** Three dialogues, the last one open. @param {Page} page */
async function fill(page) {
  for (const [n, question] of ["What is a comet?", "Name a café in Paris.", "Sort these words."].entries()) {
    if (n > 0) await chat(page).evaluate((/** @type {any} */ element) => element.newChat());
    stage.site.answer = `Answer number ${n}.`;
    await ask(page, question);
  }
}

/** @param {Page} page @param {string[]} wanted */
async function waitForTitles(page, wanted) {
  await page.waitForFunction(
    (wanted) => {
      const root = document.querySelector("nearside-chat")?.shadowRoot;
      return JSON.stringify([...(root?.querySelectorAll(".item-title") ?? [])].map((one) => one.textContent)) === wanted;
    },
    JSON.stringify(wanted),
    { timeout: 10_000 },
  ).catch(() => {});
  assert.deepEqual(await titles(page).allTextContents(), wanted);
}

/** @param {Page} page */
const focused = (page) =>
  page.evaluate(() => {
    const root = document.querySelector("nearside-chat")?.shadowRoot;
    return root?.activeElement?.getAttribute("part") ?? root?.activeElement?.tagName;
  });

test("dialogues are listed by day, the open one is marked, and another is a click away", async () => {
  const page = await open();
  await fill(page);
  await openPanel(page);
  await waitForTitles(page, ["Sort these words.", "Name a café in Paris.", "What is a comet?"]);
  assert.equal(await panel(page).locator("h3").textContent(), "Today");
  assert.equal(await panel(page).locator("[aria-current=true] .item-title").textContent(), "Sort these words.");
  assert.equal(await panel(page).getByRole("status").first().textContent(), "Dialogues: 3");
  await titles(page).last().click();
  await panel(page).waitFor({ state: "hidden" });
  assert.deepEqual(await questions(page), ["What is a comet?"]);
  await ask(page, "And a star?");
  await openPanel(page);
  await waitForTitles(page, ["What is a comet?", "Sort these words.", "Name a café in Paris."]);
});

test("what was said is found, whatever its marks and case", async () => {
  const page = await open();
  await fill(page);
  await openPanel(page);
  const line = panel(page).getByRole("searchbox");
  await line.fill("CAFE");
  await waitForTitles(page, ["Name a café in Paris."]);
  await line.fill("number 0");
  await waitForTitles(page, ["What is a comet?"]);
  assert.equal(await panel(page).locator(".item-piece").textContent(), "Answer number 0.");
  assert.equal(await panel(page).getByRole("status").first().textContent(), "Found: 1");
  await line.fill("zebra");
  await panel(page).getByText("Nothing found.").waitFor();
});

test("by keyboard alone on a phone: open, find, move, name, delete, take back, leave", async () => {
  const page = await open();
  await page.setViewportSize({ width: 320, height: 480 });
  await fill(page);
  await chat(page).getByRole("button", { name: "Dialogues" }).focus();
  await page.keyboard.press("Enter");
  await panel(page).waitFor();
  await waitForTitles(page, ["Sort these words.", "Name a café in Paris.", "What is a comet?"]);
  assert.equal(await focused(page), "history-search");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "dialogue-name");
  await page.keyboard.type("Paris");
  await page.keyboard.press("Enter");
  await waitForTitles(page, ["Sort these words.", "Paris", "What is a comet?"]);
  assert.equal(await focused(page), "dialogue");

  await panel(page).getByLabel("More for “Paris”").press("Enter");
  await panel(page).getByRole("button", { name: "Delete", exact: true }).press("Enter");
  await waitForTitles(page, ["Sort these words.", "What is a comet?"]);
  assert.equal(await focused(page), "undo");
  await page.keyboard.press("Enter");
  await waitForTitles(page, ["Sort these words.", "Paris", "What is a comet?"]);

  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "hidden" });
  assert.equal(await focused(page), "history-button");
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(sideways, 320);
});

test("a dialogue that is deleted leaves nothing behind, the one that is open too", async () => {
  const page = await open("?mode=device-only&keep");
  await ask(page, "What is the capital of France?");
  await page.waitForFunction(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-dialogue", { create: true });
    const names = [];
    for await (const name of /** @type {any} */ (folder).keys()) names.push(name);
    return names.some((name) => name.endsWith(".ok"));
  });
  await openPanel(page);
  await panel(page).getByLabel(/^More for/).click();
  await panel(page).getByRole("button", { name: "Delete", exact: true }).click();
  await waitForTitles(page, []);
  assert.deepEqual(await questions(page), []);
  await page.waitForTimeout(1500);
  const left = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-dialogue");
    const files = [];
    for await (const name of /** @type {any} */ (folder).keys()) files.push(name);
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("nearside-dialogues");
      request.onsuccess = () => resolve(request.result);
    });
    const records = await Promise.all(["dialogues", "messages"].map((name) => new Promise((resolve) => {
      const request = /** @type {any} */ (database).transaction(name).objectStore(name).count();
      request.onsuccess = () => resolve(request.result);
    })));
    const { device } = /** @type {any} */ (document.querySelector("nearside-chat")).router.state.core;
    return { files, records, held: device.held_tokens };
  });
  assert.deepEqual(left, { files: [], records: [0, 0], held: 0 });
});

test("another tab's dialogue is marked, is not opened twice, and what happens there is seen at once", async () => {
  const one = await open();
  await ask(one, "in the first tab");
  const two = await open();
  await ask(two, "in the second tab");
  await openPanel(one);
  await waitForTitles(one, ["in the second tab", "in the first tab"]);
  const others = panel(one).locator(".item", { hasText: "in the second tab" });
  assert.equal(await others.locator(".item-note").textContent(), "Open in another tab");
  await others.locator(".item-open").click();
  await panel(one).getByText(/^This dialogue is open in another tab\. Go on there/).waitFor();
  assert.deepEqual(await questions(one), ["in the first tab"]);
  await others.getByLabel(/^More for/).click();
  assert.equal(await others.getByRole("button", { name: "Delete", exact: true }).isDisabled(), true);

  await chat(two).evaluate((/** @type {any} */ element) => element.newChat());
  await ask(two, "one more");
  await waitForTitles(one, ["one more", "in the second tab", "in the first tab"]);
  await others.locator(".item-open").click();
  await panel(one).waitFor({ state: "hidden" });
  assert.deepEqual(await questions(one), ["in the second tab"]);
});

test("dialogues are saved as files and read back, each message once", async () => {
  const page = await open();
  await fill(page);
  stage.site.answer = "Another one.";
  await chat(page).getByRole("button", { name: "Answer again" }).click();
  await chat(page).locator("[part=branches]").waitFor();
  await openPanel(page);
  const download = page.waitForEvent("download");
  await panel(page).getByRole("button", { name: "Save all as JSON" }).click();
  const file = await (await download).path();
  const kept = JSON.parse(await readFile(file, "utf8"));
  assert.deepEqual(kept.dialogues.map((/** @type {any} */ { title, messages }) => [title, messages.length]), [
    ["Sort these words.", 3],
    ["Name a café in Paris.", 2],
    ["What is a comet?", 2],
  ]);
  const markdown = page.waitForEvent("download");
  await panel(page).getByLabel("More for “Name a café in Paris.”").click();
  await panel(page).getByRole("button", { name: "Save as Markdown", exact: true }).click();
  assert.equal((await markdown).suggestedFilename(), "Name-a-café-in-Paris.md");
  assert.match(await readFile(await (await markdown).path(), "utf8"), /^# Name a café in Paris\.\n\n\*.*\*\n\n\*\*You\*\*\n\nName a café in Paris\.\n\n\*\*Answer\*\*\n\nAnswer number 1\.\n$/);

  await panel(page).getByRole("button", { name: "Delete", exact: true }).click();
  await waitForTitles(page, ["Sort these words.", "What is a comet?"]);
  await panel(page).locator("input[type=file]").setInputFiles(file);
  await panel(page).getByText("Dialogues read from the file: 3").waitFor();
  await waitForTitles(page, ["Sort these words.", "Name a café in Paris.", "What is a comet?"]);
  const again = page.waitForEvent("download");
  await panel(page).getByRole("button", { name: "Save all as JSON" }).click();
  assert.deepEqual(JSON.parse(await readFile(await (await again).path(), "utf8")), kept);
});

test("a file that is none says so and changes nothing", async () => {
  const page = await open();
  await fill(page);
  await openPanel(page);
  const loop = { id: "a", title: "t", at: 1, changed: 1, messages: [{ id: "m", parent: "m", role: "user", content: "x", at: 1 }] };
  for (const text of ["no json", "{}", JSON.stringify({ format: "nearside-dialogues", version: 1, dialogues: [loop] })]) {
    await panel(page).locator("input[type=file]").setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await panel(page).getByText("This file holds no dialogues of this chat.").waitFor();
    await panel(page).getByRole("searchbox").press("Escape");
    await panel(page).waitFor({ state: "hidden" });
    await openPanel(page);
  }
  assert.equal(await titles(page).count(), 3);
});

test("everything in the panel has a name, and only the panel can be used while it is open", async () => {
  const page = await open();
  await fill(page);
  await openPanel(page);
  const { nameless, behind } = await page.evaluate(() => {
    const root = /** @type {ShadowRoot} */ (document.querySelector("nearside-chat")?.shadowRoot);
    const controls = [...root.querySelectorAll(".history :is(button, summary, input:not([hidden]))")];
    const nameless = controls.filter((one) => !one.getAttribute("aria-label") && !one.textContent?.trim()).map((one) => one.outerHTML);
    const behind = [...root.children].filter((one) => !one.classList.contains("drawer") && !one.hasAttribute("inert")).length;
    return { nameless, behind };
  });
  assert.deepEqual(nameless, []);
  assert.equal(behind, 0);
  await page.keyboard.press("Escape");
  assert.equal(await chat(page).locator("[inert]").count(), 0);
});

test("without keep-dialogue there is no panel", async () => {
  const page = await newPage(stage.browser.context);
  await page.goto(`${stage.site.url}blank.html`);
  await page.evaluate(async (base) => {
    await import(`${base}www/element.js`);
    document.body.append(document.createElement("nearside-chat"));
  }, stage.site.url);
  await chat(page).locator("[part=new-chat]").waitFor();
  assert.equal(await chat(page).locator("[part=history-button]").isVisible(), false);
});
