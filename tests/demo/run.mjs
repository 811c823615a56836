/**
 * The headless demo: a real gateway, a shaped link and a real Chromium, driven through a scripted
 * dialogue by typing into the visible page.
 *
 *     node tests/demo/run.mjs [--dialogue FILE] [--gateway ARGUMENT]… [--json FILE]
 *
 * `--gateway` says with which models and page the gateway is started, an argument each; without it
 * that is the embedded pair, which tests/demo/dialogue.json was written for. Ends with 1 if a turn failed or an expectation does not hold.
 */

import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import * as harness from "../e2e/harness.mjs";
import { violations } from "./expectations.mjs";
import { SHAPES } from "./link-shaper.mjs";
import { data, table, transcript } from "./report.mjs";

/**
 * One turn of a dialogue.
 * @typedef {object} Step
 * @property {string} prompt
 * @property {string} note what the turn is there to show
 * @property {keyof typeof EVENTS} [before] what happens to the edge or the link first
 * @property {import("./expectations.mjs").Expectation} expect
 */

/** @typedef {{page: harness.Page, link: harness.LinkShaper, gateway: harness.Gateway}} Stage */

/** What can happen between two turns, each until the page has had the chance to notice. */
const EVENTS = {
  /** @param {Stage} stage */
  "edge-stop": async (stage) => {
    await stage.gateway.stop();
    await stage.link.cut();
    await harness.waitForEdge(stage.page, "offline");
  },
  /** @param {Stage} stage */
  "edge-start": async (stage) => {
    stage.gateway = await harness.startGateway({ port: stage.gateway.port, serves });
    await stage.link.open();
    await harness.waitForEdge(stage.page, "online");
  },
  /** @param {Stage} stage */
  "prefer-edge": ({ page }) => harness.configure(page, { mode: "prefer-edge" }),
  /** @param {Stage} stage */
  auto: ({ page }) => harness.configure(page, { mode: "auto" }),
  /** @param {Stage} stage */
  "link-slow": async ({ page, link }) => {
    link.shape(SHAPES.slow);
    await harness.waitForRoundTrip(page, { aboveMillis: 1.6 * SHAPES.slow.oneWayDelayMillis });
  },
  /** @param {Stage} stage */
  "link-normal": async ({ page, link }) => {
    link.shape(SHAPES.normal);
    await harness.waitForRoundTrip(page, { belowMillis: SHAPES.slow.oneWayDelayMillis / 2 });
  },
};

/** @param {Stage} stage @param {Step} step @returns {Promise<import("./report.mjs").Played>} */
async function play(stage, { prompt, note, before, expect }) {
  try {
    if (before) await EVENTS[before](stage);
    const turn = await harness.ask(stage.page, prompt);
    return { prompt, note, turn, violations: violations(expect, turn) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { prompt, note, turn: null, violations: [reason] };
  }
}

/** @param {Step[]} steps */
async function playAll(steps) {
  const gateway = await harness.startGateway({ serves });
  const link = await harness.startProxy(gateway.port);
  const browser = await harness.launchBrowser();
  console.log(`gateway at ${gateway.url}, page at ${link.url}\n`);
  const played = [];
  /** @type {Stage | undefined} */
  let stage;
  try {
    stage = { gateway, link, page: await harness.openChat(browser.context, link.url) };
    for (const [index, step] of steps.entries()) {
      played.push(await play(stage, step));
      console.log(transcript(index, played[index]));
    }
  } finally {
    await browser.close();
    await link.cut();
    await (stage?.gateway ?? gateway).stop();
  }
  return played;
}

const { values } = parseArgs({
  options: {
    dialogue: { type: "string", default: "tests/demo/dialogue.json" },
    gateway: { type: "string", multiple: true },
    json: { type: "string" },
  },
});
/** The embedded pair, unless told otherwise. */
const serves = values.gateway;
const played = await playAll(JSON.parse(await readFile(values.dialogue, "utf8")));
const result = data(played);

console.log(table(played));
const routes = ["device", "edge"].map((route) => {
  const count = played.filter(({ turn }) => turn?.route === route).length;
  return `${count} on the ${route}`;
});
const failed = played.filter(({ violations }) => violations.length > 0).length;
console.log(`\n${played.length} turns: ${routes.join(", ")}; ${failed} failed`);
if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
// Not left to an empty event loop: a proxied connection that died half-way has been seen to keep it busy.
process.exit(result.ok ? 0 : 1);
