/** After one visit the page works without its server, across a restart of the browser. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { REAL_PAIR, ask, launchBrowser, newPage, openChat, repositoryRoot, startGateway, waitUntilReady } from "./harness.mjs";
import { startSite } from "./test-site.mjs";

/** The real pair where `cargo xtask models fetch` has brought it, as setting up does. @type {{name: string, serves: string[] | undefined, question: string}[]} */
const PAIRS = [{ name: "embedded pair", serves: undefined, question: "What is 2 + 2?" }];
if (REAL_PAIR.every((part) => !part.endsWith(".gguf") || existsSync(path.join(repositoryRoot, part))))
  PAIRS.push({ name: "real pair", serves: REAL_PAIR, question: "What is the capital of France?" });

for (const { name, serves, question } of PAIRS)
  test(`${name}, server stopped, browser restarted: page, wasm, scorer and model work, and no request fails`, () =>
    staysUsable(serves, question));

/** @param {string[] | undefined} serves @param {string} question */
async function staysUsable(serves, question) {
  const profileDir = await mkdtemp(path.join(tmpdir(), "nearside-offline-"));
  const gateway = await startGateway({ serves });
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
    const turn = await ask(page, question);
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
}

test("a page keeps to the version that it began with, and is told of a new one", async () => {
  const site = await startSite();
  const browser = await launchBrowser();
  try {
    const page = await newPage(browser.context);
    await page.goto(site.url);
    await waitUntilReady(page);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (!(await caches.keys()).length) await new Promise((resolve) => setTimeout(resolve, 100));
    });
    // From here on the page and its worker come from the cache.
    await page.reload();
    await waitUntilReady(page);
    const seconds = await readFile(new URL("../../www/format.js", import.meta.url), "utf8");
    const served = seconds.replace('const NOTHING = "–"', 'const NOTHING = "new"');
    assert.notEqual(served, seconds);
    site.route("/www/format.js", (_, response) => {
      response.writeHead(200, { "content-type": "text/javascript" });
      response.end(served);
    });
    await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.postMessage({ type: "revalidate" }));
    await page.getByText("A new version of this page is ready.").waitFor();

    // What this page loads only now is still the old version's.
    const ofPage = () =>
      page.evaluate(async () => {
        const url = "/www/format.js?";
        return (await (await fetch(url.slice(0, -1))).text()).includes('"new"');
      });
    assert.equal(await ofPage(), false);
    const second = await newPage(browser.context);
    await second.goto(site.url);
    assert.equal(
      await second.evaluate(async () => (await (await fetch("/www/format.js")).text()).includes('"new"')),
      true,
    );
    assert.equal(await ofPage(), false, "also once another page has the new one");
    await page.getByRole("button", { name: "Reload" }).click();
    await waitUntilReady(page);
    assert.equal(await ofPage(), true);
  } finally {
    await browser.close();
    await site.close();
  }
});

test("every module that the page loads is among the assets that are kept", async () => {
  const root = new URL("../../", import.meta.url);
  const sw = await readFile(new URL("www/sw.js", root), "utf8");
  const kept = /const MODULES = \[([^]*?)\];/.exec(sw)?.[1].match(/"[^"]+"/g)?.map((name) => name.slice(1, -1)) ?? [];
  const reached = new Set();
  const open = ["demo", "worker"];
  for (let name = open.pop(); name; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const url = new URL(`www/${name}.js`, root);
    const source = (await readFile(url, "utf8")).replace(/\/\*[^]*?\*\//g, "");
    for (const [, path] of source.matchAll(/(?:^import|^\} from|^export .* from|\bimport\(|^import .* from|new URL\()\s*"(\.[^"]+\.js)"/gm)) {
      const { href } = new URL(path, url);
      const found = href.startsWith(new URL("www/", root).href) && href.slice(new URL("www/", root).href.length, -3);
      if (found && !found.startsWith("third-party/")) open.push(found);
    }
  }
  assert.deepEqual([...reached].filter((name) => !kept.includes(name)).sort(), [], "missing in www/sw.js");
  assert.deepEqual(kept.filter((name) => !reached.has(name)).sort(), [], "in www/sw.js for nothing");
});

test("the page names at once all that its script imports", async () => {
  const root = new URL("../../", import.meta.url);
  const imported = new Set(["demo.js"]);
  for (const name of imported) {
    const url = new URL(`www/${name}`, root);
    const source = (await readFile(url, "utf8")).replace(/\/\*[^]*?\*\//g, "");
    for (const [, path] of source.matchAll(/^(?:import|export)\b(?:[^;]*?\bfrom)?\s*"(\.[^"]+)"/gm))
      imported.add(new URL(path, url).href.slice(new URL("www/", root).href.length));
  }
  imported.delete("demo.js");
  const page = await readFile(new URL("index.html", root), "utf8");
  const named = [...page.matchAll(/<link rel="modulepreload" href="www\/([^"]+)">/g)].map(([, name]) => name);
  assert.deepEqual(named.sort(), [...imported].sort());
});
