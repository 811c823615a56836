/** The AI SDK in a real page: `useChat` with an agent whose model is the router. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { appForEachTest, openApp, playLongAnswer, playWeather, shows, untilAbandoned, untilDeviceReady } from "./apps.mjs";

const stage = appForEachTest("ai-sdk");

/** @param {import("playwright-core").Page} page @param {string} prompt */
async function send(page, prompt) {
  await page.getByLabel("Message").fill(prompt);
  await page.getByRole("button", { name: "Send" }).click();
}

test("the edge answers", async () => {
  const page = await openApp(stage, "ai-sdk", "edge-only");
  await send(page, "What is 2 + 2?");
  await shows(page.locator("[data-role=assistant][data-route=edge]"), stage.site.answer);
  assert.deepEqual(stage.errors, []);
});

test("the device answers, and nothing is sent anywhere", async () => {
  const page = await openApp(stage, "ai-sdk", "device-only");
  await untilDeviceReady(page);
  await send(page, "What is 2 + 2?");
  await shows(page.locator("[data-role=assistant][data-route=device]"), /4/);
  assert.equal(stage.site.count("/v1/chat"), 0);
  assert.deepEqual(stage.errors, []);
});

test("stop closes the edge's connection, and the next turn works at once", async () => {
  const page = await openApp(stage, "ai-sdk", "edge-only");
  playLongAnswer(stage.site);
  await send(page, "Count.");
  await shows(page.locator("[data-role=assistant]"), /word2/);
  stage.site.answer = "All is well.";
  await page.getByRole("button", { name: "Stop" }).click();
  await send(page, "And now?");
  await shows(page.locator("[data-role=assistant]"), "All is well.");
  await untilAbandoned(stage.site, page);
  assert.deepEqual(stage.errors, []);
});

test("the agent's tool goes round by the edge", async () => {
  const asked = playWeather(stage.site);
  const page = await openApp(stage, "ai-sdk", "auto");
  await page.getByLabel("may look up the weather").check();
  await send(page, "Weather in Ulm?");
  await shows(page.locator("[data-role=assistant]"), "In Ulm it is sunny, 21 °C.");
  const [, second] = asked();
  assert.equal(second.messages[1].tool_calls[0].function.arguments, '{"city":"Ulm"}');
  assert.equal(second.messages[2].content, '{"city":"Ulm","sky":"sunny","celsius":21}');
  await send(page, "And now?");
  await shows(page.locator("[data-role=assistant]:last-child"), "In Ulm");
  assert.deepEqual(stage.errors, []);
});
