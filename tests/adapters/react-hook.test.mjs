/** `useNearside` in a real page, under React's strict mode. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { appForEachTest, openApp, playLongAnswer, playWeather, shows, untilAbandoned, untilDeviceReady } from "./apps.mjs";

const stage = appForEachTest("react");

/** @param {import("playwright-core").Page} page @param {string} prompt */
async function send(page, prompt) {
  await page.getByLabel("Message").fill(prompt);
  await page.getByRole("button", { name: "Send" }).click();
}

test("the edge answers, and the page shows who and why", async () => {
  const page = await openApp(stage, "react", "edge-only");
  await send(page, "What is 2 + 2?");
  await shows(page.locator("[data-role=assistant][data-status=done][data-route=edge]"), stage.site.answer);
  await shows(page.locator("#who"), /\.$/);
  assert.deepEqual(stage.errors, []);
});

test("the device answers with the embedded model, and one worker in strict mode", async () => {
  const page = await openApp(stage, "react", "device-only");
  await untilDeviceReady(page);
  await send(page, "What is 2 + 2?");
  await shows(page.locator("[data-role=assistant][data-status=done][data-route=device]"), /4/);
  assert.equal(stage.site.count("/www/worker.js"), 1);
  assert.equal(stage.site.count("/models/device.gguf"), 1);
  assert.equal(stage.site.count("/v1/chat"), 0);
  assert.deepEqual(stage.errors, []);
});

test("stop keeps what was written and closes the edge's connection, and the next turn works at once", async () => {
  const page = await openApp(stage, "react", "edge-only");
  playLongAnswer(stage.site);
  await send(page, "Count.");
  await shows(page.locator("[data-role=assistant]"), /word2/);
  stage.site.answer = "All is well.";
  await page.getByRole("button", { name: "Stop" }).click();
  await send(page, "And now?");
  await shows(page.locator("[data-role=assistant][data-status=done]"), "All is well.");
  await shows(page.locator("[data-status=stopped]"), /^word0 word1/);
  await untilAbandoned(stage.site, page);
  assert.deepEqual(stage.errors, []);
});

test("a tool that the edge asks for runs in the page, and its word goes back", async () => {
  const asked = playWeather(stage.site);
  const page = await openApp(stage, "react", "auto");
  await page.getByLabel("may look up the weather").check();
  await send(page, "Weather in Ulm?");
  await shows(page.locator("[data-role=assistant][data-status=done]"), "In Ulm it is sunny, 21 °C.");
  const [first, second] = asked();
  assert.equal(first.tools[0].function.name, "weather");
  assert.equal(second.messages[1].tool_calls[0].function.arguments, '{"city":"Ulm"}');
  assert.deepEqual(second.messages[2], {
    role: "tool",
    content: '{"city":"Ulm","sky":"sunny","celsius":21}',
    tool_call_id: "call_1",
  });
  assert.deepEqual(stage.errors, []);
});
