/** The dialogue that `useNearside` shows, without React. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Dialogue } from "../../www/adapters/dialogue.js";
import { replaced, route, says, scriptedRouter, thinks } from "./scripted-router.mjs";

// A page's frames; here each is over at once.
Object.assign(globalThis, {
  requestAnimationFrame: (/** @type {() => void} */ draw) => setTimeout(draw),
  cancelAnimationFrame: clearTimeout,
});

const edge = route({ route: "edge", reason: "edge_needed" });

/** @param {import("./scripted-router.mjs").Turn[]} turns */
function dialogueWith(...turns) {
  const router = Object.assign(new EventTarget(), scriptedRouter(...turns), { state: null });
  const dialogue = new Dialogue();
  const detach = dialogue.attach(/** @type {any} */ (router));
  return { dialogue, router, detach };
}

test("pictures go with a question, and with all questions after it", async () => {
  const { dialogue, router } = dialogueWith({ events: [edge, says("A cat.", "edge")] }, { events: [edge, says("Yes.", "edge")] });
  const parts = [{ type: "text", text: "What is it?" }, { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }];
  await dialogue.ask(parts);
  await dialogue.ask([{ type: "text", text: "Really?" }]);
  assert.deepEqual(router.requests[1].messages, [
    { role: "user", content: parts },
    { role: "assistant", content: "A cat." },
    { role: "user", content: "Really?" },
  ]);
  assert.equal(dialogue.snapshot().messages[0].content, "What is it?");
});

test("an answer that gave way to another is kept beside it, with its reason", async () => {
  const { dialogue } = dialogueWith({ events: [route(), thinks("So."), says("No"), replaced, says("Yes.", "edge")], report: { route: "edge" } });
  const answer = await dialogue.ask("Hi");
  assert.deepEqual([answer?.content, answer?.draft, answer?.thinking, answer?.route], ["Yes.", "No", "", "edge"]);
  assert.equal(answer?.sentence, "The edge knows better.");
});

test("a snapshot is the same object until something has changed, and listeners hear of it", async () => {
  const { dialogue } = dialogueWith({ events: [edge, says("It ", "edge"), says("is.", "edge")] });
  const seen = new Set();
  const stop = dialogue.subscribe(() => seen.add(dialogue.snapshot()));
  assert.equal(dialogue.snapshot(), dialogue.snapshot());
  await dialogue.ask("Hi");
  assert.ok(seen.size >= 2);
  assert.equal(dialogue.snapshot().isAnswering, false);
  stop();
});

test("calls that were stopped before they were answered are not sent again", async () => {
  const call = { id: "call_1", type: /** @type {const} */ ("function"), function: { name: "wait", arguments: "{}" } };
  const { dialogue, router } = dialogueWith(
    { events: [edge, says("Let me see.", "edge")], report: { tool_calls: [call], finish_reason: "tool_calls" } },
    { events: [edge, says("Yes.", "edge")] },
  );
  const run = () => (dialogue.clear(), "late");
  dialogue.settings = { tools: { wait: { parameters: { type: "object" }, run } } };
  assert.equal((await dialogue.ask("Hi"))?.tool_calls?.length, 1);
  assert.deepEqual(dialogue.snapshot().messages, []);
  await dialogue.ask("And?");
  assert.deepEqual(router.requests[1].messages, [{ role: "user", content: "And?" }]);
});

test("a dialogue without a router says so, and one whose router left stops", async () => {
  const { dialogue, detach } = dialogueWith({ events: [edge, says("It ", "edge")], hangs: true });
  const asking = dialogue.ask("Hi");
  await new Promise((resolve) => setTimeout(resolve));
  detach();
  assert.equal(await asking, null);
  assert.deepEqual(dialogue.snapshot().messages.map(({ status }) => status), ["done", "stopped"]);
  assert.equal(await dialogue.ask("Hi"), null);
  assert.equal(dialogue.snapshot().error?.code, "invalid_request");
});
