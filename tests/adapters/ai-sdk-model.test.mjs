/** The AI SDK's view of the router: its own helpers read the model's stream, and its own functions call it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nearside } from "../../www/adapters/ai-sdk.js";
import { RouterError } from "../../www/errors.js";
import { installed } from "./apps.mjs";
import { continued, replaced, route, says, scriptedRouter, thinks } from "./scripted-router.mjs";

const { APICallError, Output, convertToModelMessages, generateText, isStepCount, jsonSchema, readUIMessageStream, streamText, tool, toUIMessageStream } = await installed("ai");
const { mockId } = await installed("@ai-sdk/provider-utils/test");
const { convertArrayToReadableStream, convertReadableStreamToArray } = await installed("@ai-sdk/provider-utils/test");
const { MockLanguageModelV4 } = await installed("ai/test");

/** @typedef {import("../../www/types.js").TurnEvent} TurnEvent */
/** @typedef {import("./scripted-router.mjs").Turn} Turn */

const PROMPT = /** @type {any} */ ([{ role: "user", content: [{ type: "text", text: "Hi" }] }]);
const WHO = { route: "device", reason: "device_good_enough", sentence: "The device's answer is likely good enough." };
const EDGE = { route: "edge", reason: "second_look", sentence: "The edge knows better." };
const CALL = { id: "call_1", type: /** @type {const} */ ("function"), function: { name: "weather", arguments: '{"city":"Ulm"}' } };
const edge = route({ route: "edge", reason: "tools_need_edge" });
/** @type {TurnEvent[]} */
const CALLING = [
  edge,
  { type: "tool_call", route: "edge", call: { index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: "" } } },
  { type: "tool_call", route: "edge", call: { index: 0, function: { arguments: '{"city":' } } },
  { type: "tool_call", route: "edge", call: { index: 0, function: { arguments: '"Ulm"}' } } },
];
const WEATHER = { weather: tool({ description: "The weather", inputSchema: jsonSchema({ type: "object" }), execute: () => ({ sky: "blue" }) }) };

/**
 * The parts of a stream, read by the SDK's helper.
 * @param {Turn} turn @param {object} [options] of the call @param {import("../../www/adapters/ai-sdk.js").ModelOptions} [model]
 * @returns {Promise<any[]>}
 */
async function parts(turn, options, model) {
  const { stream } = await nearside(scriptedRouter(turn), model).doStream({ prompt: PROMPT, ...options });
  return convertReadableStreamToArray(stream);
}

/** What of each part a reader cares for. @param {any[]} parts */
function brief(parts) {
  return parts.map(({ type, delta, providerMetadata }) => {
    const { setAside } = providerMetadata?.nearside ?? {};
    return [type, ...(delta ? [delta] : []), ...(setAside ? [setAside] : [])].join(" ");
  });
}

test("a stream has all parts of the specification, in its order", async () => {
  const all = await parts({ events: [route(), thinks("So."), says("It "), says("is.")] }, {}, { drafts: "shown" });
  const [start, metadata] = all;
  assert.deepEqual(start, { type: "stream-start", warnings: [] });
  assert.equal(metadata.type, "response-metadata");
  assert.equal(metadata.modelId, "small");
  assert.match(metadata.id, /^chatcmpl-/);
  assert.ok(metadata.timestamp instanceof Date);
  const nearside = WHO;
  assert.deepEqual(all.slice(2, -1), [
    { type: "reasoning-start", id: "reasoning-0", providerMetadata: { nearside } },
    { type: "reasoning-delta", id: "reasoning-0", delta: "So." },
    { type: "reasoning-end", id: "reasoning-0", providerMetadata: { nearside } },
    { type: "text-start", id: "text-1", providerMetadata: { nearside } },
    { type: "text-delta", id: "text-1", delta: "It " },
    { type: "text-delta", id: "text-1", delta: "is." },
    { type: "text-end", id: "text-1", providerMetadata: { nearside } },
  ]);
  const { usage, finishReason, providerMetadata } = all.at(-1);
  assert.deepEqual(finishReason, { unified: "stop", raw: "stop" });
  assert.deepEqual(usage.inputTokens, { total: 9, noCache: 5, cacheRead: 4, cacheWrite: undefined });
  assert.deepEqual(usage.outputTokens, { total: 6, text: 4, reasoning: 2 });
  const { route: who, reason, p, decision, turn } = providerMetadata.nearside;
  assert.deepEqual([who, reason, p, decision.mode, turn], ["device", "device_good_enough", 0.25, "auto", 1]);
});

test("a draft never comes, or comes as a part that is set aside", async () => {
  const events = [route(), says("No"), replaced, says("Yes.", "edge")];
  const text = ["text-start", "text-delta Yes.", "text-end"];
  const [start, finish] = [["stream-start", "response-metadata"], ["finish"]];
  assert.deepEqual(brief(await parts({ events })), [...start, ...text, ...finish]);
  const draft = ["text-start", "text-delta No", "text-end draft"];
  const shown = await parts({ events }, {}, { drafts: "shown" });
  assert.deepEqual(brief(shown), [...start, ...draft, ...text, ...finish]);
  assert.deepEqual(shown.at(-2).providerMetadata.nearside, EDGE);
  // JSON with a draft before it is none.
  const json = await parts({ events }, { responseFormat: { type: "json" } }, { drafts: "shown" });
  assert.deepEqual(brief(json), [...start, ...text, ...finish]);
});

test("an answer that the edge goes on with is whole", async () => {
  const all = await parts({ events: [route(), says("It "), continued, says("is.", "edge")] });
  assert.equal(all.filter(({ type }) => type === "text-delta").map(({ delta }) => delta).join(""), "It is.");
});

test("a call of a tool comes as it is written, and then whole", async () => {
  const all = await parts({ events: CALLING, report: { tool_calls: [CALL], finish_reason: "tool_calls" } });
  assert.deepEqual(all.slice(2, -1), [
    { type: "tool-input-start", id: "call_1", toolName: "weather" },
    { type: "tool-input-delta", id: "call_1", delta: '{"city":' },
    { type: "tool-input-delta", id: "call_1", delta: '"Ulm"}' },
    { type: "tool-input-end", id: "call_1" },
    { type: "tool-call", toolCallId: "call_1", toolName: "weather", input: '{"city":"Ulm"}' },
  ]);
  assert.deepEqual(all.at(-1).finishReason, { unified: "tool-calls", raw: "tool_calls" });
});

test("each reason why an answer ended is the SDK's", async () => {
  for (const [ours, theirs] of /** @type {const} */ ([["length", "length"], ["content_filter", "content-filter"]])) {
    const { finishReason } = (await parts({ events: [route(), says("It")], report: { finish_reason: ours } })).at(-1);
    assert.deepEqual(finishReason, { unified: theirs, raw: ours });
  }
});

test("streamText runs a tool and tells the edge what it found", async () => {
  const router = scriptedRouter(
    { events: CALLING, report: { tool_calls: [CALL], finish_reason: "tool_calls" } },
    { events: [edge, says("Blue.", "edge")] },
  );
  const generateId = mockId({ prefix: "id" });
  const result = streamText({ model: nearside(router), prompt: "Weather?", tools: WEATHER, stopWhen: isStepCount(3), _internal: { generateId } });
  assert.equal(await result.text, "Blue.");
  const [first, second] = router.requests;
  assert.deepEqual(first.tools, [{ type: "function", function: { name: "weather", description: "The weather", parameters: { type: "object" } } }]);
  assert.equal(first.tool_choice, "auto");
  assert.deepEqual(second.messages, [
    { role: "user", content: "Weather?" },
    { role: "assistant", content: "", tool_calls: [CALL] },
    { role: "tool", tool_call_id: "call_1", content: '{"sky":"blue"}' },
  ]);
});

test("generateText gives the whole, its usage, and who answered", async () => {
  const router = scriptedRouter({ events: [route(), thinks("So."), says("No"), replaced, thinks("Well."), says("Yes.", "edge")] });
  const result = await generateText({ model: nearside(router), prompt: "Hi" });
  assert.deepEqual([result.text, result.reasoningText, result.finishReason], ["Yes.", "Well.", "stop"]);
  assert.deepEqual([result.usage.inputTokens, result.usage.outputTokens], [9, 6]);
  assert.equal(result.providerMetadata.nearside.reason, "device_good_enough");
  assert.deepEqual(result.warnings, []);
});

test("settings are handed on, those of the provider too", async () => {
  const router = scriptedRouter({ events: [route(), says("It")] });
  await generateText({
    model: nearside(router, { mode: "prefer-edge", minP: 0.1 }),
    instructions: "Be brief.",
    prompt: "Hi",
    maxOutputTokens: 20,
    temperature: 0.5,
    topP: 0.9,
    topK: 40,
    seed: 7,
    stopSequences: ["END"],
    providerOptions: { nearside: { mode: "device-only", repetitionPenalty: 1.1 } },
  });
  const { messages, ...settings } = JSON.parse(JSON.stringify(router.requests[0]));
  assert.deepEqual(messages, [{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }]);
  assert.deepEqual(settings, {
    max_tokens: 20, temperature: 0.5, top_p: 0.9, top_k: 40, min_p: 0.1, repetition_penalty: 1.1, seed: 7,
    stop: ["END"], mode: "device-only", stream: true,
  });
});

test("formats, penalties and whatever else are the edge's, as OpenAI has them", async () => {
  const router = scriptedRouter({ events: [edge, says("{}", "edge")] });
  const schema = /** @type {const} */ ({ type: "object", properties: { a: { type: "number" } } });
  const { warnings } = await nearside(router).doGenerate({
    prompt: PROMPT,
    frequencyPenalty: 1,
    presencePenalty: 0.5,
    responseFormat: { type: "json", schema, name: "sum" },
    reasoning: "max",
    providerOptions: { nearside: { request: { logprobs: true, user: "me" } } },
  });
  assert.deepEqual(warnings, []);
  const { messages: _, stream: __, ...asked } = JSON.parse(JSON.stringify(router.requests[0]));
  assert.deepEqual(asked, {
    frequency_penalty: 1,
    presence_penalty: 0.5,
    response_format: { type: "json_schema", json_schema: { name: "sum", schema, strict: true } },
    reasoning_effort: "xhigh",
    logprobs: true,
    user: "me",
  });
});

test("the probabilities of tokens come with who answered", async () => {
  /** @type {TurnEvent} */
  const told = { type: "logprobs", logprobs: { content: [{ token: "A", logprob: -0.5 }] }, route: "edge" };
  const all = await parts({ events: [edge, says("A", "edge"), told, says("B", "edge"), told] });
  assert.deepEqual(all.at(-1).providerMetadata.nearside.logprobs, [{ token: "A", logprob: -0.5 }, { token: "A", logprob: -0.5 }]);
});

test("tools that a provider runs itself are warned about", async () => {
  const router = scriptedRouter({ events: [route(), says("It")] });
  const { warnings } = await nearside(router).doGenerate({ prompt: PROMPT, tools: [{ type: "provider", id: "openai.search", name: "search", args: {} }] });
  assert.deepEqual(warnings, [{ type: "unsupported", feature: "provider-defined tool openai.search" }]);
});

test("a dialogue comes back without thinking, and without what was set aside", async () => {
  const router = scriptedRouter({ events: [route(), says("It")] });
  await nearside(router).doGenerate({
    prompt: [
      ...PROMPT,
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "So." },
          { type: "text", text: "No", providerOptions: { nearside: { setAside: "draft" } } },
          { type: "text", text: "Yes." },
        ],
      },
      { role: "user", content: [{ type: "text", text: "Sure?" }, { type: "text", text: "Really?" }] },
    ],
  });
  assert.deepEqual(router.requests[0].messages, [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Yes." },
    { role: "user", content: "Sure?\nReally?" },
  ]);
});

test("a draft that a page has shown keeps its mark on the way through useChat's messages", async () => {
  const router = scriptedRouter(
    { events: [route(), says("No"), replaced, says("Yes.", "edge")] },
    { events: [route(), says("Sure.")] },
  );
  const model = nearside(router, { drafts: "shown" });
  const { fullStream } = streamText({ model, prompt: "Hi" });
  let message;
  for await (message of readUIMessageStream({ stream: toUIMessageStream({ stream: fullStream }) }));
  const texts = message.parts.filter((/** @type {any} */ { type }) => type === "text");
  assert.deepEqual(texts.map((/** @type {any} */ { text, providerMetadata }) => [text, providerMetadata.nearside.setAside]), [["No", "draft"], ["Yes.", undefined]]);
  await generateText({ model, messages: [...(await convertToModelMessages([message])), { role: "user", content: "Sure?" }] });
  assert.deepEqual(router.requests[1].messages, [{ role: "assistant", content: "Yes." }, { role: "user", content: "Sure?" }]);
});

test("pictures, sounds and files are handed on as OpenAI has them; others are a call error", async () => {
  const bytes = { type: "data", data: Uint8Array.of(1, 2, 3) };
  const said = (/** @type {object[]} */ ...content) => /** @type {any} */ ([{ role: "user", content }]);
  const file = (/** @type {string} */ mediaType, data = /** @type {any} */ (bytes)) => ({ type: "file", mediaType, data });
  const router = scriptedRouter({ events: [edge, says("A cat.", "edge")] });
  const prompt = said(
    { type: "text", text: "What is it?" },
    file("image/png"),
    file("image/*", { type: "url", url: new URL("https://example.com/cat.png") }),
    file("audio/wav"),
    file("application/pdf", { type: "data", data: "AQID" }),
    file("text/plain", { type: "data", data: "SGk=" }),
  );
  await nearside(router).doGenerate({ prompt });
  assert.deepEqual(router.requests[0].messages[0].content, [
    { type: "text", text: "What is it?" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
    { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
    { type: "input_audio", input_audio: { data: "AQID", format: "wav" } },
    { type: "file", file: { filename: "file.pdf", file_data: "data:application/pdf;base64,AQID" } },
    { type: "text", text: "Hi" },
  ]);
  const film = nearside(router).doGenerate({ prompt: said(file("video/mp4")) });
  await assert.rejects(async () => film, { code: "invalid_request", statusCode: 400, message: /video\/mp4/ });
});

test("a failure is the SDK's APICallError, with the router's code, and tried again where that may help", async () => {
  for (const [code, status, retryable] of /** @type {const} */ ([
    ["needs_edge", 400, false],
    ["edge_unauthorized", 401, false],
    ["edge_rate_limited", 429, true],
    ["both_failed", 502, true],
    ["core_crashed", 500, true],
    ["wasm_unavailable", 500, false],
  ])) {
    const all = await parts({ events: [route()], fails: code });
    const error = /** @type {any} */ (all.find(({ type }) => type === "error").error);
    assert.equal(error instanceof RouterError, true, code);
    assert.equal(APICallError.isInstance(error), true, code);
    assert.deepEqual([error.code, error.statusCode, error.isRetryable], [code, status, retryable]);
    assert.equal(all.at(-1).finishReason.unified, "error");
  }
  const router = scriptedRouter({ events: [], fails: "both_failed" }, { events: [route(), says("It is.")] });
  assert.equal((await generateText({ model: nearside(router), prompt: "Hi", maxRetries: 1 })).text, "It is.");
});

test("abort ends a stream as the SDK's own models do, and the turn with it", async () => {
  const router = scriptedRouter({ events: [edge, says("It ", "edge")], hangs: true }, { events: [edge, says("Yes.", "edge")] });
  const stop = new AbortController();
  const result = streamText({ model: nearside(router), prompt: "Hi", abortSignal: stop.signal });
  const types = [];
  for await (const part of result.fullStream) {
    types.push(part.type);
    if (part.type === "text-delta") stop.abort();
  }
  assert.equal(types.at(-1), "abort");
  assert.ok(!types.includes("error"));
  assert.equal((await generateText({ model: nearside(router), prompt: "Hi" })).text, "Yes.");
});

test("abort rejects a whole answer with the signal's reason", async () => {
  const router = scriptedRouter({ events: [edge], hangs: true });
  const stop = new AbortController();
  const asking = generateText({ model: nearside(router), prompt: "Hi", abortSignal: stop.signal });
  setImmediate(() => stop.abort());
  await assert.rejects(asking, { name: "AbortError" });
});

test("an object is parsed from the text, without a draft", async () => {
  const router = scriptedRouter({ events: [route(), says('{"a":'), replaced, says('{"a":2}', "edge")] });
  const output = Output.object({ schema: jsonSchema({ type: "object" }) });
  const result = streamText({ model: nearside(router, { drafts: "shown" }), prompt: "Hi", output });
  assert.deepEqual(await result.output, { a: 2 });
});

test("raw chunks are the router's own", async () => {
  const all = await parts({ events: [route(), says("It")] }, { includeRawChunks: true });
  const raw = all.filter(({ type }) => type === "raw").map(({ rawValue }) => rawValue);
  assert.equal(raw[0].x_route.reason, "device_good_enough");
});

test("what the SDK makes of it is what it makes of its own mock model", async () => {
  const own = await parts({ events: [edge, says("It is.", "edge")] });
  const read = async (/** @type {any} */ model) => {
    const { text, finishReason, usage, steps } = streamText({ model, prompt: "Hi" });
    return [await text, await finishReason, await usage, (await steps).length];
  };
  const mock = new MockLanguageModelV4({ doStream: { stream: convertArrayToReadableStream(own) } });
  const router = scriptedRouter({ events: [edge, says("It is.", "edge")] });
  assert.deepEqual(await read(nearside(router)), await read(mock));
});
