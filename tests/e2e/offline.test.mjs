/** After one visit the page works without its server, across a restart of the browser. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { ask, launchBrowser, newPage, openChat, startGateway, waitUntilReady } from "./harness.mjs";

test("server stopped, browser restarted: page, wasm, scorer and model work, and no request fails", async () => {
  const profileDir = await mkdtemp(path.join(tmpdir(), "nearside-offline-"));
  const gateway = await startGateway();
  let browser = await launchBrowser({ profileDir });
  try {
    const first = await openChat(browser.context, gateway.url);
    await first.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (!(await caches.keys()).length)
        await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await browser.close();
    assert.equal(await gateway.stop(), 0);

    browser = await launchBrowser({ profileDir });
    const page = await newPage(browser.context);
    /** @type {string[]} */
    const failed = [];
    browser.context.on("requestfailed", (request) => failed.push(request.url()));
    browser.context.on(
      "response",
      (response) => response.status() >= 400 && failed.push(response.url()),
    );
    await page.goto(gateway.url);
    await waitUntilReady(page);
    const turn = await ask(page, "What is 2 + 2?");
    assert.equal(turn.route, "device");
    assert.ok(turn.text.length > 0);
    assert.ok(turn.p >= 0 && turn.p <= 1);
    // The router looks for its edge; of the page nothing failed.
    assert.deepEqual(
      failed.filter((url) => !/\/(probe|v1)\b/.test(url)),
      [],
    );

    await browser.context.setOffline(true);
    failed.length = 0;
    await page.reload();
    await waitUntilReady(page);
    assert.equal((await ask(page, "What is 3 + 4?")).route, "device");
    assert.deepEqual(failed, []);
  } finally {
    await browser.close();
    await rm(profileDir, { recursive: true, force: true });
  }
});
