/** Model files: fetched once, checked before use, and what happens when they or the disk are bad. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { ask, newPage, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const MARK = "nearside-loading-device";

const stage = siteForEachTest();

/** @param {string} [query] */
async function open(query = "") {
  const page = await newPage(stage.browser.context);
  await page.goto(stage.site.url + query);
  return page;
}

/** The first loading error that the page tells of. @param {Page} page */
async function loadError(page) {
  const heard = await page.waitForFunction(() => /** @type {any} */ (window).heard.error[0], null, {
    timeout: 60_000,
  });
  return heard.jsonValue();
}

/** @param {Page} page @param {string} code */
function warned(page, code) {
  return page.waitForFunction((code) => /** @type {any} */ (window).heard.warning.some((/** @type {any} */ warning) => warning.code === code), code, {
    timeout: 60_000,
  });
}

/** The names in the model folder. @param {Page} page */
function stored(page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-models", { create: true });
    const names = [];
    for await (const [name] of /** @type {any} */ (folder)) names.push(name);
    return names.sort();
  });
}

/** The edge still answers, whatever became of the device. @param {Page} page */
async function edgeAnswers(page) {
  await page.locator("nearside-chat[state=ready]").waitFor({ state: "attached" });
  const turn = await page.evaluate(() =>
    /** @type {any} */ (document.querySelector("nearside-chat")).ask("What is 2 + 2?"),
  );
  assert.equal(turn.route, "edge");
  assert.equal(turn.text, stage.site.answer);
}

test("the second visit downloads no model", async () => {
  const first = await open();
  await waitUntilReady(first);
  assert.equal(stage.site.count("/models/device.gguf"), 1);
  assert.equal(stage.site.count("/models/scorer.gguf"), 1);
  await first.close();
  const second = await open();
  await waitUntilReady(second);
  assert.equal(stage.site.count("/models/device.gguf"), 1);
  assert.equal(stage.site.count("/models/scorer.gguf"), 1);
});

test("progress is one account of all files, and ends whole", async () => {
  const page = await open("blank.html");
  const events = await page.evaluate(async () => {
    // @ts-ignore: a path of the page's.
    const { Router } = await import("/www/index.js");
    const router = Router.create({ manifest: "/models/manifest.json" });
    /** @type {any[]} */
    const events = [];
    router.addEventListener("progress", (/** @type {any} */ event) => events.push(event.detail));
    await router.deviceReady;
    router.dispose();
    return events;
  });
  const totals = new Set(events.map(({ totalBytes }) => totalBytes));
  assert.equal(totals.size, 1);
  assert.ok(events.every(({ doneBytes }, i) => i === 0 || doneBytes >= events[i - 1].doneBytes));
  const last = events[events.length - 1];
  assert.equal(last.phase, "done");
  assert.equal(last.doneBytes, last.totalBytes);
});

test("a file with a wrong digest is refused, not kept, and fetched again on request", async () => {
  await stage.site.replaceModel("device", (bytes) => (bytes.fill(7, 1000, 1016), bytes), {
    honest: false,
  });
  const page = await open();
  assert.equal((await loadError(page)).code, "digest_mismatch");
  await edgeAnswers(page);
  assert.equal((await stored(page)).filter((name) => name.endsWith(".ok")).length, 1);
  stage.site.restoreModels();
  await page.locator("nearside-chat").getByRole("button", { name: "Load again" }).click();
  await waitUntilReady(page);
});

test("a model that was replaced on the server after the manifest was cached is found", async () => {
  let first = true;
  const stale = JSON.parse(
    await readFile(new URL("../../models/manifest.json", import.meta.url), "utf8"),
  );
  for (const file of stale.files) if (file.role === "device") file.sha256 = "0".repeat(64);
  stage.site.route("/models/manifest.json", async (_, response) => {
    if (first) response.end(JSON.stringify(stale));
    else response.end(await readFile(new URL("../../models/manifest.json", import.meta.url)));
    first = false;
  });
  const page = await open();
  await waitUntilReady(page);
});

test("a file cut short on its way is refused, not kept", async () => {
  await stage.site.replaceModel("device", (bytes) => bytes.subarray(0, bytes.length >> 1), {
    honest: false,
  });
  const page = await open();
  assert.equal((await loadError(page)).code, "digest_mismatch");
  await edgeAnswers(page);
});

test("a truncated GGUF that its manifest vouches for is refused by the core, not kept", async () => {
  await stage.site.replaceModel("device", (bytes) => bytes.subarray(0, bytes.length >> 1), {
    honest: true,
  });
  const page = await open();
  assert.equal((await loadError(page)).code, "model_truncated");
  await edgeAnswers(page);
  assert.equal((await stored(page)).filter((name) => name.endsWith(".ok")).length, 1);
});

test("a file that is no GGUF is refused by the core", async () => {
  await stage.site.replaceModel("device", (bytes) => bytes.fill(0x2a), { honest: true });
  const page = await open();
  assert.equal((await loadError(page)).code, "model_corrupt");
  await edgeAnswers(page);
});

test("a scorer that cannot be used leaves a page that still answers", async () => {
  await stage.site.replaceModel("scorer", (bytes) => bytes.fill(0x2a), { honest: true });
  const page = await open("?mode=edge-only");
  assert.equal((await loadError(page)).code, "model_corrupt");
  await edgeAnswers(page);
});

test("a model that is missing, and a manifest that is, are coded errors", async () => {
  stage.site.route("/models/device.gguf", (_, response) => response.writeHead(404).end());
  const page = await open();
  assert.equal((await loadError(page)).code, "download_failed");
  await edgeAnswers(page);
  const other = await open("?manifest=models/nowhere.json");
  assert.equal((await loadError(other)).code, "manifest_invalid");
  await edgeAnswers(other);
});

test("without OPFS the model works from memory, with a warning", async () => {
  stage.site.route("/no-opfs.js", (_, response) => {
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end("delete StorageManager.prototype.getDirectory; await import('/www/worker.js');");
  });
  const page = await open("blank.html");
  const [warnings, device] = await page.evaluate(async () => {
    // @ts-ignore: a path of the page's.
    const { Router } = await import("/www/index.js");
    const router = Router.create({ manifest: "/models/manifest.json", workerUrl: "/no-opfs.js" });
    /** @type {string[]} */
    const warnings = [];
    router.addEventListener("warning", (/** @type {any} */ event) =>
      warnings.push(event.detail.code),
    );
    await router.deviceReady;
    return [warnings, router.state.device];
  });
  assert.deepEqual(warnings, ["storage_unavailable"]);
  assert.equal(device, "ready");
});

test("without room the model works from memory, with a warning", async () => {
  const page = await open("blank.html");
  const session = await stage.browser.context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", {
    origin: new URL(stage.site.url).origin,
    quotaSize: 200_000,
  });
  await page.goto(stage.site.url);
  await warned(page, "storage_unavailable");
  await waitUntilReady(page);
});

test("after a tab died while loading, the next visit starts with the edge alone and offers a retry", async () => {
  const first = await open();
  await waitUntilReady(first);
  const manifest = await first.evaluate(async () => (await fetch("models/manifest.json")).json());
  const { sha256 } = manifest.files.find((/** @type {any} */ file) => file.role === "device");
  assert.equal(await first.evaluate((key) => localStorage.getItem(key), MARK), null);
  await first.evaluate(([key, value]) => localStorage.setItem(key, value), [MARK, sha256]);
  await first.close();

  const second = await open();
  await warned(second, "previous_load_crashed");
  await edgeAnswers(second);
  await second.locator("nearside-chat").getByRole("button", { name: "Load again" }).click();
  await waitUntilReady(second);
  assert.equal(await second.evaluate((key) => localStorage.getItem(key), MARK), null);
});

test("a file that is half written is never used", async () => {
  const page = await open();
  await waitUntilReady(page);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-models");
    for await (const [name] of /** @type {any} */ (folder))
      if (name.endsWith(".ok")) await folder.removeEntry(name);
  });
  await page.reload();
  await waitUntilReady(page);
  assert.equal(stage.site.count("/models/device.gguf"), 2);
  const turn = await ask(page, "What is 2 + 2?");
  assert.ok(turn.text.length > 0);
});
