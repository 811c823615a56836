/**
 * What every end-to-end test stands on: a real gateway process, a shaped link in front of it, a
 * real Chromium, and the visible page as a person uses it.
 *
 *     const gateway = await startGateway();
 *     const link = await startProxy(gateway.port);
 *     const browser = await launchBrowser();
 *     const page = await openChat(browser.context, link.url);
 *     const turn = await ask(page, "What is 2 + 2?");
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { LinkShaper } from "../demo/link-shaper.mjs";

export { LinkShaper, SHAPES } from "../demo/link-shaper.mjs";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../../www/types.js").TurnReport} TurnReport */

export const repositoryRoot = fileURLToPath(new URL("../../", import.meta.url));

/** Loading eight megabytes of weights on a busy two-core machine takes its time. */
const READY_TIMEOUT_MILLIS = 180_000;
const TURN_TIMEOUT_MILLIS = 180_000;
const GATEWAY_TIMEOUT_MILLIS = 60_000;
const STOP_TIMEOUT_MILLIS = 10_000;
const NOTICE_TIMEOUT_MILLIS = 60_000;

// --- The gateway ---

const EMBEDDED = ["--model", "models/edge.gguf", "--site", "."];

/** What `cargo xtask models fetch` brings, as the demo serves it. */
export const REAL_PAIR = [
  "--model", "models/fetched/qwen2.5-coder-0.5b-instruct.gguf",
  "--device-model", "models/fetched/smollm2-135m-instruct.gguf",
  "--manifest", "models/smollm2-qwen.json", "--site", ".", "--context", "8192",
];

/**
 * Starts the gateway that `cargo xtask build` made and waits until it listens. `stop` is its clean
 * shutdown; starting again on the same `port` is a restart.
 * @param {{port?: number, args?: string[], serves?: string[]}} [options] `args` come after the usual
 *   ones; `serves` says which models and which page, by default the embedded edge model and this page
 */
export async function startGateway({ port, args = [], serves = EMBEDDED } = {}) {
  const program = process.env.NEARSIDE_EDGE ?? path.join(repositoryRoot, "target/fast/nearside-edge");
  if (!existsSync(program)) throw new Error(`${program} is missing; run: cargo xtask build`);
  const listenPort = port ?? (await freePort());
  const child = spawn(program, ["--listen", `127.0.0.1:${listenPort}`, ...serves, ...args], {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const killIt = () => child.kill("SIGKILL");
  process.once("exit", killIt);
  child.once("exit", () => process.off("exit", killIt));
  let log = "";
  child.stderr.on("data", (chunk) => (log += chunk));

  const listening = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      log += `${line}\n`;
      if (line.startsWith("listening on ")) resolve(undefined);
    });
  });
  const failed = exited.then(([code]) => {
    throw new Error(`the gateway ended with ${code} before it listened:\n${log}`);
  });
  failed.catch(() => {});
  await within(GATEWAY_TIMEOUT_MILLIS, Promise.race([listening, failed]), "the gateway to listen");

  return {
    port: listenPort,
    url: `http://127.0.0.1:${listenPort}/`,
    pid: child.pid,
    log: () => log,
    /** Asks it to end and gives its exit code: 0 when it shut down cleanly. */
    async stop() {
      child.kill("SIGTERM");
      const [code] = await within(STOP_TIMEOUT_MILLIS, exited, "the gateway to end after SIGTERM");
      return code;
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startGateway>>} Gateway */

/** A port that nobody listens on right now. */
export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/**
 * A shaped link to a gateway; the page is opened at its `url`.
 * @param {number} targetPort
 */
export function startProxy(targetPort) {
  return new LinkShaper(targetPort).open();
}

// --- The browser ---

/** The Chromium that `cargo xtask setup` found: CHROME, or the first one on the PATH. */
export function findChromium() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = process.env.CHROME ?? onPath.find((file) => existsSync(file));
  if (!found) throw new Error("no Chromium on the PATH; run: cargo xtask setup");
  return found;
}

/**
 * A headless Chromium. With a `profileDir` of the caller's it can be closed and started again on
 * the same profile; without one the profile is fresh and goes when the browser closes.
 * @param {{profileDir?: string}} [options]
 */
export async function launchBrowser({ profileDir } = {}) {
  const profile = profileDir ?? (await mkdtemp(path.join(tmpdir(), "nearside-profile-")));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    context,
    profileDir: profile,
    async close() {
      await context.close();
      if (!profileDir) await rm(profile, { recursive: true, force: true });
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof launchBrowser>>} Browser */

// --- The page ---

/**
 * A page that remembers what `<nearside-chat>` tells it, from before the element exists. It keeps no dialogues
 * unless it is opened with `?keep`.
 * @param {BrowserContext} context
 */
export async function newPage(context) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    try {
      localStorage.setItem("nearside-keep", "no");
    } catch {
      // A page that may keep nothing keeps no dialogues either.
    }
    /** @type {Record<"ready" | "turn" | "error" | "warning", any[]>} */
    const heard = { ready: [], turn: [], error: [], warning: [] };
    Object.assign(window, { heard });
    for (const kind of /** @type {const} */ (["ready", "turn", "error", "warning"])) {
      window.addEventListener(`nearside-${kind}`, (event) =>
        heard[kind].push(/** @type {CustomEvent} */ (event).detail),
      );
    }
  });
  return page;
}

/**
 * The source of the page's worker, with a device that takes so long for each of its steps.
 * @param {number} stepMillis
 */
export async function slowWorker(stepMillis) {
  const source = await readFile(path.join(repositoryRoot, "www/worker.js"), "utf8");
  const waking = "channel.port2.postMessage(null)";
  if (!source.includes(waking)) throw new Error("www/worker.js yields in another way");
  return source.replace(waking, `setTimeout(() => ${waking}, ${stepMillis})`);
}

/**
 * Opens the chat at `url` and waits until a person could use both sides.
 * @param {BrowserContext} context @param {string} url
 */
export async function openChat(context, url) {
  const page = await newPage(context);
  await page.goto(url);
  await waitUntilReady(page);
  return page;
}

/**
 * Waits until the scorer routes and the device's model is loaded.
 * @param {Page} page
 */
export async function waitUntilReady(page) {
  await page
    .locator("nearside-chat[state=ready][device-ready]")
    .waitFor({ state: "attached", timeout: READY_TIMEOUT_MILLIS });
}

/**
 * Waits until the page says that the edge is there, or that it is not.
 * @param {Page} page @param {"online" | "offline"} state
 */
export async function waitForEdge(page, state) {
  await page
    .locator(`nearside-chat[edge-state=${state}]`)
    .waitFor({ state: "attached", timeout: NOTICE_TIMEOUT_MILLIS });
}

/**
 * Waits until the round trip that the page reckons with lies between the two.
 * @param {Page} page @param {{aboveMillis?: number, belowMillis?: number}} bounds
 */
export async function waitForRoundTrip(page, { aboveMillis = 0, belowMillis = Infinity }) {
  await page.waitForFunction(
    ({ above, below }) => {
      const chat = /** @type {any} */ (document.querySelector("nearside-chat"));
      const seconds = chat.router.state.core.link?.rtt_s;
      return seconds > above && seconds < below;
    },
    { above: aboveMillis / 1000, below: belowMillis / 1000 },
    { timeout: NOTICE_TIMEOUT_MILLIS, polling: 250 },
  );
}

/**
 * Changes the settings of the page's chat while it runs.
 * @param {Page} page @param {object} knobs as `router.configure` takes them
 */
export function configure(page, knobs) {
  return page.evaluate(
    (knobs) => /** @type {any} */ (document.querySelector("nearside-chat")).router.configure(knobs),
    knobs,
  );
}

/**
 * A turn of the page's router, past the element.
 * @param {Page} page @param {object} request as `router.chat.completions.create` takes it
 * @returns {Promise<TurnReport>}
 */
export function complete(page, request) {
  return page.evaluate(async (request) => {
    const { router } = /** @type {any} */ (document.querySelector("nearside-chat"));
    return (await router.chat.completions.create(request)).x_turn;
  }, request);
}

/** The next turn begins a dialogue. @param {Page} page */
export function clearDialogue(page) {
  return page.evaluate(() =>
    /** @type {any} */ (document.querySelector("nearside-chat")).router.clearDialogue(),
  );
}

/**
 * Types a message, sends it, and waits for the turn's report.
 * @param {Page} page @param {string} prompt @returns {Promise<TurnReport>}
 */
export async function ask(page, prompt) {
  const before = await heard(page);
  const chat = page.locator("nearside-chat");
  await chat.locator("textarea[part~=input]").fill(prompt);
  await chat.locator("button[part~=send]").click();
  return answered(page, before);
}

/**
 * Waits for the turn that follows the `before` ones, or for the error that ends it.
 * @param {Page} page @param {{turns: number, errors: number}} before @returns {Promise<TurnReport>}
 */
export async function answered(page, before) {
  const outcome = await page.waitForFunction(
    ({ turns, errors }) => {
      const { heard } = /** @type {any} */ (window);
      if (heard.turn.length > turns) return { report: heard.turn[turns] };
      return heard.error.length > errors && { error: heard.error[errors] };
    },
    before,
    { timeout: TURN_TIMEOUT_MILLIS, polling: 50 },
  );
  const { report, error } = /** @type {any} */ (await outcome.jsonValue());
  if (error) throw new Error(`the page reports ${error.code}: ${error.message}`);
  // The element takes the next message once it has left "answering".
  await page.locator("nearside-chat[state=ready]").waitFor({ state: "attached" });
  return report;
}

/**
 * How many turns and errors the page has reported so far.
 * @param {Page} page @returns {Promise<{turns: number, errors: number}>}
 */
export function heard(page) {
  return page.evaluate(() => {
    const { heard } = /** @type {any} */ (window);
    return { turns: heard.turn.length, errors: heard.error.length };
  });
}

// --- Time ---

/**
 * `promise`, unless it takes longer than `millis`.
 * @template T @param {number} millis @param {Promise<T>} promise @param {string} what
 * @returns {Promise<T>}
 */
export async function within(millis, promise, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${millis / 1000} s for ${what}`)), millis);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}
