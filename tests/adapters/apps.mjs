/**
 * The example apps as a person uses them: built as their page says, opened in a real Chromium, in front of
 * an edge that a test plays or of the real gateway.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { pathToFileURL } from "node:url";

import { launchBrowser, repositoryRoot } from "../e2e/harness.mjs";
import { answersWith, chunk, done, event, stop, text } from "../e2e/misbehaving-server.mjs";
import { startSite } from "../e2e/test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator} Locator */
/** @typedef {import("../../examples/build.mjs").Example} Example */

const TURN_TIMEOUT_MILLIS = 60_000;

/** Loading takes its time on a busy machine. */
const MODEL_TIMEOUT_MILLIS = 120_000;

/**
 * How a person finds their way about an app.
 * @typedef {object} Ways
 * @property {(page: Page, prompt: string) => Promise<void>} send
 * @property {(page: Page) => Promise<void>} stop
 * @property {(page: Page) => Locator} answer the newest one
 * @property {(page: Page, route: "device" | "edge") => Locator} by what says who has answered
 * @property {(page: Page) => Locator} failure
 */

/** @type {Ways} */
const FORM = {
  async send(page, prompt) {
    await page.getByLabel("Message").fill(prompt);
    await page.getByRole("button", { name: "Send" }).click();
  },
  stop: (page) => page.getByRole("button", { name: "Stop" }).click(),
  answer: (page) => page.locator("[data-role=assistant]").last(),
  by: (page, route) => page.locator(`[data-role=assistant][data-route=${route}]`).last(),
  failure: (page) => page.getByRole("alert"),
};

/** @type {Record<Example, Ways>} */
const WAYS = {
  "ai-sdk": FORM,
  "assistant-ui": FORM,
  "deep-chat": {
    async send(page, prompt) {
      await page.getByRole("textbox").click();
      await page.keyboard.type(prompt);
      await page.keyboard.press("Enter");
    },
    stop: (page) => page.locator("[role=button]:has(#stop-icon)").click(),
    answer: (page) => page.locator(".ai-message").last(),
    by: (page, route) => page.locator(`#who[data-route=${route}][data-done=true]`),
    failure: (page) => page.locator(".error-message"),
  },
  openai: { ...FORM, failure: (page) => page.locator("[data-code]") },
  react: FORM,
};

/** Each app, and how a person finds their way about it. */
export const APPS = /** @type {[Example, Ways][]} */ (Object.entries(WAYS));

/** What belongs to the examples is installed beside them. @param {string} name @returns {Promise<any>} */
export function installed(name) {
  const require = createRequire(new URL("../../examples/package.json", import.meta.url));
  return import(pathToFileURL(require.resolve(name)).href);
}

/**
 * @typedef {object} Stage
 * @property {import("../e2e/test-site.mjs").TestSite} site
 * @property {import("../e2e/harness.mjs").Browser} browser
 * @property {string[]} errors what pages have reported
 */

/** One browser for all apps of a file. @returns {Pick<Stage, "browser">} */
export function browserForFile() {
  const shared = /** @type {Pick<Stage, "browser">} */ ({});
  before(async () => {
    shared.browser = await launchBrowser();
  });
  after(() => shared.browser?.close());
  return shared;
}

/**
 * An example, built for its tests, and for each of them a site of its own.
 * @param {Example} name
 * @param {Pick<Stage, "browser">} shared
 */
export function appForEachTest(name, shared) {
  const stage = /** @type {Stage} */ ({});
  before(async () => {
    const { buildExample } = await import("../../examples/build.mjs");
    await buildExample(name, { development: true });
  });
  beforeEach(async () => {
    Object.assign(stage, shared, { errors: [], site: await startSite() });
  });
  afterEach(async () => {
    for (const page of stage.browser.context.pages()) await page.close();
    await stage.site.close();
  });
  return stage;
}

/**
 * Opens the example; what it reports as an error is kept in `errors`.
 * @param {Stage} stage
 * @param {Example} name
 * @param {import("../../www/types.js").Mode} mode
 */
export async function openApp({ browser, site, errors }, name, mode) {
  const page = await browser.context.newPage();
  page.setDefaultTimeout(TURN_TIMEOUT_MILLIS);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(addressOf(site.url, name, mode));
  return page;
}

/** @param {string} url of whoever serves the repository @param {Example} name @param {import("../../www/types.js").Mode} mode */
export function addressOf(url, name, mode) {
  return `${url}target/examples/${name}/index.html?mode=${mode}`;
}

/** Waits until the device's model is loaded. @param {Page} page */
export async function untilDeviceReady(page) {
  await page.locator("html[data-device=ready]").waitFor({ state: "attached", timeout: MODEL_TIMEOUT_MILLIS });
}

/** The weather, asked for in pieces as servers send them, and the answer once the tool's word is there. */
export function weatherEdge() {
  const asking = [
    chunk({ role: "assistant", content: null, tool_calls: [piece({ id: "call_1", type: "function", name: "weather", arguments: "" })] }),
    chunk({ tool_calls: [piece({ arguments: '{"city":' })] }),
    chunk({ tool_calls: [piece({ arguments: '"Ulm"}' })] }),
    chunk({}, "tool_calls"),
    done,
  ];
  const telling = [text("In Ulm it is "), text("sunny, 21 °C."), stop, event({ choices: [], usage: USAGE }), done];
  /** @type {any[]} */
  const bodies = [];
  /** @type {import("../e2e/test-site.mjs").Handler} */
  const handler = (request, response) => {
    const found = bodies.at(-1)?.messages.some((/** @type {any} */ message) => message.role === "tool");
    return answersWith({ pieces: found ? telling : asking })(request, response);
  };
  return { handler, bodies };
}

export const USAGE = { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 };

/** @param {{id?: string, type?: string, name?: string, arguments: string}} call */
function piece({ id, type, name, arguments: more }) {
  return { index: 0, ...(id && { id, type }), function: { ...(name && { name }), arguments: more } };
}

/**
 * Plays that edge at the site.
 * @param {import("../e2e/test-site.mjs").TestSite} site
 * @returns {() => any[]} the bodies of the requests so far
 */
export function playWeather(site) {
  const { handler, bodies } = weatherEdge();
  const asked = () => turnsOf(site);
  site.route("/v1/chat/completions", (request, response) => {
    bodies.splice(0, bodies.length, ...asked());
    return handler(request, response);
  });
  return asked;
}

/**
 * What the edge says in many words, with time to stop it.
 * @param {import("../e2e/test-site.mjs").TestSite} site
 */
export function playLongAnswer(site) {
  site.answer = Array.from({ length: 300 }, (_, i) => `word${i}`).join(" ");
}

/**
 * Waits until the edge has seen its reader go away.
 * @param {import("../e2e/test-site.mjs").TestSite} site
 * @param {Page} page
 */
export async function untilAbandoned(site, page) {
  for (let tries = 0; site.abandoned === 0; tries += 1) {
    if (tries === 1000) throw new Error("the edge was never left");
    await page.waitForTimeout(50);
  }
}

/**
 * The device begins every turn, the reader sees it, and the first look finds the answer bad.
 * @param {import("../e2e/test-site.mjs").TestSite} site
 */
export async function doubtTheDevice(site) {
  const manifest = JSON.parse(await readFile(path.join(repositoryRoot, "models/manifest.json"), "utf8"));
  const second_look = { theta: 0, first_tokens: 2, drift: 0, draft: "shown" };
  const routing = { theta: 1, alpha_per_s: 0, hysteresis: 0, second_look };
  site.route("/models/manifest.json", (_, response) => response.end(JSON.stringify({ ...manifest, routing })));
}

/** @param {import("../e2e/test-site.mjs").TestSite} site @returns {any[]} the bodies of the turns that the edge was asked */
function turnsOf(site) {
  return site.requests
    .filter(({ path, method }) => path === "/v1/chat/completions" && method === "POST")
    .map(({ body }) => JSON.parse(body));
}

/**
 * Waits until the edge was asked so many turns.
 * @param {Page} page @param {import("../e2e/test-site.mjs").TestSite} site @param {number} n
 * @returns {Promise<any[]>} the messages of the last one
 */
export async function untilSent(page, site, n) {
  for (let tries = 0; turnsOf(site).length < n; tries += 1) {
    if (tries === 1000) throw new Error(`the edge was asked ${turnsOf(site).length} turns`);
    await page.waitForTimeout(50);
  }
  return turnsOf(site)[n - 1].messages;
}

/** Waits for a text in an element. @param {Locator} locator @param {RegExp | string} text */
export async function shows(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor();
}
