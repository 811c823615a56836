/** What a person sees of an answer that ends early, thinks, or has others waiting behind it. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { answered, ask, complete, heard, newPage, waitUntilReady } from "./harness.mjs";
import { siteForFile } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { site, browser } = siteForFile();
/** @type {Page} */
let page;

beforeEach(async () => {
  await page?.close();
  site.answer = "The edge answers in several words.";
  site.requests.length = 0;
  page = await newPage(browser.context);
});

async function open(query = "") {
  await page.goto(site.url + query);
  await waitUntilReady(page);
}

function chat() {
  return page.locator("nearside-chat");
}

/** @returns {Promise<import("../../www/types.js").Message[]>} */
function messages() {
  return chat().evaluate((/** @type {any} */ element) => element.messages);
}

/** @param {string} name @param {string} value */
function setAttribute(name, value) {
  return chat().evaluate((element, [name, value]) => element.setAttribute(name, value), [name, value]);
}

/** An answer that does not repeat itself, which would end it. @param {number} n */
function words(n) {
  return Array.from({ length: n }, (_, index) => `${index * index + 7}`).join(" ");
}

/** What the edge was asked, in order. */
function asked() {
  return site.requests.filter(({ path }) => path === "/v1/chat/completions").map(({ body }) => JSON.parse(body));
}

/** A picture for whoever wants to look, in the folder that SHOTS names. @param {string} name */
async function shoot(name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

const QUESTION = "Sort these words: pear, moon, cat, tree.";

test("an answer that reached its limit says so, and is gone on with in its place, on either side", async () => {
  await open("?mode=device-only");
  const whole = await complete(page, { messages: [{ role: "user", content: QUESTION }], max_tokens: 6 });
  await setAttribute("max-tokens", "3");
  const begun = await ask(page, QUESTION);
  const answer = chat().locator("article.answer");
  assert.equal(begun.finish_reason, "length");
  assert.equal(await answer.locator("[part=note] span").textContent(), "The answer reached its limit of 3 tokens.");
  await shoot("limit");

  let earlier = await heard(page);
  await answer.getByRole("button", { name: "Go on" }).click();
  const rest = await answered(page, earlier);
  assert.equal(begun.text + rest.text, whole.text, "the stream brings only what is new");
  assert.equal(await answer.count(), 1);
  assert.equal(await answer.locator("[part=answer]").textContent(), whole.text);
  assert.deepEqual(await messages(), [
    { role: "user", content: QUESTION },
    { role: "assistant", content: whole.text },
  ]);

  assert.equal(rest.finish_reason, "length");
  await setAttribute("mode", "edge-only");
  earlier = await heard(page);
  await answer.getByRole("button", { name: "Go on" }).click();
  await answered(page, earlier);
  assert.equal(await answer.locator("[part=answer]").textContent(), whole.text + site.answer);
  const [request] = asked();
  assert.equal(request.continue_final_message, true);
  assert.deepEqual(request.messages.at(-1), { role: "assistant", content: whole.text });
  assert.equal(await answer.locator("[part=note]").isVisible(), false);
  assert.equal(await answer.locator("[part=chip]").textContent(), "Edge");
});

test("an answer that could not be gone on with stays as it was, and can be tried again", async () => {
  await open("?mode=device-only");
  await setAttribute("max-tokens", "3");
  const begun = await ask(page, QUESTION);
  await setAttribute("mode", "edge-only");
  site.edge = 500;
  const answer = chat().locator("article.answer");
  await answer.getByRole("button", { name: "Go on" }).click();
  await chat().locator("[part=error]").waitFor();
  assert.equal(await answer.locator("[part=answer]").textContent(), begun.text);
  assert.equal(await answer.locator("[part=chip]").textContent(), "On this device");
  assert.equal((await messages())[1].content, begun.text);
  await shoot("go-on-failed");
  site.edge = "well";
  const earlier = await heard(page);
  await chat().locator("[part=retry]").click();
  await answered(page, earlier);
  assert.equal((await messages())[1].content, begun.text + site.answer);
  assert.equal(await chat().locator("[part=error]").count(), 0);
});

test("questions asked by script wait in sight, can be cancelled, and are asked in their order", async () => {
  site.answer = words(40);
  await open("?mode=edge-only");
  await chat().evaluate((/** @type {any} */ element) => {
    const texts = ["one", "two", "three", "four"];
    Object.assign(window, { all: Promise.all(texts.map((text) => element.ask(text))) });
  });
  const waiting = chat().locator("article.waits");
  assert.deepEqual(await waiting.locator("> span:first-child").allTextContents(), ["two", "three", "four"]);
  assert.match((await waiting.first().textContent()) ?? "", /waiting/);
  await page.waitForTimeout(300);
  await shoot("waiting");
  await waiting.nth(1).getByRole("button", { name: "Cancel this question" }).click();
  assert.equal(await waiting.count(), 2);
  const texts = await page.evaluate(async () =>
    (await /** @type {any} */ (window).all).map((/** @type {any} */ report) => report?.text ?? null),
  );
  assert.deepEqual(texts, [site.answer, site.answer, null, site.answer]);
  const questions = (await messages()).filter(({ role }) => role === "user");
  assert.deepEqual(questions.map(({ content }) => content), ["one", "two", "four"]);
  const order = await chat().locator("article").evaluateAll((all) => all.map((one) => one.classList[0]));
  assert.deepEqual(order, ["question", "answer", "question", "answer", "question", "answer"]);
});

test("a new chat forgets the questions that wait, and can be asked at once", async () => {
  site.answer = words(100);
  await open("?mode=edge-only");
  const [first, second, third] = await chat().evaluate(async (/** @type {any} */ element) => {
    const asked = [element.ask("one"), element.ask("two")];
    await new Promise((done) => element.addEventListener("nearside-route", done, { once: true }));
    element.newChat();
    return Promise.all([...asked, element.ask("three")]);
  });
  assert.equal(first?.finish_reason ?? "abort", "abort");
  assert.equal(second, null);
  assert.equal(third.text, site.answer);
  assert.deepEqual((await messages()).map(({ content }) => content), ["three", site.answer]);
});

for (const stream of [false, true]) {
  test(`a router that answers refuses a second turn as busy (stream: ${stream}), and answers the first`, async () => {
    await open("?mode=edge-only");
    const [text, code] = await chat().evaluate(async (/** @type {any} */ element, stream) => {
      const { create } = element.router.chat.completions;
      const request = { messages: [{ role: "user", content: "Hello" }] };
      const first = create(request);
      const code = await create({ ...request, stream }).catch((/** @type {any} */ error) => error.code);
      return [(await first).choices[0].message.content, code];
    }, stream);
    assert.deepEqual([text, code], [site.answer, "busy"]);
  });
}

test("the longest answer is chosen beside the mode, and holds from the next turn on", async () => {
  await open("?mode=edge-only");
  const length = chat().getByLabel("Longest answer");
  for (const [chosen, sent] of /** @type {const} */ ([["256", 256], ["4096", 4096], ["auto", undefined]])) {
    await length.selectOption(chosen);
    assert.equal(await chat().getAttribute("max-tokens"), chosen);
    await ask(page, "Hello");
    assert.equal(asked().at(-1).max_tokens, sent);
  }
  await setAttribute("max-tokens", "77");
  assert.equal(await length.inputValue(), "77");
});

// --- What no small model can be made to do: a router of the page's own plays it ---

/**
 * Gives the element a router that answers each turn with these chunks, and asks it something.
 * @param {{delta?: object, switch?: object, wait?: number}[]} chunks
 * @param {object} report what its last chunk's report says
 * @returns {Promise<import("../../www/types.js").Message[][]>} the messages of each request
 */
async function play(chunks, report) {
  await page.goto(site.url);
  return chat().evaluate(async (/** @type {any} */ element, [chunks, report]) => {
    const sent = /** @type {any[]} */ ([]);
    async function* create(/** @type {any} */ { messages }) {
      sent.push(messages);
      let text = "";
      for (const chunk of chunks) {
        if (chunk.wait) await new Promise((done) => setTimeout(done, chunk.wait));
        const delta = /** @type {any} */ (chunk.delta ?? {});
        text += delta.content ?? "";
        yield { choices: [{ delta }], x_switch: chunk.switch };
      }
      const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18, cached_tokens: 0 };
      const told = { route: "device", total_s: 1, finish_reason: "stop", flaw: null, max_tokens: 9, looks: [], usage };
      yield { choices: [{ delta: {} }], x_turn: { ...told, text, ...report } };
    }
    element.router = Object.assign(new EventTarget(), {
      state: { phase: "ready", device: "ready", core: {} },
      ready: Promise.resolve(),
      deviceReady: Promise.resolve(null),
      chat: { completions: { create } },
      expectTurn: async () => false,
    });
    await element.ask("Hello");
    return sent;
  }, /** @type {const} */ ([chunks, report]));
}

test("what the model thinks is folded above the answer, and is no part of it", async () => {
  const thinking = [{ delta: { reasoning_content: "Let me " } }, { delta: { reasoning_content: "see." }, wait: 300 }];
  const playing = play([...thinking, { delta: { content: "Four." }, wait: 400 }], {});
  const summary = chat().locator("[part=thinking] summary");
  await summary.getByText("Thinking…").waitFor();
  await shoot("thinking");
  await playing;
  const thought = chat().locator("[part=thinking]");
  const seconds = /^Thought for (\d+\.\d) s$/.exec((await summary.textContent()) ?? "")?.[1];
  assert.ok(Number(seconds) >= 0.7, `${seconds}`);
  assert.equal(await thought.getAttribute("open"), null);
  assert.equal(await thought.locator("p").textContent(), "Let me see.");
  assert.equal(await thought.locator("p").isVisible(), false);
  assert.equal(await chat().locator("[part=answer]").textContent(), "Four.");
  await summary.click();
  await shoot("thought");

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await chat().locator("[part=copy]").click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "Four.");
  assert.deepEqual((await messages()).at(-1), { role: "assistant", content: "Four." });
});

test("what the device thought goes with its draft, where the edge answers anew", async () => {
  const move = { from: "device", to: "edge", sentence: "The edge answers.", replaces: true };
  const draft = [{ delta: { reasoning_content: "Hm." } }, { delta: { content: "Five." } }];
  await play([...draft, { switch: move }, { delta: { content: "Four." } }], { route: "edge" });
  const answer = chat().locator("article.answer");
  assert.equal(await answer.locator("[part=draft] [part=thinking]").count(), 1);
  assert.equal(await answer.locator("[part=thinking]").count(), 1);
  assert.equal((await messages())[1].content, "Four.");
});

for (const [flaw, note] of /** @type {const} */ ([
  ["repetition", "The model began to repeat itself, so the answer was ended here."],
  // Where nobody can take over, the reader is told what the answer is.
  ["refusal", "The model says that it cannot answer this."],
  [null, null],
])) {
  test(`an answer whose flaw is ${flaw} has ${note ? "a note" : "no note"}`, async () => {
    await play([{ delta: { content: "So so so." } }], { flaw });
    assert.equal(await chat().locator("[part=note]").isVisible(), note !== null);
    assert.equal(await chat().locator("[part=note]").textContent(), note ?? "");
    await shoot(`flaw-${flaw}`);
  });
}

for (const [report, ending] of /** @type {const} */ ([
  [{ flaw: "truncation", max_tokens: 500 }, "The answer reached the end of the model's context on this device."],
  [{ route: "edge", max_tokens: 500 }, "The answer reached a limit of the server's own."],
  [{ route: "edge", max_tokens: 9 }, "The answer reached its limit of 9 tokens."],
])) {
  test(`a cut answer says by whose limit: ${ending}`, async () => {
    await play([{ delta: { content: "So" } }], { finish_reason: "length", ...report });
    const note = chat().locator("[part=note]");
    assert.equal(await note.locator("span").textContent(), ending);
    assert.equal(await note.getByRole("button", { name: "Go on" }).count(), 1);
  });
}

test("what a server's filter withholds is told, be it all or the rest", async () => {
  const filtered = { route: "edge", finish_reason: "content_filter", max_tokens: 500 };
  await play([{ delta: { content: "So" } }], filtered);
  const note = chat().locator("[part=note]");
  assert.equal(await note.textContent(), "The server's filter withheld the rest of this answer.");
  await shoot("filtered-rest");
  await play([], filtered);
  const error = chat().locator("[part=error]");
  assert.match((await error.textContent()) ?? "", /^The server's filter withheld the answer\./);
  assert.equal(await note.isVisible(), false);
  await shoot("filtered");
});

test("a model that only thought is said to, and has more room when asked again", async () => {
  const thinking = [{ delta: { reasoning_content: "Hm." } }];
  const sent = play(thinking, { thinking: "Hm.", finish_reason: "length", max_tokens: 9 });
  await sent;
  const error = chat().locator("[part=error]");
  const sentence = /^The model was still thinking when it reached its limit of 9 tokens\./;
  assert.match((await error.textContent()) ?? "", sentence);
  await shoot("thinking-alone");
  const asked = chat().evaluate((/** @type {any} */ element) => {
    const { completions } = element.router.chat;
    return new Promise((done) => {
      completions.create = async function* (/** @type {any} */ request) {
        done(request.max_tokens);
      };
    });
  });
  await error.getByRole("button", { name: "Retry" }).click();
  assert.equal(await asked, 18);
});

test("a model that says nothing is said to, and can be asked again", async () => {
  await play([{ delta: { content: " \n" } }], { flaw: "empty" });
  assert.match((await chat().locator("[part=error]").textContent()) ?? "", /^The model said nothing\./);
  assert.equal(await chat().locator("[part=retry]").count(), 1);
  assert.equal((await messages()).length, 1);
  await shoot("flaw-empty");
});
