/**
 * Streams that servers really send, and bodies that are none, over HTTP in Chromium: what the caller
 * gets of them in OpenAI's shape.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launchBrowser, newPage } from "./harness.mjs";
import { answersWith, byteByByte, chunk, done, event, stop, text } from "./misbehaving-server.mjs";
import { startSite } from "./test-site.mjs";

/** @typedef {import("./misbehaving-server.mjs").Body} Body */
/** @typedef {import("../../www/completion.js").ChatCompletionChunk} Chunk */

const COMPLETIONS = "/v1/chat/completions";
const TOOL = { type: "function", function: { name: "weather", parameters: { type: "object" } } };

/** @type {import("./test-site.mjs").TestSite} */
let site;
/** @type {import("./harness.mjs").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  page = await newPage(browser.context);
  await page.goto(`${site.url}free.html`);
  await page.evaluate(async () => {
    // @ts-ignore: a path of the page's.
    const { Router } = await import("/www/index.js");
    Object.assign(window, { router: Router.create({ baseUrl: "/v1", mode: "edge-only" }) });
  });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/**
 * Asks the edge, which answers so; gives the chunks, or the error.
 * @param {Body} body @param {object} [request]
 * @returns {Promise<{chunks: Chunk[], error: {code: string, message: string} | null}>}
 */
function ask(body, request = {}) {
  site.route(COMPLETIONS, answersWith(body));
  return page.evaluate(async (request) => {
    const { router } = /** @type {any} */ (window);
    const chunks = [];
    try {
      for await (const chunk of router.chat.completions.create(request)) chunks.push(chunk);
      return { chunks, error: null };
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      return { chunks, error: { code, message } };
    }
  }, { messages: [{ role: "user", content: "Hello" }], stream: true, ...request });
}

/** What the chunks add up to. @param {Chunk[]} chunks */
function whole(chunks) {
  const deltas = chunks.map(({ choices }) => choices[0].delta);
  /** @param {"content" | "reasoning_content" | "refusal"} field */
  const joined = (field) => deltas.map((delta) => delta[field] ?? "").join("");
  const last = /** @type {Chunk} */ (chunks.at(-1));
  return {
    content: joined("content"),
    thinking: joined("reasoning_content"),
    refusal: joined("refusal"),
    calls: deltas.flatMap(({ tool_calls }) => tool_calls ?? []),
    finish: last?.choices[0].finish_reason,
    usage: last?.usage,
    report: last?.x_turn,
  };
}

/** @param {string[]} pieces @returns {Body} */
const stream = (...pieces) => ({ pieces });
const counts = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
const completion = {
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "Héllo 🙂" }, finish_reason: "stop" }],
  usage: counts,
};

/** Each is a whole answer: "Héllo 🙂", then its end. @type {[string, Body][]} */
const ANSWERS = [
  ["a mark before the first line", stream("\ufeff", text("Héllo "), text("🙂"), stop, done)],
  ["fields that nobody knows", stream("foo: bar\n", text("Héllo 🙂"), "x: y\n\n", stop, done)],
  ["CRLF, cut at each byte", { pieces: byteByByte((text("Héllo ") + text("🙂") + stop + done).replaceAll("\n", "\r\n")), pauseMillis: 0 }],
  ["CR alone", stream((text("Héllo 🙂") + stop + done).replaceAll("\n", "\r"))],
  ["comments to keep it open", stream(": ping\n\n", text("Héllo "), ":\n\n", text("🙂"), stop, done)],
  ["data over several lines", stream('data: {"choices":\ndata: [{"delta":\ndata: {"content":"Héllo 🙂"}}]}\n\n', stop)],
  ["a whole completion", { type: "application/json", pieces: [JSON.stringify(completion)] }],
  ["a whole completion, pretty-printed", { type: "application/json", pieces: [JSON.stringify(completion, null, 2)] }],
  ["a whole completion as an event", stream(event(completion), done)],
  ["events under another type", { type: "text/plain", pieces: [text("Héllo 🙂"), stop, done] }],
  ["events that claim to be JSON", { type: "application/json", pieces: [text("Héllo 🙂"), stop] }],
  ["no reason, but an end", stream(text("Héllo 🙂"), done)],
  ["a connection that stays open", { pieces: [text("Héllo 🙂"), stop], ends: "hangs" }],
  ["a connection that breaks after the end", { pieces: [text("Héllo 🙂"), stop], ends: "breaks" }],
  ["Azure's filters", stream(event({ choices: [], prompt_filter_results: [{}] }), text("Héllo 🙂"), event({ choices: [{ index: 0, finish_reason: null, content_filter_offsets: {} }] }), stop, done)],
  ["a content of parts", stream(chunk({ content: [{ type: "text", text: "Héllo 🙂" }] }), stop, done)],
  ["completions of old", stream(event({ choices: [{ text: "Héllo 🙂", finish_reason: null }] }), event({ choices: [{ text: "", finish_reason: "stop" }] }))],
];

for (const [name, body] of ANSWERS) {
  test(`answered: ${name}`, async () => {
    const { chunks, error } = await ask(body);
    assert.equal(error, null);
    const { content, finish, report } = whole(chunks);
    assert.deepEqual([content, finish, report?.text], ["Héllo 🙂", "stop", "Héllo 🙂"]);
  });
}

/** @type {[string, Body, string, RegExp][]} */
const FAILURES = [
  ["a page in HTML", { type: "text/html", pieces: ["<!doctype html><title>Sign in</title>"] }, "edge_protocol", /“Sign in”/],
  ["an error with HTTP 200", { type: "application/json", pieces: ['{"error":{"message":"model is loading"}}'] }, "edge_failed", /model is loading/],
  ["an error as text", { type: "application/json", pieces: ['{"error":"Unexpected endpoint"}'] }, "edge_failed", /Unexpected endpoint/],
  ["an error in mid-stream", stream(text("Hé"), event({ error: { message: "out of memory", code: 500 } })), "edge_failed", /out of memory/],
  ["an error by its event", stream(text("Hé"), 'event: error\ndata: {"message":"compute error"}\n\n'), "edge_failed", /compute error/],
  ["nothing", stream(), "edge_protocol", /an empty body/],
  ["an answer without a word", stream(stop, done), "edge_empty", /without a word/],
  ["an answer cut off", stream(text("Hé")), "edge_broke_off", /broke off/],
  ["tools that nobody offered", stream(chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "weather", arguments: "{}" } }] }), chunk({}, "tool_calls")), "edge_tool_call", /`weather`/],
];

for (const [name, body, code, sentence] of FAILURES) {
  test(`an error: ${name}`, async () => {
    const { error } = await ask(body);
    assert.equal(error?.code, code);
    assert.match(String(error?.message), sentence);
  });
}

test("finish reasons are told in OpenAI's words", async () => {
  for (const [reason, expected] of [
    ["length", "length"],
    ["max_tokens", "length"],
    ["eos", "stop"],
    ["content_filter", "content_filter"],
  ]) {
    const { chunks } = await ask(stream(text("Hé"), chunk({}, reason), done));
    const { finish, report } = whole(chunks);
    assert.deepEqual([finish, report?.finish_reason], [expected, expected]);
  }
});

test("thinking is told apart, in whichever way it comes", async () => {
  const bodies = [
    stream(chunk({ reasoning_content: "So. " }), chunk({ reasoning_content: "Yes." }), text("\n\nFour."), stop, done),
    stream(chunk({ reasoning: "So. Yes." }), text("Four."), stop, done),
    stream(text("<thi"), text("nk>\nSo. Yes.\n</th"), text("ink>\n\nFour."), stop, done),
    stream(chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "So. Yes." }] }] }), text("Four."), stop),
  ];
  for (const body of bodies) {
    const { chunks } = await ask(body);
    const { content, thinking, report, usage } = whole(chunks);
    assert.deepEqual([content, thinking], ["Four.", "So. Yes."]);
    assert.deepEqual([report?.text, report?.thinking], ["Four.", "So. Yes."]);
    assert.ok(usage && usage.reasoning_tokens > 0 && usage.x_estimated.includes("reasoning_tokens"));
    assert.equal(usage.completion_tokens_details.reasoning_tokens, usage.reasoning_tokens);
  }
  const message = await page.evaluate(async () => {
    const { router } = /** @type {any} */ (window);
    const messages = [{ role: "user", content: "Hello" }];
    return (await router.chat.completions.create({ messages })).choices[0].message;
  });
  assert.deepEqual(message, { role: "assistant", content: "Four.", reasoning_content: "So. Yes." });
});

test("thinking whose beginning nobody sent is told when its end comes, and then at once", async () => {
  const aloud = stream(text("So. "), text("Yes.\n</think>\n\n"), text("Four."), stop, done);
  const first = (await ask(aloud)).chunks;
  assert.equal(first.find(({ x_thought }) => x_thought)?.x_thought?.text.trim(), "So. Yes.");
  assert.equal(whole(first).report?.text, "Four.");
  const second = whole((await ask(aloud)).chunks);
  assert.deepEqual([second.content, second.thinking], ["Four.", "So. Yes."]);
  await ask(stream(text("Five."), stop, done));
  assert.equal(whole((await ask(stream(text("Five."), stop, done))).chunks).thinking, "");
});

test("a refusal is text, and marked", async () => {
  const { content, refusal, report } = whole((await ask(stream(chunk({ refusal: "I can't." }), stop, done))).chunks);
  assert.deepEqual([content, refusal, report?.refused], ["I can't.", "I can't.", true]);
});

test("tools that were offered are asked for, and their results sent on", async () => {
  const call = { id: "a", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } };
  const asked = [
    chunk({ role: "assistant", content: null, tool_calls: [{ ...call, index: 0, function: { name: "weather", arguments: "" } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '"Ulm"}' } }] }),
  ];
  const { chunks, error } = await ask(stream(...asked, chunk({}, "tool_calls"), done), { tools: [TOOL] });
  assert.equal(error, null);
  const { calls, finish, report } = whole(chunks);
  assert.equal(calls.map((piece) => piece.function.arguments).join(""), '{"city":"Ulm"}');
  assert.deepEqual([calls[0].id, calls[0].function.name, finish], ["a", "weather", "tool_calls"]);
  assert.deepEqual(report?.tool_calls, [call]);
  const sent = JSON.parse(site.requests.filter(({ path }) => path === COMPLETIONS).at(-1)?.body ?? "");
  assert.deepEqual(sent.tools, [TOOL]);

  const messages = [
    { role: "user", content: "Weather in Ulm?" },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "a", content: "rain" },
  ];
  const answer = whole((await ask(stream(text("It rains."), stop, done), { messages })).chunks);
  assert.equal(answer.content, "It rains.");
  const next = JSON.parse(site.requests.filter(({ path }) => path === COMPLETIONS).at(-1)?.body ?? "");
  assert.deepEqual(next.messages[1], { role: "assistant", content: "", tool_calls: [call] });
  assert.deepEqual(next.messages[2], { role: "tool", content: "rain", tool_call_id: "a" });
});

test("tools go to the edge, and without one are refused", async () => {
  const refusal = await page.evaluate(async (tool) => {
    const { router } = /** @type {any} */ (window);
    const messages = [{ role: "user", content: "Weather?" }];
    const asking = router.chat.completions.create({ messages, tools: [tool], mode: "device-only" });
    return asking.then(() => null, (/** @type {any} */ error) => error.code);
  }, TOOL);
  assert.equal(refusal, "tools_need_edge");
});

test("pictures, formats and token probabilities are the edge's, and are passed on as they are", async () => {
  const content = [
    { type: "text", text: "What is this?" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
  ];
  const told = { content: [{ token: "A", logprob: -0.5, bytes: [65], top_logprobs: [] }] };
  const piece = event({ choices: [{ index: 0, delta: { content: "A" }, logprobs: told, finish_reason: null }] });
  const request = { response_format: { type: "json_object" }, logprobs: true, messages: [{ role: "user", content }] };
  const { chunks, error } = await ask(stream(piece, stop, done), request);
  assert.equal(error, null);
  const sent = JSON.parse(site.requests.filter(({ path }) => path === COMPLETIONS).at(-1)?.body ?? "");
  assert.deepEqual(sent.messages, [{ role: "user", content }]);
  assert.deepEqual([sent.response_format, sent.logprobs], [{ type: "json_object" }, true]);
  assert.deepEqual(chunks.find(({ choices }) => choices[0]?.logprobs)?.choices[0].logprobs, told);

  const refusals = await page.evaluate(async (content) => {
    const { router } = /** @type {any} */ (window);
    const codes = [];
    for (const request of [
      { messages: [{ role: "user", content }] },
      { messages: [{ role: "user", content: "Hi" }], response_format: { type: "json_object" } },
      { messages: [{ role: "user", content: "Hi" }], n: 2 },
    ]) {
      const asking = router.chat.completions.create({ ...request, mode: "device-only" });
      codes.push(await asking.then(() => null, (/** @type {any} */ error) => error.code));
    }
    return codes;
  }, content);
  assert.deepEqual(refusals, ["needs_edge", "needs_edge", "invalid_request"]);
});

test("what the edge did not count is marked as an estimate", async () => {
  const none = whole((await ask(stream(text("Hé"), text("llo"), stop, done))).chunks).usage;
  assert.deepEqual(none?.x_estimated, ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"]);
  assert.equal(none?.completion_tokens, 2);
  const usage = { ...counts, prompt_tokens_details: { cached_tokens: 4 } };
  const full = whole((await ask(stream(text("Hé"), stop, event({ choices: [], usage }), done))).chunks).usage;
  assert.deepEqual([full?.x_estimated, full?.cached_tokens, full?.prompt_tokens], [[], 4, 9]);
  assert.equal(full?.prompt_tokens_details.cached_tokens, 4);
});
