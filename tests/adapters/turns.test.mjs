/** A turn as the adapters run it: what is held back, what a stopped turn is, and what follows it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { chunksOf, withoutDrafts } from "../../www/adapters/turns.js";
import { continued, replaced, route, says, scriptedRouter, thinks } from "./scripted-router.mjs";

/** @typedef {import("../../www/types.js").TurnEvent} TurnEvent */

const REQUEST = { messages: [{ role: /** @type {const} */ ("user"), content: "Hi" }] };
/** The device's first words were its thinking. @type {TurnEvent} */
const thought = { type: "thought", text: "So. ", route: "device" };
const edgeFirst = route({ route: "edge", reason: "edge_needed" });
/** @type {TurnEvent} */
const toDevice = { type: "switch", from: "edge", to: "device", reason: "edge_unreachable", sentence: "", replaces: false };
const gone = { ...route({}).decision.edge, available: false };

/**
 * What a reader sees, in order: text, `(thinking)`, and `!` where text before was only a draft.
 * @param {TurnEvent[]} events @param {"held" | "shown"} drafts
 */
async function seen(events, drafts) {
  const all = chunksOf(scriptedRouter({ events }), REQUEST);
  const parts = [];
  for await (const chunk of drafts === "held" ? withoutDrafts(all) : all) {
    const { content, reasoning_content } = chunk.choices[0].delta;
    if (reasoning_content) parts.push(`(${reasoning_content})`);
    if (content) parts.push(content);
    if (chunk.x_switch?.replaces) parts.push("!");
    if (chunk.x_turn) parts.push(".");
  }
  return parts.join("|");
}

/** @type {[string, TurnEvent[], string, string][]} what happens, and what is seen if drafts are held or shown */
const CASES = [
  ["the device's text waits for the end", [route(), says("It "), says("is.")], "It is.|.", "It |is.|."],
  ["a draft that is replaced never comes", [route(), says("No"), replaced, says("Yes.", "edge")], "Yes.|.", "No|!|Yes.|."],
  ["what the edge goes on from comes before it", [route(), says("It "), continued, says("is.", "edge")], "It |is.|.", "It |is.|."],
  ["the edge's text comes at once", [edgeFirst, says("It ", "edge"), says("is.", "edge")], "It |is.|.", "It |is.|."],
  ["where only the device may answer nothing is held", [route({ edge: gone, reason: "mode_device_only" }), says("It "), says("is.")], "It |is.|.", "It |is.|."],
  ["where the device is preferred nothing is held", [route({ reason: "mode_prefer_device" }), says("It "), says("is.")], "It |is.|.", "It |is.|."],
  ["an edge that is away may come back", [route({ edge: gone, reason: "edge_unavailable" }), says("No"), replaced, says("Yes.", "edge")], "Yes.|.", "No|!|Yes.|."],
  ["a page without an edge streams", [route({ edge: gone, reason: "edge_unavailable", link: /** @type {any} */ ({ online: null }) }), says("It "), says("is.")], "It |is.|.", "It |is.|."],
  ["an edge that failed before it said anything may come back", [edgeFirst, toDevice, says("No"), replaced, says("Yes.", "edge")], "Yes.|.", "No|!|Yes.|."],
  ["an edge that broke off is gone on with", [edgeFirst, says("It ", "edge"), toDevice, says("is")], "It |is|.", "It |is|."],
  ["thinking comes at once", [route(), thinks("So."), says("It is.")], "(So.)|It is.|.", "(So.)|It is.|."],
  ["text that was thinking is told as such", [route(), says("So. "), thought, says("It is.")], "(So. )|It is.|.", "So. |It is.|."],
];

for (const [what, events, held, shown] of CASES) {
  test(what, async () => {
    assert.equal(await seen(events, "held"), held);
    assert.equal(await seen(events, "shown"), shown);
  });
}

test("a turn after a stopped one waits for its end, and is not refused", async () => {
  const router = scriptedRouter({ events: [route(), says("It ")], hangs: true }, { events: [route(), says("Yes.")] });
  const stop = new AbortController();
  const first = chunksOf(router, REQUEST, stop.signal);
  await first.next();
  stop.abort();
  let text = "";
  for await (const chunk of chunksOf(router, REQUEST)) text += chunk.choices[0].delta.content ?? "";
  assert.equal(text, "Yes.");
  await assert.rejects(async () => {
    for await (const _ of first);
  }, { code: "aborted" });
});

test("a turn beside one that runs is refused", async () => {
  const router = scriptedRouter({ events: [route()], hangs: true }, { events: [route()] });
  const first = chunksOf(router, REQUEST);
  await first.next();
  await assert.rejects(chunksOf(router, REQUEST).next(), { code: "busy" });
  await first.return();
});

test("leaving the loop stops the turn, and the next one begins", async () => {
  const router = scriptedRouter({ events: [route(), says("It ")], hangs: true }, { events: [route(), says("Yes.")] });
  for await (const chunk of chunksOf(router, REQUEST)) if (chunk.choices[0].delta.content) break;
  const { value } = await chunksOf(router, REQUEST).next();
  assert.equal(value?.x_route?.route, "device");
});
