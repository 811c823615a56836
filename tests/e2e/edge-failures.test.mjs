/** An edge that refuses, hangs, lies or dies: a stable code each, and the device where it may. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import {
  answered,
  configure,
  heard,
  launchBrowser,
  newPage,
  slowWorker,
  waitForEdge,
  waitUntilReady,
} from "./harness.mjs";
import { startSite } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./test-site.mjs").Behaviour} Behaviour */

const QUESTION = "What is 2 + 2?";

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
  await page?.close();
  site.edge = "well";
});

/** @param {string} mode */
async function open(mode) {
  page = await newPage(browser.context);
  await page.goto(`${site.url}?mode=${mode}`);
  await waitUntilReady(page);
}

/** Sends a message and waits for the turn's report or its error. @param {string} text */
async function outcome(text) {
  const before = await heard(page);
  await page.locator("nearside-chat").locator("textarea").fill(text);
  await page.keyboard.press("Enter");
  return answered(page, before).catch((error) => String(error));
}

/** @returns {Promise<{role: string, content: string}[]>} */
function dialogue() {
  return page.evaluate(() => /** @type {any} */ (document.querySelector("nearside-chat")).messages);
}

const REFUSALS = /** @type {[Behaviour, string][]} */ ([
  [401, "edge_unauthorized"],
  [429, "edge_rate_limited"],
  [500, "edge_failed"],
  ["hangs", "edge_timeout"],
  ["malformed", "edge_protocol"],
]);

for (const [behaviour, code] of REFUSALS) {
  test(`an edge that answers ${behaviour}: ${code}, and the turn can be repeated`, async () => {
    await open("edge-only");
    await configure(page, { core: { first_byte_timeout_millis: 1000 } });
    site.edge = behaviour;
    assert.match(String(await outcome(QUESTION)), new RegExp(code));
    assert.deepEqual(await dialogue(), [{ role: "user", content: QUESTION }]);

    site.edge = "well";
    const before = await heard(page);
    await page.locator("nearside-chat").getByRole("button", { name: "Retry" }).click();
    const turn = await answered(page, before);
    assert.equal(turn.text, site.answer);
    assert.equal((await dialogue()).length, 2);
  });

  test(`an edge that answers ${behaviour}: the device answers instead`, async () => {
    await open("prefer-edge");
    await configure(page, { core: { first_byte_timeout_millis: 1000 } });
    site.edge = behaviour;
    const turn = /** @type {import("../../www/types.js").TurnReport} */ (await outcome(QUESTION));
    assert.equal(turn.route, "device");
    assert.equal(turn.switched?.reason, code);
    assert.equal(turn.decision.route, "edge");
    assert.ok(turn.text.length > 0);
  });
}

test("an edge that dies in mid-answer: the device goes on from the text shown", async () => {
  await open("prefer-edge");
  site.edge = "breaks-off";
  const turn = /** @type {import("../../www/types.js").TurnReport} */ (await outcome(QUESTION));
  const shown = site.answer
    .split(/(?<=\s)/)
    .slice(0, 3)
    .join("");
  assert.deepEqual([turn.switched?.from, turn.switched?.to], ["edge", "device"]);
  assert.ok(turn.text.startsWith(shown), turn.text);
  const answer = page.locator("nearside-chat").locator("article.answer").last();
  assert.ok((await answer.locator("[part=answer]").textContent())?.startsWith(shown));
  assert.match((await answer.locator("[part=chip]").textContent()) ?? "", /device/);
});

test("the device cannot answer, so the edge does, and says why", async () => {
  page = await newPage(browser.context);
  await page.goto(`${site.url}blank.html`);
  const turn = await page.evaluate(async () => {
    // @ts-ignore: a path of the page's.
    const { Router } = await import("/www/index.js");
    const router = Router.create({
      baseUrl: "/v1",
      manifest: "/models/manifest.json",
      mode: "prefer-device",
      device: false,
    });
    const completion = await router.chat.completions.create({
      messages: [{ role: "user", content: "Hello" }],
    });
    return completion.x_turn;
  });
  assert.equal(turn.route, "edge");
  assert.equal(turn.reason, "device_unavailable");
});

test("neither side is there: an error that names both, and the turn repeatable", async () => {
  const other = await startSite();
  const fresh = await startSite();
  fresh.route("/models/device.gguf", (_, response) => response.writeHead(404).end());
  page = await newPage(browser.context);
  await page.goto(`${fresh.url}?edge=${encodeURIComponent(`${other.url}v1`)}`);
  await waitForEdge(page, "online");
  await other.close();
  await waitForEdge(page, "offline");
  assert.match(String(await outcome(QUESTION)), /both_failed/);
  assert.deepEqual(await dialogue(), [{ role: "user", content: QUESTION }]);

  await other.open();
  await waitForEdge(page, "online");
  const before = await heard(page);
  await page.locator("nearside-chat").getByRole("button", { name: "Retry" }).click();
  assert.equal((await answered(page, before)).text, other.answer);
  await other.close();
  await fresh.close();
});

test("the edge alone fails: the dialogue intact, the turn repeatable", async () => {
  const other = await startSite();
  await open(`auto&edge=${encodeURIComponent(`${other.url}v1`)}`);
  const first = /** @type {import("../../www/types.js").TurnReport} */ (await outcome(QUESTION));
  assert.ok(first.text);
  const before = await dialogue();

  await page.locator("nearside-chat").evaluate((chat) => chat.setAttribute("mode", "edge-only"));
  await other.close();
  assert.match(String(await outcome("And 3 + 3?")), /edge_unreachable/);
  assert.equal(await page.locator("nearside-chat").getAttribute("state"), "error");
  assert.deepEqual(await dialogue(), [...before, { role: "user", content: "And 3 + 3?" }]);

  await other.open();
  const count = await heard(page);
  await page.locator("nearside-chat").getByRole("button", { name: "Retry" }).click();
  const turn = await answered(page, count);
  assert.equal(turn.text, other.answer);
  assert.equal((await dialogue()).length, before.length + 2);
  await other.close();
});

/** How long a slow device takes for each token. */
const SLOW_TOKEN_MILLIS = 300;

test("an edge that comes back while a slow device writes takes the turn back", async (context) => {
  const [edge, slow] = await Promise.all([startSite(), startSite()]);
  context.after(() => Promise.all([edge.close(), slow.close()]));
  const worker = await slowWorker(SLOW_TOKEN_MILLIS);
  slow.route("/www/worker.js", (_, response) => {
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end(worker);
  });
  page = await newPage(browser.context);
  await page.goto(`${slow.url}?mode=auto&edge=${encodeURIComponent(`${edge.url}v1`)}`);
  await waitUntilReady(page);
  // Quality alone counts, and the edge is always better.
  await configure(page, {
    core: { alpha_per_s: 0, theta: 0, hysteresis: 0, second_look: { enabled: false } },
  });
  await edge.close();
  await waitForEdge(page, "offline");

  const answering = outcome(QUESTION);
  const chat = page.locator("nearside-chat");
  await chat.locator("[part=answer]:not(:empty)").last().waitFor();
  await edge.open();
  const turn = /** @type {import("../../www/types.js").TurnReport} */ (await answering);
  assert.deepEqual([turn.reason, turn.route], ["edge_unavailable", "edge"]);
  assert.deepEqual([turn.switched?.reason, turn.text], ["edge_back", edge.answer]);
  assert.ok(turn.switched?.draft, "the reader had seen some of it");
  const shown = await chat.locator("article.answer").last().locator("[part=answer]").textContent();
  assert.ok(shown?.includes(turn.switched.draft) && shown.endsWith(edge.answer), String(shown));
});
