/** Model files: fetched once, checked before use, and what happens when they or the disk are bad. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

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

/**
 * Serves the device model slowly, and in parts to whoever asks for a part.
 * @param {{ranges?: boolean, breaksAt?: number}} [how] `breaksAt`: the first answer ends after so many bytes
 */
async function slowModel({ ranges = true, breaksAt = Infinity } = {}) {
  const bytes = await readFile(new URL("../../models/device.gguf", import.meta.url));
  /** @type {(string | undefined)[]} */
  const asked = [];
  stage.site.route("/models/device.gguf", async (request, response) => {
    asked.push(request.headers.range);
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
    const headers = { "content-length": bytes.length - from, "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? headers : { "content-length": bytes.length });
    for (let at = from; at < bytes.length && !response.destroyed; at += 3_000) {
      if (asked.length === 1 && at >= breaksAt) return response.destroy();
      response.write(bytes.subarray(at, at + 3_000));
      await sleep(20);
    }
    response.end();
  });
  return asked;
}

const PAUSE = { name: "Pause the download" };
const RESUME = { name: "Go on with the download" };

test("a download is paused and gone on with where it was, also by a later visit", async () => {
  const asked = await slowModel();
  const page = await open();
  const chat = page.locator("nearside-chat");
  await chat.getByText(/Loading .* of .* · .*\/s · .* left/).waitFor();
  await chat.getByRole("button", PAUSE).click();
  await chat.getByText(/^Paused at .* of /).waitFor();
  await edgeAnswers(page);
  assert.equal(asked.length, 1);
  await chat.getByRole("button", RESUME).click();
  await chat.getByRole("button", PAUSE).click();
  await page.reload();
  await waitUntilReady(page);
  assert.equal(asked.length, 3);
  const [, second, third] = asked.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]));
  assert.ok(second > 0 && third >= second, asked.join());
});

test("a connection that breaks off is gone on with by itself", async () => {
  const asked = await slowModel({ breaksAt: 200_000 });
  await waitUntilReady(await open());
  assert.deepEqual([asked.length, asked[0]], [2, undefined]);
  assert.match(asked[1] ?? "", /^bytes=[1-9]\d*-$/);
});

test("from a server that gives no parts the file comes anew", async () => {
  const asked = await slowModel({ ranges: false, breaksAt: 200_000 });
  await waitUntilReady(await open());
  assert.equal(asked.length, 2);
});

/** Changes a file in the model folder. @param {Page} page @param {string} ending @param {number} share where in it */
function damage(page, ending, share) {
  return page.evaluate(
    async ([ending, share]) => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle("nearside-models");
      const { files } = await (await fetch("models/manifest.json")).json();
      const { sha256 } = files.find((/** @type {any} */ { role }) => role === "device");
      const handle = await folder.getFileHandle(`${sha256}${ending}`);
      const file = await handle.getFile();
      const bytes = new Uint8Array(await file.arrayBuffer());
      bytes[Math.floor(bytes.length * Number(share))] ^= 64;
      const stream = await handle.createWritable();
      await stream.write(bytes);
      await stream.close();
    },
    [ending, share],
  );
}

test("what has arrived and was damaged meanwhile is fetched anew", async () => {
  const asked = await slowModel();
  const page = await open();
  const chat = page.locator("nearside-chat");
  await chat.getByText(/left$/).waitFor();
  await chat.getByRole("button", PAUSE).click();
  await chat.getByRole("button", RESUME).waitFor();
  await damage(page, ".bin", 0.5);
  await chat.getByRole("button", RESUME).click();
  await waitUntilReady(page);
  assert.equal(asked.length, 3, "the rest, and then all of it");
});

test("over a metered connection nothing is downloaded before somebody says so", async () => {
  const page = await newPage(stage.browser.context);
  await page.addInitScript(() =>
    Object.defineProperty(navigator, "connection", { value: Object.assign(new EventTarget(), { type: "cellular" }) }),
  );
  await page.goto(stage.site.url);
  await warned(page, "connection_metered");
  await edgeAnswers(page);
  assert.equal(stage.site.count("/models/device.gguf") + stage.site.count("/models/scorer.gguf"), 0);
  const chat = page.locator("nearside-chat");
  assert.match((await chat.locator("[part=warning]").textContent()) ?? "", /(KB|MB), and this connection may be metered/);
  await chat.getByRole("button", { name: "Load now" }).click();
  await waitUntilReady(page);
  await page.reload();
  await waitUntilReady(page);
  assert.equal(stage.site.count("/models/device.gguf"), 1, "what is there is used");
});

test("a kept model that was damaged is found, fetched again and used in the same visit", async () => {
  const page = await open();
  await waitUntilReady(page);
  // The first byte is among the samples that every visit looks at.
  await damage(page, ".bin", 0);
  await page.reload();
  await waitUntilReady(page);
  assert.equal(stage.site.count("/models/device.gguf"), 2);

  // A byte between them is found when the whole file is read again, which is due.
  await damage(page, ".bin", 0.5001);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-models");
    for await (const [name, handle] of /** @type {any} */ (folder)) {
      if (!name.endsWith(".ok")) continue;
      const mark = JSON.parse(await (await handle.getFile()).text());
      const stream = await handle.createWritable();
      await stream.write(JSON.stringify({ ...mark, checkedAt: 0 }));
      await stream.close();
    }
  });
  await page.reload();
  await warned(page, "model_damaged");
  await waitUntilReady(page);
  assert.equal(stage.site.count("/models/device.gguf"), 3);
  assert.ok((await ask(page, "What is 2 + 2?")).text.length > 0);
});

test("what is stored is listed, and taken off on request", async () => {
  const page = await open();
  await waitUntilReady(page);
  const [listed, left] = await page.evaluate(async () => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    const listed = await router.storedModels();
    for (const { sha256, name } of listed) if (name.startsWith("device")) await router.deleteModel(sha256);
    return [listed, await router.storedModels()];
  });
  assert.deepEqual(listed.map((/** @type {any} */ { name, complete }) => [name, complete]).sort(), [
    ["device.gguf", true],
    ["scorer.gguf", true],
  ]);
  assert.equal(left.length, 1);
  assert.ok((await ask(page, "What is 2 + 2?")).text.length > 0, "what is loaded stays");
  await page.reload();
  await waitUntilReady(page);
  assert.equal(stage.site.count("/models/device.gguf"), 2);
});

test("a file without its mark is used only once its digest is right", async () => {
  const page = await open();
  await waitUntilReady(page);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("nearside-models");
    for await (const [name] of /** @type {any} */ (folder))
      if (name.endsWith(".ok")) await folder.removeEntry(name);
  });
  await damage(page, ".bin", 0.3);
  await page.reload();
  await waitUntilReady(page);
  assert.equal(stage.site.count("/models/device.gguf"), 2);
  assert.equal(stage.site.count("/models/scorer.gguf"), 1, "that one was whole");
  const turn = await ask(page, "What is 2 + 2?");
  assert.ok(turn.text.length > 0);
});
