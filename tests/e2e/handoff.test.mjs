/** Keys and values that a real gateway computes for the device, and the device goes on from. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launchBrowser, openChat, slowWorker, startGateway, waitForEdge } from "./harness.mjs";

/** @typedef {import("../../www/types.js").TurnReport} TurnReport */

/** Half floats, so that the text is the very same. */
const handoff = (/** @type {boolean} */ enabled) => ({ handoff: { enabled, dtype: "f16", max_kv_mib: 64 } });
/** What a device has learned of itself that takes so long for each sixteen tokens that it reads. */
const SLOW = { prefill_tps: 64, decode_tps: 64, n_observed: 100 };
const SLOW_STEP_MILLIS = 50;

/** @type {Awaited<ReturnType<typeof startGateway>>} */
let gateway;
/** @type {import("./harness.mjs").Browser} */
let browser;

before(async () => {
  [gateway, browser] = await Promise.all([
    startGateway({ args: ["--device-model", "models/device.gguf"] }),
    launchBrowser(),
  ]);
  const body = await slowWorker(SLOW_STEP_MILLIS);
  await browser.context.route("**/www/worker.js", async (route) => {
    await route.fulfill({ response: await route.fetch(), body });
  });
  // It would hand out the true worker.
  await browser.context.route("**/sw.js", (route) => route.abort());
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** A question as long as a context has room for, to a page that has just been opened. @param {object} core */
async function answered(core) {
  const page = await openChat(browser.context, `${gateway.url}?mode=prefer-device`);
  await waitForEdge(page, "online");
  const report = await page.evaluate(async (core) => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    await router.configure({ core });
    await router.probe();
    const list = Array.from({ length: 40 }, (_, i) => `${i * 37} and ${i * 11}`).join(", ");
    const messages = [{ role: "user", content: `Sort these numbers: ${list}.` }];
    const completion = await router.chat.completions.create({ messages, max_tokens: 24, temperature: 0 });
    return completion.x_turn;
  }, core);
  await page.close();
  return /** @type {TurnReport} */ (report);
}

/** Leaves behind what an earlier visit would have. @param {object} rates */
async function remember(rates) {
  const page = await browser.context.newPage();
  await page.goto(`${gateway.url}www/format.js`);
  await page.evaluate(
    (value) =>
      new Promise((resolve, reject) => {
        const open = indexedDB.open("nearside", 1);
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const transaction = open.result.transaction("settings", "readwrite");
          transaction.objectStore("settings").put(value, "rates.device");
          transaction.oncomplete = () => (open.result.close(), resolve(null));
          transaction.onerror = () => reject(transaction.error);
        };
      }),
    JSON.stringify(rates),
  );
  await page.close();
}

test("what the gateway read, a slow device answers as if it had read it itself", async () => {
  const computed = await answered(handoff(false));
  assert.equal(computed.usage.fetched_tokens, 0);
  await remember(SLOW);
  const fetched = await answered(handoff(true));
  const { plan } = fetched.decision.device;
  assert.ok(plan.fetched > 300 && plan.total_s < plan.compute_s, JSON.stringify(plan));
  assert.equal(fetched.fetch_error, null);
  assert.ok(fetched.usage.fetched_tokens > 300, `${fetched.usage.fetched_tokens} tokens fetched`);
  assert.equal(fetched.text, computed.text);
});

test("a device that is faster than the transfer computes, and says so", async () => {
  await remember({ ...SLOW, prefill_tps: 1e6 });
  const { usage, decision } = await answered(handoff(true));
  assert.equal(usage.fetched_tokens, 0);
  assert.equal(decision.device.plan.fetched, 0);
});
