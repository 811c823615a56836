/** A person begins to type, and the edge reads what it has missed. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

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

const QUESTION = `Add these: ${Array.from({ length: 30 }, (_, i) => i * 37).join(" + ")}?`;

/** @type {import("./test-site.mjs").TestSite} */
let site;
/** @type {import("./harness.mjs").Browser} */
let browser;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** How often the edge was asked after one turn on the device and a few letters of the next. @param {number} budget */
async function askedWhileTyping(budget) {
  const page = await newPage(browser.context);
  await page.goto(`${site.url}?mode=auto`);
  await waitUntilReady(page);
  await waitForEdge(page, "online");
  // The device begins whatever the scorer says, and nobody looks.
  const core = { theta: 1, alpha_per_s: 0, second_look: { enabled: false }, warm_edge_tokens: budget };
  await configure(page, { core });
  const input = page.getByRole("textbox").first();
  const before = await heard(page);
  await input.fill(QUESTION);
  await input.press("Enter");
  const { route } = await answered(page, before);
  assert.equal(route, "device");
  site.requests = [];
  await input.pressSequentially("and then?");
  await page.waitForTimeout(500);
  await page.close();
  return site.requests.filter(({ path }) => path.endsWith("/chat/completions"));
}

test("once, for one token, with the device's answer at the end", async () => {
  const requests = await askedWhileTyping(500);
  assert.equal(requests.length, 1, "however many letters are typed");
  const { max_tokens, messages, continue_final_message } = JSON.parse(requests[0].body);
  assert.equal(max_tokens, 1);
  assert.equal(continue_final_message, true);
  assert.deepEqual(
    messages.map((/** @type {any} */ { role }) => role),
    ["user", "assistant"],
  );
  assert.ok(messages[1].content.length > 0);
});

test("not at all unless the page allows it", async () => {
  assert.equal((await askedWhileTyping(0)).length, 0);
});
