/** `useNearside` in real React, in strict mode, in a real page; and where there is no page. */

import assert from "node:assert/strict";
import path from "node:path";
import { before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { bundle } from "../../examples/build.mjs";
import { repositoryRoot } from "../e2e/harness.mjs";
import { siteForEachTest } from "../e2e/test-site.mjs";
import { playLongAnswer, playWeather } from "./apps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const OUT = path.join(repositoryRoot, "target/examples/react-hook");
const stage = siteForEachTest();
/** @type {Page} */
let page;
/** @type {string[]} */
let errors;

before(async () => {
  const define = { "process.env.NODE_ENV": '"development"' };
  await bundle(here("react-hook-page.jsx"), `${OUT}/page.js`, { define });
  await bundle(here("react-hook-server.jsx"), `${OUT}/server.cjs`, { define, platform: "node", format: "cjs" });
});
beforeEach(async () => {
  page = await stage.browser.context.newPage();
  errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  await page.goto(`${stage.site.url}free.html`);
  await page.addScriptTag({ url: "/target/examples/react-hook/page.js", type: "module" });
  await page.waitForFunction(() => "show" in globalThis);
});

/** @param {string} name */
function here(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * Runs in the page what a component's event handlers would.
 * @param {(hook: any, page: any) => unknown} act on what the component `a` was given last
 */
function inPage(act) {
  return page.evaluate(`(${act})(globalThis.seen.a, globalThis)`);
}

/** Puts a component there that has a router of its own. @param {object} [props] */
async function showOwn(props = {}) {
  await page.evaluate((props) => {
    const { show, OPTIONS } = /** @type {any} */ (globalThis);
    show({ a: { options: OPTIONS, request: { mode: "edge-only" }, ...props } });
  }, props);
  await page.waitForFunction(() => /** @type {any} */ (globalThis).seen.a?.state?.phase === "ready");
}

test("a component's own router is started once in strict mode, and ends with it", async () => {
  await showOwn();
  assert.equal(stage.site.count("/www/worker.js"), 1);
  assert.equal(page.workers().length, 1);
  const router = await page.evaluateHandle(() => /** @type {any} */ (globalThis).seen.a.router);
  await page.evaluate(() => /** @type {any} */ (globalThis).show({}));
  await page.waitForFunction((router) => router.state.phase === "disposed", router);
  for (let tries = 0; page.workers().length > 0 && tries < 1000; tries += 1) await page.waitForTimeout(20);
  assert.equal(page.workers().length, 0);
  assert.deepEqual(errors, []);
});

test("a component that leaves in mid-answer stops it", async () => {
  playLongAnswer(stage.site);
  await showOwn();
  await inPage((hook) => void hook.ask("Count."));
  await page.waitForFunction(() => document.body.textContent?.includes("word2"));
  await page.evaluate(() => /** @type {any} */ (globalThis).show({}));
  for (let tries = 0; stage.site.abandoned === 0 && tries < 1000; tries += 1) await page.waitForTimeout(20);
  assert.equal(stage.site.abandoned, 1);
  assert.deepEqual(errors, []);
});

test("a router of the page's is used by two components, and outlives them", async () => {
  const states = await page.evaluate(async () => {
    const { show, seen, Router, OPTIONS } = /** @type {any} */ (globalThis);
    const router = Router.create({ ...OPTIONS, mode: "edge-only" });
    show({ a: { router: null }, b: { router } });
    await router.ready;
    const b = await seen.b.ask("Hi");
    show({ a: { router }, b: { router } });
    while (seen.a.router !== router || !seen.a.state) await new Promise((resolve) => requestAnimationFrame(resolve));
    const a = await seen.a.ask("Hi");
    show({});
    await new Promise((resolve) => setTimeout(resolve, 50));
    return [a.content, b.content, router.state.phase];
  });
  assert.deepEqual(states, [stage.site.answer, stage.site.answer, "ready"]);
  assert.equal(stage.site.count("/www/worker.js"), 1);
});

test("an answer has its route, its reason and its report, and draws once a frame", async () => {
  await showOwn();
  const { answer, decision, isAnswering, renders, deltas } = await /** @type {Promise<any>} */ (
    inPage(async (hook, page) => {
      let deltas = 0;
      const create = hook.router.chat.completions.create;
      // Many words at once, as a fast model writes them.
      hook.router.chat.completions.create = (/** @type {any} */ request, /** @type {any} */ options) => {
        const stream = create(request, options);
        const words = async function* () {
          for await (const chunk of stream) {
            yield chunk;
            const delta = { content: "" };
            for (let i = 0; i < 200; i += 1, deltas += 1)
              yield { ...chunk, x_route: undefined, x_turn: undefined, x_prefill: { done: i, total: 200 }, choices: [{ index: 0, delta: { ...delta, content: chunk.x_turn ? "" : "." }, finish_reason: null }] };
          }
        };
        return Promise.resolve({ [Symbol.asyncIterator]: words });
      };
      const before = page.counts.renders;
      const answer = await hook.ask("Hi");
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { decision, isAnswering } = page.seen.a;
      return { answer, decision, isAnswering, renders: page.counts.renders - before, deltas };
    })
  );
  assert.equal(answer.content, stage.site.answer);
  assert.deepEqual([answer.route, answer.status, answer.report.finish_reason], ["edge", "done", "stop"]);
  assert.match(answer.sentence, /\.$/);
  assert.equal(decision.mode, "edge-only");
  assert.equal(isAnswering, false);
  assert.ok(deltas > 1000, `${deltas} pieces`);
  assert.ok(renders < deltas / 20, `${renders} renders of ${deltas} pieces`);
});

test("retry asks the last question again, and clear begins anew", async () => {
  await showOwn();
  await inPage((hook) => hook.ask("Hi"));
  stage.site.answer = "Otherwise.";
  await inPage((hook) => hook.retry());
  const messages = /** @type {any[]} */ (await inPage((_, page) => page.seen.a.messages));
  assert.deepEqual(messages.map(({ role, content }) => [role, content]), [["user", "Hi"], ["assistant", "Otherwise."]]);
  await inPage((hook) => hook.clear());
  await page.waitForFunction(() => /** @type {any} */ (globalThis).seen.a.messages.length === 0);
  assert.deepEqual(errors, []);
});

test("a failure is told with its code, and the question can be asked again", async () => {
  stage.site.edge = 401;
  await showOwn();
  assert.equal(await inPage((hook) => hook.ask("Hi")), null);
  const { error, messages, isAnswering } = /** @type {any} */ (await inPage((_, page) => {
    const { error, messages, isAnswering } = page.seen.a;
    return { error: { name: error.name, code: error.code }, messages: messages.map((/** @type {any} */ m) => m.role), isAnswering };
  }));
  assert.deepEqual(error, { name: "RouterError", code: "edge_unauthorized" });
  assert.deepEqual([messages, isAnswering], [["user"], false]);
  stage.site.edge = "well";
  const answer = /** @type {any} */ (await inPage((hook) => hook.retry()));
  assert.equal(answer.content, stage.site.answer);
  assert.equal(await inPage((_, page) => page.seen.a.error), null);
});

test("asking beside a turn that runs is refused, and the turn goes on", async () => {
  await showOwn();
  const [first, second, code] = /** @type {any[]} */ (await inPage(async (hook, page) => {
    const first = hook.ask("Hi");
    const second = await hook.ask("And?");
    while (!page.seen.a.error) await new Promise((resolve) => requestAnimationFrame(resolve));
    const { code } = page.seen.a.error;
    return [(await first).content, second, code];
  }));
  assert.deepEqual([first, second, code], [stage.site.answer, null, "busy"]);
});

test("a tool that fails tells the model so, and the rounds end", async () => {
  const asked = playWeather(stage.site);
  await page.evaluate(() => {
    const { show, OPTIONS } = /** @type {any} */ (globalThis);
    const run = () => Promise.reject(new Error("no sky today"));
    show({ a: { options: OPTIONS, system: "Be brief.", tools: { weather: { parameters: { type: "object" }, run } } } });
  });
  await page.waitForFunction(() => /** @type {any} */ (globalThis).seen.a?.state?.phase === "ready");
  const answer = /** @type {any} */ (await inPage((hook) => hook.ask("Weather?")));
  assert.equal(answer.content, "In Ulm it is sunny, 21 °C.");
  const [, second] = asked();
  assert.deepEqual(second.messages.map((/** @type {any} */ { role }) => role), ["system", "user", "assistant", "tool"]);
  assert.equal(second.messages[3].content, "Error: no sky today");
});

test("options that are not valid are an error, not a crash", async () => {
  await page.evaluate(() => /** @type {any} */ (globalThis).show({ a: { options: { mode: "fastest" } } }));
  await page.waitForFunction(() => /** @type {any} */ (globalThis).seen.a?.error?.code === "invalid_config");
  assert.deepEqual(errors, []);
});

test("on a server it renders an empty dialogue and starts nothing", async () => {
  const { html } = await import(`${OUT}/server.cjs`);
  const said = html().replaceAll("&quot;", '"');
  assert.equal(said, '<p>{"messages":[],"isAnswering":false,"state":null,"router":null}</p>');
});
