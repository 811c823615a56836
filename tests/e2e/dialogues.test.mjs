/** Several dialogues, each a tree: what is kept of them, in one tab or two, and what can be done again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, ask, heard, newPage, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const stage = siteForEachTest();

/** @param {string} [query] */
async function open(query = "?mode=edge-only&keep") {
  const page = await newPage(stage.browser.context);
  await page.goto(stage.site.url + query);
  await waitUntilReady(page);
  return page;
}

/** @param {Page} page */
const chat = (page) => page.locator("nearside-chat");

/** @param {Page} page @returns {Promise<string[]>} */
const said = (page) =>
  chat(page).evaluate((/** @type {any} */ element) => element.messages.map((/** @type {any} */ { content }) => content));

/** @param {Page} page @param {() => Promise<unknown>} act */
async function turn(page, act) {
  const before = await heard(page);
  await act();
  return answered(page, before);
}

/** An answer that does not repeat itself, which would end it. @param {number} n */
const words = (n) => Array.from({ length: n }, (_, index) => `${index * index + 7}`).join(" ");

/** @param {Page} page @param {string} text */
function startAsking(page, text) {
  return chat(page).evaluate((/** @type {any} */ element, text) => void element.ask(text), text);
}

/** @param {Page} page @param {string} text */
function waitForText(page, text) {
  return page.waitForFunction(
    (text) => document.querySelector("nearside-chat")?.shadowRoot?.querySelector(".answer:last-of-type [part=answer]")?.textContent?.includes(text),
    text,
  );
}

test("an answer is asked for again: both stay, and one walks between them", async () => {
  const page = await open("?mode=edge-only");
  await ask(page, "Hello");
  stage.site.answer = "Another answer.";
  const answer = chat(page).locator("article.answer");
  await turn(page, () => answer.getByRole("button", { name: "Answer again" }).click());
  assert.deepEqual(await said(page), ["Hello", "Another answer."]);
  assert.equal(await answer.count(), 1);
  assert.equal(await answer.locator("[part=branches]").textContent(), "2/2");
  await answer.getByRole("button", { name: "The one before" }).click();
  assert.deepEqual(await said(page), ["Hello", "The edge answers in several words."]);
  assert.equal(await answer.locator("[part=branches]").textContent(), "1/2");
  const [first, second] = stage.site.requests.filter(({ path }) => path === "/v1/chat/completions").map(({ body }) => JSON.parse(body));
  assert.deepEqual(second.messages, first.messages, "the answer that was there is not sent");
  assert.ok(second.temperature > 0 && first.temperature === undefined);
});

test("an answer that could not be had again leaves the one that is there", async () => {
  const page = await open("?mode=edge-only");
  await ask(page, "Hello");
  stage.site.edge = 500;
  await chat(page).getByRole("button", { name: "Answer again" }).click();
  await chat(page).locator("[part=error]").waitFor();
  assert.deepEqual(await said(page), ["Hello", stage.site.answer]);
  assert.equal(await chat(page).locator("article.answer.outdated").count(), 0);
  stage.site.edge = "well";
  await turn(page, () => chat(page).getByRole("button", { name: "Retry" }).click());
  assert.equal(await chat(page).locator("[part=branches]").textContent(), "2/2");
});

test("a question is asked in other words, by keyboard; what followed it is a step away", async () => {
  const page = await open("?mode=edge-only");
  await ask(page, "first");
  await ask(page, "second");
  const question = chat(page).locator("article.question").first();
  await question.getByRole("button", { name: "Edit the question" }).press("Enter");
  const field = question.getByRole("textbox");
  assert.equal(await field.inputValue(), "first");
  await field.press("Escape");
  assert.equal(await field.count(), 0);
  assert.equal(await page.evaluate(() => document.querySelector("nearside-chat")?.shadowRoot?.activeElement?.getAttribute("part")), "edit");
  await page.keyboard.press("Enter");
  await field.fill("other");
  await turn(page, () => field.press("Enter"));
  assert.deepEqual(await said(page), ["other", stage.site.answer]);
  assert.equal(await chat(page).locator("article").count(), 2);
  await question.getByRole("button", { name: "The one before" }).click();
  assert.deepEqual((await said(page)).filter((_, n) => n % 2 === 0), ["first", "second"]);
  assert.equal(await chat(page).locator("article").count(), 4);
});

test("Enter that picks a word while several keys write one sends nothing", async () => {
  const page = await open("?mode=edge-only");
  const sent = await chat(page).evaluate((/** @type {any} */ element) => {
    const input = element.shadowRoot.querySelector("textarea");
    input.value = "にほん";
    const key = (/** @type {object} */ how) => input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...how }));
    key({ isComposing: true });
    key({ keyCode: 229 });
    return element.messages.length;
  });
  assert.equal(sent, 0);
  await ask(page, "日本");
  assert.equal((await said(page))[0], "日本");
});

test("branches are there after a reload, and the one that was looked at", async () => {
  const page = await open();
  await ask(page, "Hello");
  stage.site.answer = "Another answer.";
  await turn(page, () => chat(page).getByRole("button", { name: "Answer again" }).click());
  await chat(page).getByRole("button", { name: "The one before" }).click();
  await page.waitForTimeout(100);
  await page.reload();
  await waitUntilReady(page);
  await chat(page).locator("article.answer").waitFor();
  assert.deepEqual(await said(page), ["Hello", "The edge answers in several words."]);
  assert.equal(await chat(page).locator("[part=branches]").textContent(), "1/2");
  assert.equal(await chat(page).locator("[part=chip]").textContent(), "Edge");
  await turn(page, () => chat(page).getByRole("button", { name: "Answer again" }).click());
  assert.equal(await chat(page).locator("[part=branches]").textContent(), "3/3");
});

test("a reload in mid-answer: question and draft are there, and the answer is gone on with", async () => {
  stage.site.answer = words(120);
  const page = await open();
  await startAsking(page, "Count.");
  await waitForText(page, "1031");
  await page.reload();
  await waitUntilReady(page);
  const answer = chat(page).locator("article.answer");
  await answer.waitFor();
  const [question, draft] = await said(page);
  assert.equal(question, "Count.");
  assert.ok(stage.site.answer.startsWith(draft) && draft.length > 50, draft);
  assert.match((await answer.locator("[part=note]").textContent()) ?? "", /left unfinished/);
  stage.site.answer = "and the rest.";
  await turn(page, () => answer.getByRole("button", { name: "Go on" }).click());
  assert.deepEqual(await said(page), ["Count.", `${draft}and the rest.`]);
});

test("a reload before the first word: the question is there and can be asked again", async () => {
  stage.site.edge = "hangs";
  const page = await open();
  await startAsking(page, "Anybody?");
  await chat(page).locator("article.question").waitFor();
  await page.waitForTimeout(100);
  await page.reload();
  await waitUntilReady(page);
  await chat(page).getByText("This question has no answer yet.").waitFor();
  stage.site.edge = "well";
  await turn(page, () => chat(page).getByRole("button", { name: "Retry" }).click());
  assert.deepEqual(await said(page), ["Anybody?", stage.site.answer]);
});

test("two tabs work on dialogues of their own, and no turn is lost", async () => {
  const one = await open();
  await ask(one, "in the first tab");
  const two = await open();
  assert.deepEqual(await said(two), [], "what the first has open stays the first's");
  await ask(two, "in the second tab");
  await ask(one, "more in the first");
  await chat(two).evaluate((/** @type {any} */ element) => element.newChat());
  await ask(two, "and a third dialogue");
  for (const [page, wanted] of /** @type {const} */ ([[one, ["in the first tab", "more in the first"]], [two, ["and a third dialogue"]]])) {
    await page.reload();
    await waitUntilReady(page);
    await chat(page).locator("article.answer").first().waitFor();
    assert.deepEqual((await said(page)).filter((_, n) => n % 2 === 0), wanted);
  }
});

test("the next visit goes on with what was open last", async () => {
  const page = await open();
  await ask(page, "Hello");
  await page.waitForTimeout(100);
  await page.close();
  const next = await open();
  await chat(next).locator("article.answer").waitFor();
  assert.deepEqual(await said(next), ["Hello", stage.site.answer]);
});

test("what a version kept that knew one dialogue is taken over", async () => {
  const page = await newPage(stage.browser.context);
  await page.goto(`${stage.site.url}blank.html`);
  await page.evaluate(async () => {
    const request = indexedDB.open("nearside-messages", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("messages");
    const database = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const table = database.transaction("messages", "readwrite").objectStore("messages");
    table.put({ role: "user", content: "Who was first?" }, 0);
    table.put({ role: "assistant", content: "You." }, 1);
    await new Promise((resolve) => (table.transaction.oncomplete = resolve));
    database.close();
  });
  await page.goto(`${stage.site.url}?mode=edge-only&keep`);
  await waitUntilReady(page);
  await chat(page).locator("article.answer").waitFor();
  assert.deepEqual(await said(page), ["Who was first?", "You."]);
  const left = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  assert.ok(!left.includes("nearside-messages"), `${left}`);
});

test("where the browser keeps nothing, one warning says so, and the chat works", async () => {
  const page = await newPage(stage.browser.context);
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("refused", "SecurityError");
    };
  });
  await page.goto(`${stage.site.url}?mode=edge-only&keep`);
  await waitUntilReady(page);
  await ask(page, "Hello");
  await ask(page, "Again");
  assert.equal((await said(page)).length, 4);
  const warnings = await page.evaluate(() => /** @type {any} */ (window).heard.warning.map((/** @type {any} */ { message }) => message));
  assert.equal(warnings.filter((/** @type {string} */ message) => message.includes("keeps no dialogues")).length, 1, `${warnings}`);
});

test("keeping can be switched off and on: what was said since is kept from then on", async () => {
  const page = await open();
  await ask(page, "kept");
  await page.locator("#keep").uncheck();
  await ask(page, "not kept yet");
  await page.locator("#keep").check();
  await ask(page, "kept again");
  await page.waitForTimeout(100);
  await page.reload();
  await waitUntilReady(page);
  await chat(page).locator("article.answer").first().waitFor();
  assert.deepEqual((await said(page)).filter((_, n) => n % 2 === 0), ["kept", "not kept yet", "kept again"]);
});

test("the line to type in is in sight on a small phone and at twice the size, whatever is open", async () => {
  const page = await open();
  await ask(page, "Hello");
  await turn(page, () => chat(page).getByRole("button", { name: "Answer again" }).click());
  await chat(page).getByRole("button", { name: "Edit the question" }).click();
  await chat(page).locator("[part=edit-input]").waitFor();
  for (const [width, height] of [[320, 640], [640, 360], [320, 480], [1280, 800]]) {
    await page.setViewportSize({ width, height });
    const line = await chat(page).locator("[part=input]").boundingBox();
    assert.ok(line && line.x >= 0 && line.y >= 0 && line.x + line.width <= width && line.y + line.height <= height, `${width} x ${height}`);
    const outside = await chat(page).evaluate((element, width) => {
      const shown = [.../** @type {ShadowRoot} */ (element.shadowRoot).querySelectorAll("header *, article *, form *")];
      const boxes = shown.map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()]);
      return boxes.filter(([, box]) => /** @type {DOMRect} */ (box).width > 0 && /** @type {DOMRect} */ (box).right > width + 1).map(([html]) => html);
    }, width);
    assert.deepEqual(outside, [], `${width} x ${height}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
});

test("a dialogue that is taken up is not read out, what is new in it is", async () => {
  const page = await open();
  await ask(page, "Hello");
  await page.evaluate(() => /** @type {any} */ (document.querySelector("nearside-chat")).newChat());
  const log = chat(page).locator("[part=log]");
  assert.equal(await log.getAttribute("aria-live"), "off");
  await page.waitForTimeout(700);
  assert.equal(await log.getAttribute("aria-live"), "polite");
});
