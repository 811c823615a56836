/** Which models a page loads: by a manifest, or by a name in a catalogue; and what it says of them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { newPage, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

const stage = siteForEachTest();

/** The site's own device model under another name, as a catalogue has it. */
async function serveCatalogue() {
  const response = await fetch(`${stage.site.url}models/manifest.json`);
  const { files, edge } = await response.json();
  const { bytes, sha256 } = files.find((/** @type {{role: string}} */ file) => file.role === "device");
  const model = { name: "tiny-1m", title: "Tiny, 1M", file: "device.gguf", bytes, sha256, sampling: { temperature: 2 } };
  const other = { name: "other-2m", title: "Other, 2M", file: edge.name, bytes: edge.bytes, sha256: edge.sha256 };
  const models = [model, other, { ...model, name: "gone", file: "gone.gguf" }, { name: "damaged", file: "device.gguf" }];
  stage.site.route("/models/catalogue.json", (_, to) => to.end(JSON.stringify({ version: 1, models })));
}

/** @param {string} query */
async function open(query) {
  const page = await newPage(stage.browser.context);
  await page.goto(`${stage.site.url}?${query}`);
  return page;
}

/** @param {string} query @param {string} code @param {RegExp} says */
async function checkRefused(query, code, says) {
  const page = await open(query);
  const heard = await page.waitForFunction(() => /** @type {any} */ (window).heard.error[0]);
  const error = await heard.jsonValue();
  assert.equal(error.code, code);
  assert.match(error.message, says);
  await page.close();
}

test("the page names its models and suggests what the manifest does", async () => {
  const page = await open("");
  await waitUntilReady(page);
  const text = await page.locator("#models").innerText();
  assert.match(text, /In this page\s+Nearside device, 643 KB\s+At the edge\s+Nearside edge, 1\.4 MB/);
  await page.getByRole("button", { name: "What is the capital of France?" }).click();
  await page.getByRole("article", { name: "You" }).getByText("What is the capital of France?").waitFor();
});

test("a page names a device model of the catalogue, and draws as that says", async () => {
  await serveCatalogue();
  const page = await open("device-model=tiny-1m&models-base=models&mode=device-only");
  await waitUntilReady(page);
  assert.match(await page.locator("#models").innerText(), /In this page\s+Tiny, 1M/);
  const texts = await page.evaluate(async () => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    const messages = [{ role: "user", content: "What can you do?" }];
    const ask = async (/** @type {object} */ more) => {
      await router.clearDialogue();
      return (await router.chat.completions.create({ messages, max_tokens: 24, ...more })).choices[0].message.content;
    };
    return {
      drawn: [await ask({}), await ask({})],
      seeded: [await ask({ seed: 7 }), await ask({ seed: 7 })],
      greedy: [await ask({ temperature: 0 }), await ask({ temperature: 0 })],
    };
  });
  assert.notEqual(texts.drawn[0], texts.drawn[1], "another answer each time");
  assert.equal(texts.seeded[0], texts.seeded[1]);
  assert.equal(texts.greedy[0], texts.greedy[1], "the request comes before the catalogue");
});

test("what a manifest says of routing holds for its own device model", async () => {
  await serveCatalogue();
  for (const [name, expected] of /** @type {[string, number][]} */ ([["tiny-1m", 0.3], ["other-2m", 0.5]])) {
    const page = await open(`device-model=${name}`);
    await waitUntilReady(page);
    const theta = await page.evaluate(async () => {
      const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
      const messages = [{ role: "user", content: "What can you do?" }];
      return (await router.chat.completions.create({ messages, max_tokens: 4 })).x_turn.decision.theta;
    });
    assert.equal(theta, expected, name);
    await page.close();
  }
});

test("a catalogue that is missing, or lacks the model, says what to do", async () => {
  await checkRefused("device-model=tiny-1m&models-base=nowhere/", "manifest_invalid", /nowhere\/catalogue\.json.*HTTP 404.*nearside models fetch/);
  await serveCatalogue();
  await checkRefused("device-model=tiny&models-base=models/", "model_unknown", /no model `tiny`.*tiny-1m, other-2m, gone/);
  await checkRefused("device-model=damaged&models-base=models/", "manifest_invalid", /entry of `damaged` is damaged/);
  await checkRefused("device-model=gone&models-base=models/", "download_failed", /HTTP 404.*models\/gone\.gguf; whoever runs the site/);
  await checkRefused("device-model=Tiny%201M", "invalid_config", /deviceModel/);
});

test("a catalogue's copy from the last visit does where the server is away", async () => {
  await serveCatalogue();
  const query = "device-model=tiny-1m&models-base=models/";
  const first = await open(query);
  await waitUntilReady(first);
  await first.waitForTimeout(1000); // Settings are saved a moment later.
  await first.close();
  stage.site.route("/models/catalogue.json", (_, to) => to.writeHead(503).end());
  await waitUntilReady(await open(query));
});
