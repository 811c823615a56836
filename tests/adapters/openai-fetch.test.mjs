/** The `openai` client's view of the router: its own methods read what `createFetch` answers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createFetch } from "../../www/adapters/openai.js";
import { installed } from "./apps.mjs";
import { replaced, route, says, scriptedRouter } from "./scripted-router.mjs";

const { default: OpenAI, APIError, APIUserAbortError } = await installed("openai");

/** @typedef {import("./scripted-router.mjs").Turn} Turn */

const MESSAGES = [{ role: /** @type {const} */ ("user"), content: "Hi" }];
const REQUEST = { model: "nearside", messages: MESSAGES };
const edge = route({ route: "edge", reason: "edge_needed" });

/** @param {ReturnType<typeof scriptedRouter>} router @param {import("../../www/adapters/openai.js").FetchOptions} [options] */
function clientOf(router, options) {
  return new OpenAI({ apiKey: "none", maxRetries: 0, fetch: createFetch(router, options) });
}

test("a whole answer is a chat.completion, with the router's own fields", async () => {
  const router = scriptedRouter({ events: [route(), says("It "), says("is.")] });
  const completion = await clientOf(router).chat.completions.create({ ...REQUEST, temperature: 0.5, seed: 3 });
  const { message, finish_reason } = completion.choices[0];
  assert.deepEqual([completion.object, message.content, finish_reason], ["chat.completion", "It is.", "stop"]);
  assert.equal(completion.usage.total_tokens, 15);
  assert.equal(completion.x_route.reason, "device_good_enough");
  assert.deepEqual([router.requests[0].temperature, router.requests[0].seed], [0.5, 3]);
});

test("a stream is server-sent events, and its text the answer", async () => {
  const events = [route(), says("No"), replaced, says("Yes.", "edge")];
  const stream = await clientOf(scriptedRouter({ events })).chat.completions.create({ ...REQUEST, stream: true });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(chunks.map(({ choices }) => choices[0].delta.content ?? "").join(""), "Yes.");
  assert.equal(chunks[0].x_route.sentence, "The device's answer is likely good enough.");
  assert.equal(chunks.at(-1).x_turn.text, "Yes.");
  assert.equal(chunks.at(-1).usage.prompt_tokens_details.cached_tokens, 4);
  const shown = await clientOf(scriptedRouter({ events }), { drafts: "shown" }).chat.completions.create({ ...REQUEST, stream: true });
  const texts = [];
  for await (const { choices, x_switch } of shown) texts.push(x_switch?.replaces ? "!" : (choices[0].delta.content ?? ""));
  assert.equal(texts.join(""), "No!Yes.");
});

test("the bytes are as a server sends them, with [DONE] at the end", async () => {
  const fetch = createFetch(scriptedRouter({ events: [edge, says("It is.", "edge")] }));
  const body = JSON.stringify({ ...REQUEST, stream: true });
  const response = await fetch("/v1/chat/completions", { method: "POST", body });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const lines = (await response.text()).split("\n\n");
  assert.ok(lines.slice(0, -2).every((line) => line.startsWith('data: {"id":"chatcmpl-')));
  assert.deepEqual(lines.slice(-2), ["data: [DONE]", ""]);
});

test("a Request is taken as well as an address", async () => {
  const fetch = createFetch(scriptedRouter({ events: [edge, says("It is.", "edge")] }));
  const request = new Request("https://edge.example/v1/chat/completions/", { method: "POST", body: JSON.stringify(REQUEST) });
  assert.equal((await (await fetch(request)).json()).choices[0].message.content, "It is.");
});

test("the client's helper for streams puts an answer together", async () => {
  const router = scriptedRouter({ events: [route(), says("It "), says("is.")] });
  assert.equal(await clientOf(router).chat.completions.stream(REQUEST).finalContent(), "It is.");
});

test("two models are listed", async () => {
  const state = /** @type {any} */ ({ deviceModel: { name: "smollm2" }, models: { edge: { name: "qwen" } } });
  const router = Object.assign(scriptedRouter(), { state });
  const client = new OpenAI({ apiKey: "none", fetch: createFetch(router) });
  const ids = (await client.models.list()).data.map((/** @type {any} */ { id, owned_by }) => [id, owned_by]);
  assert.deepEqual(ids, [["smollm2", "device"], ["qwen", "edge"]]);
});

/** @type {[string, Turn, object, number, string][]} */
const FAILURES = [
  ["a request that is not valid", { events: [] }, { messages: [] }, 400, "invalid_request"],
  ["a picture without an edge", { events: [], fails: "needs_edge" }, {}, 400, "needs_edge"],
  ["tools without an edge", { events: [], fails: "tools_need_edge" }, {}, 400, "tools_need_edge"],
  ["an edge that refuses access", { events: [], fails: "edge_unauthorized" }, {}, 401, "edge_unauthorized"],
  ["an edge that has had enough", { events: [], fails: "edge_rate_limited" }, {}, 429, "edge_rate_limited"],
  ["two sides that failed", { events: [], fails: "both_failed" }, {}, 502, "both_failed"],
  ["a crash", { events: [], fails: "core_crashed" }, {}, 500, "core_crashed"],
];

for (const [what, turn, more, status, code] of FAILURES) {
  test(`${what} is a status, in OpenAI's shape, streamed or not`, async () => {
    for (const stream of [false, true]) {
      const asking = clientOf(scriptedRouter(turn)).chat.completions.create({ ...REQUEST, ...more, stream });
      await assert.rejects(asking, (/** @type {any} */ error) => error instanceof APIError && error.status === status && error.code === code);
    }
  });
}

test("what goes wrong in mid-answer is an error of the stream", async () => {
  const router = scriptedRouter({ events: [edge, says("It ", "edge")], fails: "both_failed" });
  const stream = await clientOf(router).chat.completions.create({ ...REQUEST, stream: true });
  let text = "";
  await assert.rejects(async () => {
    for await (const chunk of stream) text += chunk.choices[0].delta.content ?? "";
  }, { code: "both_failed" });
  assert.equal(text, "It ");
});

test("a second turn is refused with 409, which the client tries again", async () => {
  const router = scriptedRouter({ events: [edge], hangs: true }, { events: [edge, says("Yes.", "edge")] });
  const client = clientOf(router);
  const first = await client.chat.completions.create({ ...REQUEST, stream: true });
  await assert.rejects(client.chat.completions.create(REQUEST), { status: 409, code: "busy" });
  const later = client.chat.completions.create(REQUEST, { maxRetries: 2 });
  first.controller.abort();
  assert.equal((await later).choices[0].message.content, "Yes.");
});

test("the body is handed on as it is, and what is asked of token probabilities comes back", async () => {
  /** @type {import("../../www/types.js").TurnEvent} */
  const told = { type: "logprobs", logprobs: { content: [{ token: "A", logprob: -0.5 }] }, route: "edge" };
  const events = [edge, says("A", "edge"), told];
  const router = scriptedRouter({ events }, { events });
  const asked = { response_format: { type: "json_object" }, logprobs: true, presence_penalty: 0.5, user: "me", seed: 3 };
  const picture = { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] };
  const request = { model: "nearside", messages: [picture], ...asked };
  const whole = await clientOf(router).chat.completions.create(request);
  assert.deepEqual(whole.choices[0].logprobs.content, told.logprobs.content);
  assert.deepEqual(JSON.parse(JSON.stringify(router.requests[0])), request);
  const tokens = [];
  const stream = await clientOf(router).chat.completions.create({ ...request, stream: true });
  for await (const { choices } of stream) tokens.push(...(choices[0].logprobs?.content ?? []));
  assert.deepEqual(tokens, told.logprobs.content);
});

test("several answers at once are refused by name", async () => {
  const refused = clientOf(scriptedRouter()).chat.completions.create({ ...REQUEST, n: 2 });
  await assert.rejects(refused, { status: 400, code: "invalid_request", message: /n must be 1/ });
});

test("abort stops the turn: a stream ends, a whole answer rejects", async () => {
  const router = scriptedRouter(
    { events: [edge, says("It ", "edge")], hangs: true },
    { events: [edge], hangs: true },
    { events: [edge, says("Yes.", "edge")] },
  );
  const client = clientOf(router);
  const stream = await client.chat.completions.create({ ...REQUEST, stream: true });
  for await (const chunk of stream) if (chunk.choices[0].delta.content) stream.controller.abort();
  const stop = new AbortController();
  const asking = client.chat.completions.create(REQUEST, { signal: stop.signal });
  setImmediate(() => stop.abort());
  await assert.rejects(asking, (error) => error instanceof APIUserAbortError);
  const { choices } = await client.chat.completions.create(REQUEST, { maxRetries: 2 });
  assert.equal(choices[0].message.content, "Yes.");
});

test("other paths are not found, with a sentence", async () => {
  const embedding = clientOf(scriptedRouter()).embeddings.create({ model: "nearside", input: "Hi" });
  await assert.rejects(embedding, { status: 404, message: /POST \/chat\/completions and GET \/models, not POST/ });
});

test("a body that is no JSON is refused", async () => {
  const response = await createFetch(scriptedRouter())("/v1/chat/completions", { method: "POST", body: "{" });
  assert.deepEqual([response.status, (await response.json()).error.type], [400, "invalid_request_error"]);
});
