/** A long dialogue: a turn brings the worker only what is new, and the page shows only its end. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, newPage, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const N_EXCHANGES = 400;

const stage = siteForEachTest();

/** A page whose worker's mail is counted. @param {string} query */
async function open(query) {
  const page = await newPage(stage.browser.context);
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Object.assign(window, { mailed: [] });
    Worker.prototype.postMessage = function (/** @type {any} */ message) {
      const messages = message.request?.messages ?? message.dialogue?.messages;
      if (messages) /** @type {any} */ (window).mailed.push([message.type, messages.length]);
      return post.call(this, message);
    };
  });
  await page.goto(`${stage.site.url}?${query}`);
  await waitUntilReady(page);
  return page;
}

/** @param {Page} page */
function takeUpALongDialogue(page) {
  return page.evaluate((n) => {
    const chat = /** @type {any} */ (document.querySelector("nearside-chat"));
    const exchange = (/** @type {number} */ i) => [
      { role: "user", content: `What is ${i} + ${i}?` },
      { role: "assistant", content: `${i} + ${i} = ${2 * i}, as one counts.` },
    ];
    chat.messages = Array.from({ length: n }, (_, i) => exchange(i)).flat();
  }, N_EXCHANGES);
}

/** @param {Page} page @returns {Promise<[string, number][]>} */
const mailed = (page) => page.evaluate(() => /** @type {any} */ (window).mailed.splice(0));

test("what was said before is handed over once", async () => {
  const page = await open("mode=device-only");
  await takeUpALongDialogue(page);
  assert.deepEqual(await mailed(page), [["recall", 2 * N_EXCHANGES]]);
  const first = await ask(page, "What is the capital of France?");
  assert.ok(first.dropped_messages > N_EXCHANGES, `${first.dropped_messages} left out`);
  const second = await ask(page, "And of Spain?");
  assert.deepEqual(await mailed(page), [["chat", 1], ["chat", 2]]);
  assert.ok(second.usage.cached_tokens > second.usage.prompt_tokens / 2, "it begins where it began");
});

test("the edge is told all of it", async () => {
  const page = await open("mode=edge-only");
  await takeUpALongDialogue(page);
  await ask(page, "What is the capital of France?");
  await ask(page, "And of Spain?");
  const bodies = stage.site.requests.filter(({ path }) => path === "/v1/chat/completions");
  const lengths = bodies.map(({ body }) => JSON.parse(body).messages.length);
  assert.deepEqual(lengths, [2 * N_EXCHANGES + 1, 2 * N_EXCHANGES + 3]);
  const [, last] = bodies.map(({ body }) => JSON.parse(body).messages);
  assert.deepEqual(last.slice(-3).map((/** @type {any} */ { role }) => role), ["user", "assistant", "user"]);
});

test("the page shows the end, and the rest when asked", async () => {
  const page = await open("mode=device-only");
  await takeUpALongDialogue(page);
  const questions = page.locator("nearside-chat article.question");
  const shown = await questions.count();
  assert.ok(shown >= 20 && shown <= 60, `${shown} questions are shown`);
  assert.equal(await questions.last().textContent(), `What is ${N_EXCHANGES - 1} + ${N_EXCHANGES - 1}?`);
  await page.locator("nearside-chat button[part~=earlier]").click();
  assert.ok((await questions.count()) > shown);
  const first = await questions.first().textContent();
  await ask(page, "What is the capital of France?");
  assert.equal(await questions.first().textContent(), first);
});

test("after a reload it goes on where it was", async () => {
  const page = await open("mode=device-only&keep");
  await takeUpALongDialogue(page);
  await ask(page, "What is the capital of France?");
  const held = () =>
    page.evaluate(
      () => /** @type {any} */ (document.querySelector("nearside-chat")).router.state.core.device.held_tokens,
    );
  const before = await held();
  // The dialogue's state is written a moment after the turn.
  await page.waitForTimeout(2000);
  await page.reload();
  await waitUntilReady(page);
  assert.equal(await held(), before);
  assert.equal(
    await page.evaluate(() => /** @type {any} */ (document.querySelector("nearside-chat")).messages.length),
    2 * N_EXCHANGES + 2,
  );
  await mailed(page);
  const report = await ask(page, "And of Spain?");
  assert.ok(report.usage.cached_tokens >= before - 1, `${report.usage.cached_tokens} of ${before}`);
  assert.deepEqual(await mailed(page), [["chat", 1]]);
});

test("old turns are kept out of the page, however many there were", async () => {
  const page = await newPage(stage.browser.context);
  await page.goto(stage.site.url);
  const counts = await page.evaluate(async () => {
    const chat = /** @type {any} */ (document.querySelector("nearside-chat"));
    async function* create() {
      yield { choices: [{ delta: { content: "So it is, **really**." } }] };
      const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18, cached_tokens: 0 };
      yield { choices: [{ delta: {} }], x_turn: { route: "device", total_s: 1, finish_reason: "stop", flaw: null, max_tokens: 9, looks: [], usage, text: "So" } };
    }
    chat.router = Object.assign(new EventTarget(), {
      state: { phase: "ready", device: "ready", core: {} },
      ready: Promise.resolve(),
      deviceReady: Promise.resolve(null),
      recall() {},
      chat: { completions: { create } },
      expectTurn: async () => false,
    });
    const counts = [];
    for (let turn = 1; turn <= 200; turn++) {
      await chat.ask(`Question ${turn}?`);
      if (turn % 50 === 0) counts.push(chat.shadowRoot.querySelectorAll("*").length);
    }
    return counts;
  });
  console.log(`# elements after 50, 100, 150 and 200 turns: ${counts}`);
  assert.ok(Math.max(...counts) < 3000, `${counts}`);
  assert.ok(counts[3] < 1.5 * counts[0], `${counts}`);
});
