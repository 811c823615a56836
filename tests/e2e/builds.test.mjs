/** Each build of the module answers alike, and the one that suits the page is taken. */

import assert from "node:assert/strict";
import { cpus } from "node:os";
import { after, before, beforeEach, test } from "node:test";

import { launchBrowser } from "./harness.mjs";
import { startSite } from "./test-site.mjs";

/** @type {import("./test-site.mjs").TestSite} */
let site;
/** @type {import("./harness.mjs").Browser} */
let browser;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(() => {
  site.isolated = false;
  site.requests.length = 0;
});

/**
 * What the device answers on a fresh page, and what was fetched for it.
 * @param {object} [options] of the router
 */
async function answer(options = {}) {
  const page = await browser.context.newPage();
  await page.goto(`${site.url}blank.html`);
  const text = await page.evaluate(async (options) => {
    // @ts-ignore: a path of the page's.
    const { Router } = await import("/www/index.js");
    const manifest = "/models/manifest.json";
    const router = Router.create({ manifest, mode: "device-only", storage: "memory", ...options });
    await router.deviceReady;
    // Long enough for several chunks of prefill.
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
    const messages = [
      { role: "user", content: `Remember: ${words}.` },
      { role: "assistant", content: "Yes." },
      { role: "user", content: "What is 7 + 8?" },
    ];
    const completion = await router.chat.completions.create({ messages, max_tokens: 24 });
    router.dispose();
    return completion.choices[0].message.content;
  }, options);
  await page.close();
  return { text, fetched: site.requests.map(({ path }) => path) };
}

/** @param {string[]} fetched */
function modules(fetched) {
  return fetched.filter((path) => path.endsWith(".wasm"));
}

test("a page that is not isolated takes the build without threads", async () => {
  const { text, fetched } = await answer();
  assert.match(String(text), /15/);
  assert.deepEqual(modules(fetched), ["/pkg/nearside_bg.wasm"]);
  assert.ok(!fetched.includes("/www/thread.js"));
});

test("an isolated page takes the build with threads, and starts them", async () => {
  const alone = await answer();
  site.isolated = true;
  site.requests.length = 0;
  const { text, fetched } = await answer();
  assert.equal(text, alone.text);
  assert.deepEqual(modules(fetched), ["/pkg/threads/nearside_bg.wasm"]);
  if (cpus().length > 1) assert.ok(fetched.includes("/www/thread.js"));
});

test("threads that do not come are not waited for", async () => {
  site.isolated = true;
  site.route("/www/thread.js", (_, response) => response.writeHead(404).end());
  try {
    assert.match(String((await answer()).text), /15/);
  } finally {
    site.unroute("/www/thread.js");
  }
});

test("a threaded build that is missing gives way to the one without", async () => {
  site.isolated = true;
  site.route("/pkg/threads/nearside.js", (_, response) => response.writeHead(404).end());
  try {
    const { text, fetched } = await answer();
    assert.match(String(text), /15/);
    assert.deepEqual(modules(fetched), ["/pkg/nearside_bg.wasm"]);
  } finally {
    site.unroute("/pkg/threads/nearside.js");
  }
});

test("plain SIMD, for browsers that have no relaxed, answers the same", async () => {
  const relaxed = await answer();
  const plain = await answer({ moduleUrl: "/pkg/simd128/nearside.js" });
  assert.equal(plain.text, relaxed.text);
});
