/**
 * The one headless Chromium in which every engine is measured, each run in a page of its own.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { findChromium } from "../tests/e2e/harness.mjs";

/** One run: an engine's slowest, a 256-token prompt without SIMD kernels, takes half a minute. */
const RUN_TIMEOUT_MILLIS = 240_000;

/** @typedef {Awaited<ReturnType<typeof launch>>} Browser */

/** @param {string} siteUrl */
export async function launch(siteUrl) {
  const profile = await mkdtemp(path.join(tmpdir(), "nearside-bench-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    version: () => context.browser()?.version() ?? versionOf(context),

    /**
     * Runs a task in a fresh page and gives what it measured.
     * @param {Record<string, unknown>} task
     */
    async measure(task) {
      const page = await context.newPage();
      try {
        return await within(RUN_TIMEOUT_MILLIS, measureIn(page, siteUrl, task));
      } finally {
        await page.close();
      }
    },

    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * @param {import("playwright-core").Page} page @param {string} siteUrl
 * @param {Record<string, unknown>} task @returns {Promise<any>}
 */
async function measureIn(page, siteUrl, task) {
  const crashed = new Promise((_, reject) => {
    page.once("crash", () => reject(new Error("the page crashed")));
  });
  await page.goto(`${siteUrl}benches/page/index.html`);
  const measured = page.evaluate((task) => /** @type {any} */ (window).measure(task), task);
  return Promise.race([measured, crashed]);
}

/** @param {import("playwright-core").BrowserContext} context */
async function versionOf(context) {
  const page = await context.newPage();
  const agent = await page.evaluate(() => navigator.userAgent);
  await page.close();
  return /Chrome\/(\S+)/.exec(agent)?.[1] ?? "unknown";
}

/**
 * @template T
 * @param {number} millis @param {Promise<T>} promise @returns {Promise<T>}
 */
function within(millis, promise) {
  /** @type {NodeJS.Timeout} */
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result after ${millis / 1000} s`)), millis);
  });
  return Promise.race([promise, /** @type {Promise<T>} */ (timeout)]).finally(() => clearTimeout(timer));
}
