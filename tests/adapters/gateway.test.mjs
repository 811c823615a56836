/** Every example app in front of the real gateway, with the embedded pair on both sides. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { buildExample } from "../../examples/build.mjs";
import { serve } from "../../examples/serve.mjs";
import { launchBrowser, startGateway } from "../e2e/harness.mjs";
import { APPS, addressOf, shows, untilDeviceReady } from "./apps.mjs";

/** @type {import("../e2e/harness.mjs").Gateway} */
let gateway;
/** @type {import("../e2e/harness.mjs").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let site;

before(async () => {
  [gateway, browser] = await Promise.all([startGateway(), launchBrowser()]);
  site = await serve({ edge: gateway.url });
});
after(async () => {
  await browser?.close();
  site?.close();
  await gateway?.stop();
});

for (const [name, ways] of APPS) {
  test(`${name}: the edge's own model answers, and the device's`, async () => {
    await buildExample(name);
    const page = await browser.context.newPage();
    page.setDefaultTimeout(60_000);
    /** @type {string[]} */
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(addressOf(site.url, name, "edge-only"));
    await ways.send(page, "What is 17 + 25?");
    await ways.by(page, "edge").waitFor();
    await shows(ways.answer(page), "42");
    await page.goto(addressOf(site.url, name, "auto"));
    await untilDeviceReady(page);
    await ways.send(page, "What is 2 + 2?");
    await ways.by(page, "device").waitFor();
    await shows(ways.answer(page), "4");
    await page.close();
    assert.deepEqual(errors, []);
  });
}
