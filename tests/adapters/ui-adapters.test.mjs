/** deep-chat's and assistant-ui's adapters, called as these libraries call them, where a page is too slow for it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { chatModel } from "../../www/adapters/assistant-ui.js";
import { deepChat } from "../../www/adapters/deep-chat.js";
import { installed } from "./apps.mjs";
import { replaced, route, says, scriptedRouter, thinks } from "./scripted-router.mjs";

const { z } = await installed("zod");

/** @typedef {import("./scripted-router.mjs").Turn} Turn */

const edge = route({ route: "edge", reason: "tools_need_edge" });
const CALL = { id: "call_1", type: /** @type {const} */ ("function"), function: { name: "weather", arguments: '{"city":"Ulm"}' } };
/** @type {Turn} */
const CALLING = {
  events: [
    edge,
    says("Let me see.", "edge"),
    { type: "tool_call", route: "edge", call: { index: 0, ...CALL } },
  ],
  report: { tool_calls: [CALL], finish_reason: "tool_calls" },
};

describe("deep-chat", () => {
  /**
   * What the element is told.
   * @param {ReturnType<typeof scriptedRouter>} router
   * @param {{body?: any, options?: import("../../www/adapters/deep-chat.js").DeepChatOptions, stop?: boolean}} [how]
   */
  async function told(router, { body = { messages: [{ role: "user", text: "Hi" }] }, options, stop } = {}) {
    /** @type {any[]} */
    const responses = [];
    await new Promise((resolve) => {
      const signals = {
        onOpen: () => {},
        onClose: () => resolve(undefined),
        onResponse: async (/** @type {any} */ response) => {
          responses.push(response);
          if (stop) signals.stopClicked.listener();
        },
        stopClicked: { listener: () => {} },
      };
      deepChat(router, options).connect.handler(body, signals);
    });
    return responses;
  }

  test("a draft that is replaced is written over", async () => {
    const events = [route(), says("N"), says("o"), replaced, says("Yes", "edge"), says(".", "edge")];
    assert.deepEqual(await told(scriptedRouter({ events })), [
      { text: "N" },
      { text: "o" },
      { text: "Yes", overwrite: true },
      { text: "." },
    ]);
  });

  test("what was said before a tool was asked stays, and the tool's word goes back", async () => {
    const router = scriptedRouter(CALLING, { events: [edge, says("Blue.", "edge")] });
    const weather = { parameters: { type: "object" }, run: (/** @type {any} */ { city }) => `blue over ${city}` };
    const responses = await told(router, { options: { tools: { weather } } });
    assert.deepEqual(responses, [{ text: "Let me see." }, { text: "\n\nBlue." }]);
    assert.deepEqual(router.requests[1].messages.slice(1), [
      { role: "assistant", content: "Let me see.", tool_calls: [CALL] },
      { role: "tool", tool_call_id: "call_1", content: "blue over Ulm" },
    ]);
  });

  test("all of the dialogue is sent, with what the model is told first, and without empty messages", async () => {
    const router = scriptedRouter({ events: [route(), says("It")] });
    const messages = [{ role: "user", text: "Hi" }, { role: "ai", text: "" }, { role: "ai", text: "Ho" }, { role: "user", text: "And?" }];
    await told(router, { body: { messages }, options: { system: "Be brief.", request: { mode: "auto", temperature: 0.2 } } });
    assert.deepEqual(router.requests[0].messages, [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Ho" },
      { role: "user", content: "And?" },
    ]);
    assert.equal(router.requests[0].temperature, 0.2);
    assert.deepEqual(deepChat(router).requestBodyLimits, { maxMessages: 0 });
  });

  test("a failure ends the stream with its sentence, and a stopped turn says nothing", async () => {
    const failed = scriptedRouter({ events: [edge], fails: "both_failed" });
    assert.deepEqual(await told(failed), [{ files: [] }, { error: "It failed with both_failed." }]);
    const broken = scriptedRouter({ events: [edge, says("It", "edge")], fails: "both_failed" });
    assert.deepEqual((await told(broken)).at(-1), { error: "It failed with both_failed." });
    const stopped = scriptedRouter({ events: [edge, says("It", "edge")], hangs: true });
    assert.deepEqual(await told(stopped, { stop: true }), [{ text: "It" }]);
  });

  test("files that go with a message are its parts", async () => {
    // Node has no reader of files; this one does what a page's does.
    class FileReader {
      result = "";
      onload = () => {};
      /** @param {File} file */
      async readAsDataURL(file) {
        this.result = `data:${file.type};base64,${Buffer.from(await file.arrayBuffer()).toString("base64")}`;
        this.onload();
      }
    }
    Object.assign(globalThis, { FileReader });
    const form = new FormData();
    form.append("files", new File([Uint8Array.of(1, 2, 3)], "cat.png", { type: "image/png" }));
    form.append("files", new File(["a,b"], "table.csv", { type: "text/csv" }));
    form.append("message1", JSON.stringify({ role: "ai", text: "Show me." }));
    form.append("message2", JSON.stringify({ role: "user", text: "Here." }));
    const router = scriptedRouter({ events: [edge, says("A cat.", "edge")] });
    await told(router, { body: form });
    assert.deepEqual(router.requests[0].messages, [
      { role: "assistant", content: "Show me." },
      {
        role: "user",
        content: [
          { type: "text", text: "Here." },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
          { type: "text", text: "a,b" },
        ],
      },
    ]);
    const file = { src: "data:image/png;base64,AQID", type: "image", name: "cat.png" };
    const later = scriptedRouter({ events: [edge, says("Grey.", "edge")] });
    await told(later, { body: { messages: [{ role: "user", text: "Here.", files: [file] }, { role: "user", text: "Its colour?" }] } });
    assert.deepEqual(later.requests[0].messages[0].content, router.requests[0].messages[1].content.slice(0, 2));
    const film = new FormData();
    film.append("files", new File(["x"], "film.mp4", { type: "video/mp4" }));
    const [, { error }] = await told(scriptedRouter(), { body: film });
    assert.match(error, /video\/mp4 cannot be sent/);
  });
});

describe("assistant-ui", () => {
  /**
   * What the runtime is given, and what an answer has come to at last.
   * @param {ReturnType<typeof scriptedRouter>} router @param {any} [run]
   * @returns {Promise<any[]>}
   */
  async function results(router, { messages = [user("Hi")], begun = [], tools, system, callSettings } = /** @type {any} */ ({})) {
    const all = [];
    const run = /** @type {any} */ ({
      messages,
      abortSignal: new AbortController().signal,
      context: { tools, system, callSettings },
      unstable_getMessage: () => ({ role: "assistant", content: begun }),
    });
    for await (const result of /** @type {any} */ (chatModel(router, { system: "Be brief." }).run(run))) all.push(result);
    return all;
  }

  /** @param {string} text */
  const user = (text) => ({ role: "user", content: [{ type: "text", text }], attachments: [] });
  const call = { type: "tool-call", toolCallId: "call_1", toolName: "weather", args: { city: "Ulm" }, argsText: '{"city":"Ulm"}' };

  test("an answer grows, with its thinking; a draft is kept beside it", async () => {
    const all = await results(scriptedRouter({ events: [route(), thinks("So."), says("No"), replaced, says("Yes.", "edge")] }));
    const texts = all.map(({ content }) => content.map((/** @type {any} */ { type, text }) => `${type}: ${text}`).join(", "));
    assert.deepEqual(texts, ["", "reasoning: So.", "reasoning: So., text: No", "", "text: Yes.", "text: Yes."]);
    const { status, metadata } = all.at(-1);
    assert.deepEqual(status, { type: "complete", reason: "stop" });
    assert.equal(metadata.custom.nearside.draft, "No");
    assert.deepEqual(metadata.steps, [{ usage: { inputTokens: 9, outputTokens: 6 } }]);
  });

  test("a tool runs here with a checked input, and the turn then waits for the next round", async () => {
    const execute = async (/** @type {any} */ { city }) => ({ sky: `blue over ${city}` });
    const tools = { weather: { description: "The weather", parameters: z.object({ city: z.string() }), execute } };
    const router = scriptedRouter(CALLING);
    const { content, status } = (await results(router, { tools })).at(-1);
    assert.deepEqual(content[1], { ...call, result: { sky: "blue over Ulm" }, isError: false });
    assert.deepEqual(status, { type: "requires-action", reason: "tool-calls" });
    const { parameters } = router.requests[0].tools[0].function;
    assert.deepEqual([parameters.type, parameters.required], ["object", ["city"]]);
  });

  test("a tool that refuses its input says so; one without execute waits for a person", async () => {
    const strict = { weather: { parameters: z.object({ city: z.number() }), execute: async () => "never" } };
    const refused = (await results(scriptedRouter(CALLING), { tools: strict })).at(-1).content[1];
    assert.equal(refused.isError, true);
    assert.match(refused.result, /The input does not fit/);
    const human = { weather: { parameters: { type: "object" } } };
    assert.deepEqual((await results(scriptedRouter(CALLING), { tools: human })).at(-1).content[1], call);
    const wrapped = { weather: { parameters: { type: "object" }, execute: async () => ({ result: 5, isError: false, [Symbol.for("aui.tool-response")]: true }) } };
    assert.equal((await results(scriptedRouter(CALLING), { tools: wrapped })).at(-1).content[1].result, 5);
  });

  test("the rounds of one message are several for the model, in their order", async () => {
    const router = scriptedRouter({ events: [edge, says("Then no.", "edge")] });
    const begun = [
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "Let me see." },
      { ...call, result: { sky: "blue" } },
      { type: "text", text: "And once more." },
      { ...call, toolCallId: "call_2", result: "grey" },
    ];
    await results(router, { messages: [user("Rain?")], begun, system: "Today is Monday.", callSettings: { temperature: 0.3, maxTokens: 9 } });
    const { messages, temperature, max_tokens } = router.requests[0];
    assert.deepEqual(messages, [
      { role: "system", content: "Be brief.\n\nToday is Monday." },
      { role: "user", content: "Rain?" },
      { role: "assistant", content: "Let me see.", tool_calls: [CALL] },
      { role: "tool", tool_call_id: "call_1", content: '{"sky":"blue"}' },
      { role: "assistant", content: "And once more.", tool_calls: [{ ...CALL, id: "call_2" }] },
      { role: "tool", tool_call_id: "call_2", content: "grey" },
    ]);
    assert.deepEqual([temperature, max_tokens], [0.3, 9]);
  });

  test("pictures and attachments are parts of what was said", async () => {
    const router = scriptedRouter({ events: [edge, says("A cat.", "edge")] });
    const content = [{ type: "text", text: "What is it?" }, { type: "image", image: "data:image/png;base64,AA==" }];
    const attachments = [{ content: [{ type: "file", mimeType: "application/pdf", data: "AQID", filename: "a.pdf" }] }];
    await results(router, { messages: [{ role: "user", content, attachments }] });
    assert.deepEqual(router.requests[0].messages[1].content, [
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AQID" } },
    ]);
  });

  test("an answer that was cut off says so, and a failure is thrown with its code", async () => {
    const cut = await results(scriptedRouter({ events: [route(), says("It")], report: { finish_reason: "length" } }));
    assert.deepEqual(cut.at(-1).status, { type: "incomplete", reason: "length" });
    await assert.rejects(results(scriptedRouter({ events: [edge], fails: "both_failed" })), { code: "both_failed" });
  });
});
