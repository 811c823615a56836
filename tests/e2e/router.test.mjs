/** The page-side client, as a developer uses it: on a blank page with a strict CSP. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { launchBrowser } from "./harness.mjs";
import { startSite } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const EASY = [{ role: "user", content: "What is 2 + 2?" }];

/** @type {import("./test-site.mjs").TestSite} */
let site;
/** @type {import("./harness.mjs").Browser} */
let browser;
/** @type {Page} */
let page;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  await page?.close();
  site.edge = "well";
  site.requests.length = 0;
  page = await browser.context.newPage();
  await page.goto(`${site.url}blank.html`);
});

/**
 * Puts `router` into the page's globals, created with these options.
 * @param {object} [options]
 */
function createRouter(options) {
  return page.evaluate(async (options) => {
    // @ts-ignore: a path of the page's.
    const { Router } = await import("/www/index.js");
    const router = Router.create({ baseUrl: "/v1", manifest: "/models/manifest.json", ...options });
    Object.assign(globalThis, { router });
  }, options);
}

/**
 * Runs a turn in the page; gives its chunks, and the error that ended them.
 * @param {object} request
 * @param {{stopAfter?: number, how?: "signal" | "break"}} [stop] after so many chunks with text
 * @returns {Promise<{chunks: any[], error: {name: string, code: string, message: string} | null}>}
 */
function stream(request, stop) {
  return page.evaluate(async ([request, stop]) => {
    const { router } = /** @type {any} */ (globalThis);
    const controller = new AbortController();
    const chunks = [];
    let texts = 0;
    try {
      const options = { signal: controller.signal };
      for await (const chunk of router.chat.completions.create(
        { ...request, stream: true },
        options,
      )) {
        chunks.push(chunk);
        if (chunk.choices[0].delta.content) texts += 1;
        if (texts !== stop?.stopAfter) continue;
        if (stop?.how === "break") break;
        controller.abort();
      }
      return { chunks, error: null };
    } catch (error) {
      const { name, code, message } = /** @type {any} */ (error);
      return { chunks, error: { name, code, message } };
    }
  }, /** @type {const} */ ([request, stop]));
}

/** @param {any[]} chunks */
function textOf(chunks) {
  return chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("");
}

/** @param {string} promise a property of the router */
function settled(promise) {
  return page.evaluate(async (promise) => {
    await /** @type {any} */ (globalThis).router[promise].catch(() => {});
  }, promise);
}

for (const mode of /** @type {const} */ (["device-only", "edge-only"])) {
  const route = mode.split("-")[0];
  test(`a streamed turn from the ${route} has OpenAI's shape, its route first and its usage last`, async () => {
    await createRouter({ mode });
    await settled("deviceReady");
    const { chunks, error } = await stream({ messages: EASY, max_tokens: 12 });
    assert.equal(error, null);
    const [first, last] = [chunks[0], chunks[chunks.length - 1]];
    for (const chunk of chunks) {
      assert.equal(chunk.object, "chat.completion.chunk");
      assert.equal(chunk.id, first.id);
      assert.equal(chunk.choices[0].index, 0);
    }
    assert.equal(first.choices[0].delta.role, "assistant");
    const { decision, ...note } = first.x_route;
    assert.equal(note.route, route);
    assert.ok(note.reason && note.sentence.endsWith("."));
    for (const name of ["p", "t_device_s", "t_edge_s", "missing_device", "missing_edge"]) {
      assert.equal(typeof note[name], "number", name);
    }
    assert.equal(decision.mode, mode);
    assert.ok(["stop", "length"].includes(last.choices[0].finish_reason));
    const { prompt_tokens, completion_tokens, total_tokens } = last.usage;
    assert.equal(prompt_tokens + completion_tokens, total_tokens);
    assert.equal(last.x_turn.text, textOf(chunks));
    assert.ok(
      chunks.slice(0, -1).every((chunk) => chunk.choices[0].finish_reason === null && !chunk.usage),
    );
  });
}

test("without stream the whole completion comes at once", async () => {
  await createRouter({ mode: "edge-only", device: false });
  const completion = await page.evaluate((messages) => {
    const { router } = /** @type {any} */ (globalThis);
    return router.chat.completions.create({ messages });
  }, EASY);
  assert.equal(completion.object, "chat.completion");
  assert.equal(completion.choices[0].message.content, site.answer);
  assert.equal(completion.choices[0].finish_reason, "stop");
  assert.equal(completion.x_route.route, "edge");
});

test("a page routes and answers before any weight of the device model has arrived", async () => {
  let release = () => {};
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  site.route(
    "/models/device.gguf",
    async (_, response) => (await held, response.writeHead(503).end()),
  );
  await createRouter({ mode: "auto" });
  const { chunks, error } = await stream({ messages: EASY });
  assert.equal(error, null);
  assert.equal(chunks[0].x_route.route, "edge");
  assert.ok(chunks[0].x_route.p >= 0 && chunks[0].x_route.p <= 1);
  assert.equal(textOf(chunks), site.answer);
  release();
  site.restoreModels();
});

test("a signal stops the device within a token, and the stream says so", async () => {
  await createRouter({ mode: "device-only" });
  await settled("deviceReady");
  // 35 tokens, if nobody stopped it.
  const content = "Sort these words: moon, apple, king, tree, pear, cat, dog, house, river, stone, cloud, bird.";
  const { chunks, error } = await stream(
    { messages: [{ role: "user", content }], max_tokens: 150, temperature: 2, seed: 8 },
    { stopAfter: 1, how: "signal" },
  );
  assert.equal(error, null);
  assert.equal(chunks.at(-1).choices[0].finish_reason, "abort");
  // How many came meanwhile is up to the machine: this model writes thousands a second.
  assert.ok(chunks.at(-1).usage.completion_tokens < 35, `${chunks.at(-1).usage.completion_tokens} tokens`);
});

for (const how of /** @type {const} */ (["signal", "break"])) {
  test(`leaving an edge answer by ${how} closes its connection, and the next turn works`, async () => {
    site.answer = Array.from({ length: 300 }, (_, i) => `word${i}`).join(" ");
    const abandoned = site.abandoned;
    await createRouter({ mode: "edge-only", device: false });
    await stream({ messages: EASY }, { stopAfter: 2, how });
    for (let tries = 0; site.abandoned === abandoned && tries < 50; tries += 1)
      await page.waitForTimeout(50);
    assert.equal(site.abandoned, abandoned + 1);
    site.answer = "The edge answers in several words.";
    const { chunks, error } = await stream({ messages: EASY });
    assert.equal(error, null);
    assert.equal(textOf(chunks), site.answer);
  });
}

test("a second turn while one runs is refused, and the first goes on", async () => {
  await createRouter({ mode: "edge-only", device: false });
  const [text, code] = await page.evaluate(async (messages) => {
    const { router } = /** @type {any} */ (globalThis);
    const first = router.chat.completions.create({ messages });
    const code = await router.chat.completions
      .create({ messages })
      .catch((/** @type {any} */ error) => error.code);
    return [(await first).choices[0].message.content, code];
  }, EASY);
  assert.equal(code, "busy");
  assert.equal(text, site.answer);
});

test("what is wrong with a request is said by name, before anything is sent", async () => {
  await createRouter({ mode: "edge-only", device: false });
  await settled("ready");
  const sent = site.count("/v1/chat");
  const cases = /** @type {[object, RegExp][]} */ ([
    [{}, /messages/],
    [{ messages: [] }, /messages/],
    [{ messages: [{ role: "robot", content: "x" }] }, /messages\[0\]\.role/],
    [{ messages: [{ role: "user", content: 5 }] }, /messages\[0\]\.content/],
    [{ messages: [{ role: "assistant", content: "4" }] }, /end with a message of the user/],
    [
      { messages: [...EASY, { role: "assistant", content: " " }] },
      /end with a message of the user/,
    ],
    [{ messages: EASY, temperature: -1 }, /temperature/],
    [{ messages: EASY, max_tokens: 0 }, /max_tokens/],
    [{ messages: EASY, stop: [""] }, /stop/],
    [{ messages: EASY, mode: "fastest" }, /mode/],
  ]);
  for (const [request, message] of cases) {
    const { error } = await stream(request);
    assert.equal(error?.name, "RouterError");
    assert.equal(error?.code, "invalid_request");
    assert.match(error?.message ?? "", message);
  }
  assert.equal(site.count("/v1/chat"), sent);
});

test("options are checked by name", async () => {
  for (const [options, name] of [
    [{ mode: "best" }, /mode/],
    [{ theta: "high" }, /theta/],
    [{ storage: "disk" }, /storage/],
  ]) {
    const error = await createRouter(/** @type {object} */ (options)).catch((thrown) => thrown);
    assert.match(String(error), /** @type {RegExp} */ (name));
  }
});

test("device-only sends not one byte once it has loaded", async () => {
  await createRouter({ mode: "device-only" });
  await settled("deviceReady");
  const before = site.requests.length;
  const { error } = await stream({ messages: EASY, max_tokens: 12 });
  assert.equal(error, null);
  await page.waitForTimeout(5000);
  assert.deepEqual(site.requests.slice(before), []);
});

test("a mode set later holds from the next turn on", async () => {
  await createRouter({ mode: "edge-only" });
  await settled("deviceReady");
  await page.evaluate(() =>
    /** @type {any} */ (globalThis).router.configure({ mode: "device-only" }),
  );
  const { chunks } = await stream({ messages: EASY, max_tokens: 4 });
  assert.equal(chunks[0].x_route.reason, "mode_device_only");
});

test("a disposed router refuses, with a code", async () => {
  await createRouter({ mode: "edge-only", device: false });
  await page.evaluate(() => /** @type {any} */ (globalThis).router.dispose());
  const { error } = await stream({ messages: EASY });
  assert.equal(error?.code, "disposed");
});

test("a worker from another origin works through a blob; one that is missing is a coded error", async () => {
  const other = await startSite();
  try {
    await page.goto(`${site.url}free.html`);
    await createRouter({
      mode: "edge-only",
      device: false,
      workerUrl: `${other.url}www/worker.js`,
    });
    const { chunks, error } = await stream({ messages: EASY });
    assert.equal(error, null);
    assert.equal(textOf(chunks), site.answer);
    await createRouter({ mode: "edge-only", workerUrl: "/nowhere.js" });
    assert.equal((await stream({ messages: EASY })).error?.code, "worker_unavailable");
  } finally {
    await other.close();
  }
});

test("a wasm module that cannot be loaded is a coded error", async () => {
  await createRouter({ mode: "edge-only", wasmUrl: "/nowhere.wasm" });
  assert.equal((await stream({ messages: EASY })).error?.code, "wasm_unavailable");
});

/** The shipped core, except that one question hits a wasm trap. */
const CRASHING_CORE = `
  import init, * as pkg from "/pkg/nearside.js";
  export default init;
  export const { Sha256 } = pkg;
  const trap = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11]);
  export class Core extends pkg.Core {
    chat(request, signal, onEvent) {
      if (request.messages.at(-1).content !== "Crash!") return super.chat(request, signal, onEvent);
      queueMicrotask(() => Promise.resolve().then(new WebAssembly.Instance(new WebAssembly.Module(trap)).exports.t));
      return new Promise(() => {});
    }
  }`;

test("a crash of the core is a coded error, and the next turn has a new worker", async () => {
  site.route("/crashing-core.js", (_, response) => {
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end(CRASHING_CORE);
  });
  await createRouter({ mode: "edge-only", device: false, moduleUrl: "/crashing-core.js" });
  const { error } = await stream({ messages: [{ role: "user", content: "Crash!" }] });
  assert.equal(error?.code, "core_crashed");
  assert.equal(
    await page.evaluate(() => /** @type {any} */ (globalThis).router.state.phase),
    "failed",
  );
  const next = await stream({ messages: EASY });
  assert.equal(next.error, null);
  assert.equal(textOf(next.chunks), site.answer);
});
