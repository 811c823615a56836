/** What the device writes is judged; drafts, thumbs, and asking the edge again. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import {
  answered,
  configure,
  heard,
  launchBrowser,
  newPage,
  waitForEdge,
  waitUntilReady,
} from "./harness.mjs";
import { startSite } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../../www/types.js").TurnReport} TurnReport */

const QUESTION = "What is 347 + 586?";

/** @type {import("./test-site.mjs").TestSite} */
let site;
/** @type {import("./harness.mjs").Browser} */
let browser;
/** @type {Page} */
let page;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  site.edge = "well";
  site.requests = [];
  page = await newPage(browser.context);
  await page.goto(`${site.url}?mode=auto`);
  await waitUntilReady(page);
  await waitForEdge(page, "online");
});
afterEach(() => page.close());

const chat = () => page.locator("nearside-chat");
const chats = () => site.requests.filter(({ path }) => path.endsWith("/chat/completions"));
const lastAnswer = () => chat().locator("article.answer").last();

/** The device begins whatever the scorer says. @param {object} look */
function configureLook(look) {
  const second_look = { first_tokens: 2, drift: 0, ...look };
  return configure(page, { core: { theta: 1, alpha_per_s: 0, hysteresis: 0, second_look } });
}

/** @param {() => Promise<unknown>} act @returns {Promise<TurnReport>} */
async function turnOf(act) {
  const before = await heard(page);
  await act();
  return answered(page, before);
}

/** @param {string} text */
const ask = (text) =>
  turnOf(async () => {
    await chat().locator("textarea").fill(text);
    await page.keyboard.press("Enter");
  });

test("an answer that is doubted gives way to the edge's, and nobody saw it", async () => {
  await configureLook({ theta: 0 });
  const turn = await ask(QUESTION);
  assert.equal(turn.decision.route, "device");
  assert.deepEqual([turn.route, turn.switched?.reason], ["edge", "second_look"]);
  assert.equal(turn.text, site.answer);
  assert.ok((turn.switched?.draft ?? "").length > 0);
  assert.equal(turn.looks.length, 1);
  assert.equal(await lastAnswer().locator("[part=draft]").count(), 0);
  assert.equal((await lastAnswer().locator("[part=answer]").textContent())?.trim(), site.answer);
});

test("a draft that was shown stays visible as one, and is not part of the dialogue", async () => {
  await configureLook({ theta: 0, draft: "shown" });
  const turn = await ask(QUESTION);
  assert.equal(turn.route, "edge");
  const draft = lastAnswer().locator("[part=draft]");
  assert.ok(((await draft.textContent()) ?? "").includes(turn.switched?.draft ?? "?"));
  const messages = await page.evaluate(
    () => /** @type {any} */ (document.querySelector("nearside-chat")).messages,
  );
  assert.equal(messages.at(-1).content, site.answer);
});

test("an answer that no look doubts is the device's own", async () => {
  await configureLook({ theta: 1 });
  const turn = await ask(QUESTION);
  assert.deepEqual([turn.route, turn.switched], ["device", null]);
  assert.ok(turn.looks.length > 0 && turn.looks.at(-1)?.ended);
  await lastAnswer().locator("summary").first().click();
  await lastAnswer().locator("table.looks").waitFor({ state: "attached" });
  assert.match((await lastAnswer().textContent()) ?? "", /Second look/);
});

/** Both sides begin, whatever the scorer says. @param {object} look */
async function configureBoth(look) {
  await configureLook(look);
  await configure(page, { bothSides: { enabled: true, margin: 1 } });
}

test("both begin: a look that keeps the device's answer stops the edge", async () => {
  await configureBoth({ theta: 1 });
  site.abandoned = 0;
  const turn = await ask(QUESTION);
  assert.deepEqual([turn.route, turn.reason, turn.switched], ["device", "both_begin", null]);
  assert.equal(turn.started_both?.edge_error, null);
  // The device may be so quick that the request is ended before it arrives. If it has arrived, the
  // reader goes before the answer's end, which would come well within this wait.
  await page.waitForTimeout(1000);
  assert.equal(site.abandoned, chats().length);
});

test("both begin: a look that doubts finds the edge under way", async () => {
  await configureBoth({ theta: 0 });
  const turn = await ask(QUESTION);
  assert.deepEqual([turn.route, turn.text], ["edge", site.answer]);
  assert.deepEqual([turn.reason, turn.switched?.reason], ["both_begin", "second_look"]);
  assert.equal(chats().length, 1, "the edge was asked once");
});

test("the edge can be asked to answer again, and what that taught survives a reload", async () => {
  await configureLook({ enabled: false });
  const first = await ask(QUESTION);
  assert.equal(first.route, "device");
  const again = await turnOf(() => lastAnswer().getByRole("button", { name: "Ask the edge" }).click());
  assert.deepEqual([again.route, again.text], ["edge", site.answer]);
  assert.equal(await chat().locator("article.answer").count(), 1);
  assert.ok(again.p > first.p + 0.05, `${again.p} against ${first.p}`);

  await page.waitForTimeout(1500); // Settings are written a moment later.
  await page.reload();
  await waitUntilReady(page);
  await waitForEdge(page, "online");
  await configureLook({ enabled: false });
  assert.ok((await ask(QUESTION)).p > first.p + 0.05);
});

test("an edge that fails when it is asked again leaves one answer, the device's", async () => {
  await configureLook({ enabled: false });
  await ask(QUESTION);
  site.edge = 500;
  const again = await turnOf(() => lastAnswer().getByRole("button", { name: "Ask the edge" }).click());
  assert.deepEqual([again.route, again.switched?.reason], ["device", "edge_failed"]);
  assert.equal(await chat().locator("article.answer").count(), 1);
  const messages = await page.evaluate(
    () => /** @type {any} */ (document.querySelector("nearside-chat")).messages,
  );
  assert.deepEqual([messages.length, messages[1].content], [2, again.text]);
});

test("thumbs are taken once, and an unknown turn is refused", async () => {
  await configureLook({ enabled: false });
  const first = await ask(QUESTION);
  const up = lastAnswer().getByRole("button", { name: "Good answer" });
  await up.click();
  assert.equal(await up.getAttribute("aria-pressed"), "true");
  assert.ok(await up.isDisabled());
  const code = await page.evaluate(
    (turn) =>
      /** @type {any} */ (document.querySelector("nearside-chat")).router
        .rate(turn, "down")
        .catch((/** @type {any} */ error) => error.code),
    first.turn + 1000,
  );
  assert.equal(code, "invalid_request");
});
