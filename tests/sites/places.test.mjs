/**
 * The packed package in places that are not made for it: under a strict policy, in a sandboxed frame, with
 * its files on another origin, twice on a page, in several tabs.
 */

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launchBrowser, waitUntilReady } from "../e2e/harness.mjs";
import {
  ANSWER, QUESTION, STRICT_CSP, Site, answerAt, buildSite, copyOf, digestOf, install, installed, nearside,
} from "./sites.mjs";

/** @typedef {import("playwright-core").Page | import("playwright-core").Frame} Place */

const READY_MILLIS = 120_000;
const models = fileURLToPath(new URL("../../target/sites/places-models", import.meta.url));
const pages = fileURLToPath(new URL("../../target/sites/places", import.meta.url));

/** @type {import("../e2e/harness.mjs").Browser} */
let browser;
/** What Vite made of the same page. */
let vite = "";

before(async () => {
  await install();
  await mkdir(pages, { recursive: true });
  await nearside(["models", "embedded", "--to", models], ".");
  vite = await copyOf(await buildSite("vite"), "places-vite");
  browser = await launchBrowser();
});
after(() => browser?.close());

/**
 * A site with the package in /nearside/, models in /models/, and these pages.
 * @param {Record<string, string>} bodies
 * @param {Partial<import("./sites.mjs").Served>} [served]
 * @param {string} [script]
 */
async function siteOf(bodies, served = {}, script = "/nearside/element.js") {
  for (const [name, body] of Object.entries(bodies)) {
    const head = `<meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,">`;
    const element = `<script type="module" src="${script}"></script>`;
    await writeFile(`${pages}/${name}`, `<!doctype html><html lang="en">${head}${element}${body}</html>`);
  }
  const folders = { "/nearside/": `${installed}dist`, "/models/": models, "/": pages, ...served.folders };
  return Site.open({ ...served, folders });
}

/** @param {string} [attributes] */
function chat(attributes = "") {
  return `<nearside-chat mode="device-only" manifest="/models/manifest.json" ${attributes}></nearside-chat>`;
}

/** Asks one of the elements in a page or a frame. @param {Place} place @param {number} [nth] */
async function askAt(place, nth = 0) {
  await place
    .locator("nearside-chat[state=ready][device-ready]")
    .nth(nth)
    .waitFor({ state: "attached", timeout: READY_MILLIS });
  return place.evaluate(
    async ([question, nth]) => {
      const chat = /** @type {any} */ (document.querySelectorAll("nearside-chat")[Number(nth)]);
      return (await chat.ask(question)).text;
    },
    [QUESTION, nth],
  );
}

for (const isolated of [false, true]) {
  test(`under a strict policy${isolated ? ", isolated" : ""}`, async () => {
    const site = await siteOf({ "index.html": chat() }, { csp: STRICT_CSP, isolated });
    const { report, complaints } = await answerAt(browser.context, site.origin);
    assert.match(report.text, ANSWER);
    assert.deepEqual(complaints, []);
    await site.close();
  });

  test(`under a strict policy, built by Vite${isolated ? ", isolated" : ""}`, async () => {
    const folders = { "/models/": models, "/": vite };
    const site = await Site.open({ folders, csp: STRICT_CSP, isolated });
    const { report, complaints } = await answerAt(browser.context, site.origin);
    assert.match(report.text, ANSWER);
    assert.deepEqual(complaints, []);
    await site.close();
  });
}

test("in a sandboxed frame, which has no storage and no locks", async () => {
  const text = await inSandbox({}, askAt);
  assert.match(text, ANSWER);
});

test("in a sandboxed frame, built by Vite with workers as modules", async () => {
  const folder = await copyOf(await buildSite("vite", ["vite build --config modules.config.js"]), "places-modules");
  assert.match(await inSandbox({ "/": folder }, askAt), ANSWER);
});

test("in a sandboxed frame, built by Vite as it is, it says what to set", async () => {
  const said = await inSandbox({ "/": vite }, (place) =>
    place.locator("nearside-chat [part~=warning]:not([hidden])").innerText({ timeout: READY_MILLIS }),
  );
  assert.match(said, /wasmUrl/);
});

/**
 * What `use` finds in a sandboxed frame with a chat, on a site that other origins may read.
 * @template T
 * @param {Record<string, string>} folders before the usual ones
 * @param {(place: Place) => Promise<T>} use
 */
async function inSandbox(folders, use) {
  const inner = await siteOf({ "index.html": chat() }, { cors: true, folders });
  const frame = `<iframe sandbox="allow-scripts" src="${inner.origin}/index.html"></iframe>`;
  const outer = await siteOf({ "outer.html": frame });
  const page = await browser.context.newPage();
  try {
    await page.goto(`${outer.origin}/outer.html`);
    const place = page.frames()[1];
    assert.equal(await place.evaluate(() => self.origin), "null");
    return await use(place);
  } finally {
    await page.close();
    await Promise.all([inner.close(), outer.close()]);
  }
}

test("a sandboxed frame whose policy refuses blobs says what to allow", async () => {
  const csp = "default-src http: 'wasm-unsafe-eval'; worker-src http:";
  const inner = await siteOf({ "inner.html": chat() }, { cors: true, csp });
  const frame = `<iframe sandbox="allow-scripts" src="${inner.origin}/inner.html"></iframe>`;
  const outer = await siteOf({ "outer.html": frame });
  const page = await browser.context.newPage();
  await page.goto(`${outer.origin}/outer.html`);
  const place = page.frameLocator("iframe");
  await place.locator("nearside-chat[state=error]").waitFor({ state: "attached", timeout: READY_MILLIS });
  assert.match(await place.locator("nearside-chat [part~=warning]").innerText(), /worker-src/);
  await page.close();
  await Promise.all([inner.close(), outer.close()]);
});

test("with the worker and its wasm on another origin, isolated and not", async () => {
  for (const isolated of [false, true]) {
    const cdn = await siteOf({}, { cors: true, isolated });
    const site = await siteOf(
      { "index.html": chat(`worker-url="${cdn.origin}/nearside/worker.js"`) },
      { isolated },
    );
    const { report, complaints } = await answerAt(browser.context, site.origin);
    assert.match(report.text, ANSWER);
    assert.deepEqual(complaints, []);
    const loaded = cdn.requests.map(({ path }) => path.replace("/nearside/", ""));
    assert.ok(loaded.includes("worker.js"));
    assert.ok(loaded.includes(isolated ? "pkg/threads/nearside_bg.wasm" : "pkg/nearside_bg.wasm"));
    if (isolated && cpus().length > 1) assert.ok(loaded.includes("thread.js"), "no thread was started");
    await Promise.all([cdn.close(), site.close()]);
  }
});

test("the wasm is taken from where `wasm-url` says, a folder or a file", async () => {
  const wasm = await Promise.all(
    ["dist/pkg/nearside_bg.wasm", "dist/pkg/threads/nearside_bg.wasm", "dist/pkg/simd128/nearside_bg.wasm"].map(digestOf),
  );
  for (const [url, isolated, expected] of /** @type {const} */ ([
    ["/elsewhere/", false, wasm[0]],
    ["/elsewhere/", true, wasm[1]],
    ["/elsewhere/simd128/nearside_bg.wasm", true, wasm[2]],
  ])) {
    const folders = { "/elsewhere/": `${installed}dist/pkg` };
    const site = await siteOf({ "index.html": chat(`wasm-url="${url}"`) }, { isolated, folders });
    const { report, complaints } = await answerAt(browser.context, site.origin);
    assert.match(report.text, ANSWER);
    assert.deepEqual(complaints, []);
    const loaded = site.requests.filter(({ path }) => path.endsWith(".wasm"));
    assert.deepEqual(loaded.map(({ sha256 }) => sha256), [expected]);
    assert.ok(loaded.every(({ path }) => path.startsWith("/elsewhere/")));
    await site.close();
  }
});

test("twice on a page, each answers", async () => {
  const site = await siteOf({ "index.html": chat() + chat() });
  const page = await browser.context.newPage();
  await page.goto(site.origin);
  const texts = await Promise.all([askAt(page, 0), askAt(page, 1)]);
  for (const text of texts) assert.match(text, ANSWER);
  assert.equal(downloads(site), 1);
  await page.close();
  await site.close();
});

test("three tabs at once answer, and download the model once", async () => {
  const site = await siteOf({ "index.html": chat() });
  const tabs = await Promise.all([0, 1, 2].map(() => browser.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(site.origin)));
  await Promise.all(tabs.map(waitUntilReady));
  for (const tab of tabs) assert.match(await askAt(tab), ANSWER);
  assert.equal(downloads(site), 1);
  for (const tab of tabs) await tab.close();
  await site.close();
});

/** @param {Site} site */
function downloads(site) {
  return site.requests.filter(({ path }) => path === "/models/device.gguf").length;
}
