/**
 * Engines of the page's own on the device: Chrome's Prompt API, WebLLM and transformers.js as doubles that
 * tests/engines/doubles.js writes from their specifications; and, where tests/engines is installed,
 * `@huggingface/transformers` as it is with a model of 40 KB that only counts letters, and `@wllama/wllama`
 * with the demo's own model for the device.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, test } from "node:test";

import { repositoryRoot } from "./harness.mjs";
import { siteForFile } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../../www/types.js").TurnReport} TurnReport */
/** @typedef {{report: TurnReport | null, error: {code: string, message: string} | null, pieces: string[],
 *   model: string, estimated: string[] | undefined}} Turn */

const { site, browser } = siteForFile();
const HELLO = [{ role: "system", content: "Be kind." }, { role: "user", content: "Hello, who is there?" }];
/** Without a scorer the device begins, and only what is wrong for all to see is doubted. */
const ROUTING = { theta: 0.7, alpha_per_s: 0, warm_edge_tokens: 0, catch_up_tokens: 0, failback: false };

/** @type {Page} */
let page;
beforeEach(async () => {
  await page?.close();
  site.edge = "well";
  site.requests.length = 0;
  page = await browser.context.newPage();
  await page.goto(`${site.url}free.html`);
});

/**
 * A router in the page whose device is a double, which is loaded.
 * @param {string} kind @param {object} [options] @param {object} [script] what the script is told beforehand
 */
async function open(kind, options = {}, script = {}) {
  await page.evaluate(
    async ([kind, options, told]) => {
      const load = (/** @type {string} */ url) => import(url);
      const [{ Router }, doubles] = [await load("/www/index.js"), await load("/tests/engines/doubles.js")];
      const script = Object.assign(new doubles.Script(), told);
      const deviceEngine = Object.assign(doubles.engines[/** @type {string} */ (kind)](script), {
        patience: { firstMillis: 2000, nextMillis: 500 },
      });
      const router = Router.create({ baseUrl: "/v1", deviceEngine, storage: "memory", .../** @type {object} */ (options) });
      /** @type {any[]} */
      const heard = [];
      for (const type of ["progress", "error", "warning", "state"])
        router.addEventListener(type, (/** @type {any} */ { detail }) => heard.push({ type, detail: structuredClone(detail) }));
      Object.assign(globalThis, { router, script, heard, doubles });
    },
    /** @type {const} */ ([kind, { core: ROUTING, mode: "auto", ...options }, script]),
  );
}

/** Waits for the device, or gives the code of what keeps it away. @returns {Promise<string>} */
function deviceReady() {
  return page.evaluate(() =>
    /** @type {any} */ (globalThis).router.deviceReady.then(() => "ready", (/** @type {any} */ error) => error.code),
  );
}

/** What the engine says next: a text, `!` for one of the doubles' accidents. @param {(string | object)[][]} answers */
function says(...answers) {
  return page.evaluate((answers) => {
    const { script, doubles } = /** @type {any} */ (globalThis);
    const told = (/** @type {any} */ piece) => (piece?.accident ? doubles[piece.accident] : piece);
    script.answers = answers.map((answer) => answer.map(told));
  }, answers);
}

const accident = (/** @type {"THROWS" | "HANGS" | "ENDS"} */ name) => ({ accident: name });

/** @param {object} request @param {{stopAfter?: number}} [how] after so many pieces of text @returns {Promise<Turn>} */
function ask(request, { stopAfter } = {}) {
  return page.evaluate(
    async ([request, stopAfter]) => {
      const { router } = /** @type {any} */ (globalThis);
      const stop = new AbortController();
      /** @type {any} */
      const turn = { report: null, error: null, pieces: [], model: "", estimated: undefined };
      try {
        const chunks = router.chat.completions.create({ .../** @type {object} */ (request), stream: true }, { signal: stop.signal });
        for await (const chunk of chunks) {
          const { content } = chunk.choices[0].delta;
          if (content) turn.pieces.push(content);
          if (turn.pieces.length === stopAfter) stop.abort();
          turn.estimated ??= chunk.x_route?.decision.x_estimated;
          [turn.model, turn.report] = [chunk.model, chunk.x_turn ?? null];
        }
      } catch (/** @type {any} */ { code, message }) {
        turn.error = { code, message };
      }
      return turn;
    },
    /** @type {const} */ ([request, stopAfter]),
  );
}

/** @param {string} name of something that the script remembers @returns {Promise<any>} */
const remembered = (name) =>
  page.evaluate((name) => {
    const plain = (/** @type {string} */ _, /** @type {unknown} */ value) => (typeof value === "bigint" ? Number(value) : value);
    return JSON.parse(JSON.stringify(/** @type {any} */ (globalThis).script[name] ?? null, plain));
  }, name);

/** @param {Turn} turn @returns {TurnReport} */
function reportOf({ report, error }) {
  assert.equal(error, null);
  return /** @type {TurnReport} */ (report);
}

/** What of the second turn each engine is to read again. @type {Record<string, (anew: any) => void>} */
const ANEW = {
  promptApi: (anew) => assert.deepEqual(anew, [{ role: "user", content: "And now?" }]),
  webLlm: (anew) => assert.deepEqual(anew, [{ role: "user", content: "And now?" }]),
  transformers: (anew) => assert.equal(anew, "\u0003<user>And now?\u0003<assistant>"),
};
/** Engines that can be asked to go on with an answer, and how they are. */
const GOES_ON = {
  promptApi: (/** @type {any} */ { messages }) =>
    assert.deepEqual(messages.at(-1), { role: "assistant", content: "The edge answers ", prefix: true }),
  webLlm: (/** @type {any} */ { messages }) => {
    assert.deepEqual(messages.at(-2), { role: "assistant", content: "The edge answers " });
    assert.match(messages.at(-1).content, /^Go on with your last answer/);
  },
  transformers: (/** @type {any} */ { messages }) => assert.match(messages[0], /<assistant>The edge answers $/),
};
/** What nobody has counted. @type {Record<string, string[]>} */
const ESTIMATED = {
  promptApi: ["prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens", "cached_tokens"],
  webLlm: ["prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens", "cached_tokens"],
  transformers: ["prompt_tokens", "total_tokens", "cached_tokens"],
};

for (const kind of /** @type {const} */ (["promptApi", "webLlm", "transformers"])) {
  describe(kind, () => {
    test("answers on the device, piece by piece, and what is estimated is marked", async () => {
      await open(kind);
      assert.equal(await deviceReady(), "ready");
      await says(["Hello ", "to ", "you."]);
      const turn = await ask({ messages: HELLO });
      const report = reportOf(turn);
      assert.deepEqual([report.route, report.text, report.finish_reason], ["device", "Hello to you.", "stop"]);
      assert.ok(turn.pieces.length >= 3, `it came in ${turn.pieces.length} pieces`);
      assert.deepEqual([turn.model, turn.estimated], ["theirs", ["missing_tokens"]]);
      assert.deepEqual(report.usage.x_estimated.toSorted(), ESTIMATED[kind].toSorted());
      assert.equal(report.asked_in_words, false);
      assert.equal(site.count("/v1/chat"), 0);
      const heard = await page.evaluate(() => /** @type {any} */ (globalThis).heard);
      const shares = heard.filter((/** @type {any} */ { type }) => type === "progress").map((/** @type {any} */ { detail }) => detail);
      assert.ok(shares.some((/** @type {any} */ { phase, share }) => phase === "download" && share === 0.5));
      assert.equal(shares.at(-1).phase, "done");
      const { device, deviceModel } = await page.evaluate(() => /** @type {any} */ (globalThis).router.state);
      assert.deepEqual([device, deviceModel.name, deviceModel.n_ctx], ["ready", "theirs", kind === "webLlm" ? 4096 : 2048]);
    });

    test("does not read again what it holds of the dialogue", async () => {
      await open(kind);
      await deviceReady();
      await says(["Hello ", "to ", "you."], ["Yes."]);
      const first = reportOf(await ask({ messages: HELLO }));
      const messages = [...HELLO, { role: "assistant", content: first.text }, { role: "user", content: "And now?" }];
      const second = reportOf(await ask({ messages }));
      assert.equal(second.text, "Yes.");
      ANEW[kind]((await remembered("asked")).at(-1).anew);
      // "Hello to you." counted by its text.
      assert.equal(second.usage.cached_tokens, first.usage.prompt_tokens + 4);
      assert.ok(second.missing_device < first.missing_device + 4);
    });

    test("is stopped with the turn, and answers the next one", async () => {
      await open(kind, {}, { millis: 30 });
      await deviceReady();
      await says("one two three four five six seven eight nine ten".match(/\S+ ?/g) ?? [], ["Fine."]);
      const started = Date.now();
      const stopped = reportOf(await ask({ messages: HELLO }, { stopAfter: 2 }));
      assert.equal(stopped.finish_reason, "abort");
      assert.ok(stopped.text.length < 20 && Date.now() - started < 2000, stopped.text);
      assert.equal(reportOf(await ask({ messages: HELLO })).text, "Fine.");
      assert.deepEqual([await remembered("stopped"), await remembered("busy")], [1, 0]);
    });

    test("gives way to the edge where its answer is doubted", async () => {
      await open(kind);
      await deviceReady();
      await says(["I'm sorry, ", "but I can't ", "assist with that."]);
      const report = reportOf(await ask({ messages: HELLO }));
      assert.deepEqual([report.decision.route, report.route, report.text], ["device", "edge", site.answer]);
      assert.equal(report.switched?.reason, "second_look");
      assert.ok(!report.usage.x_estimated.includes("completion_tokens"), "the edge has counted");
    });

    test("leaves a turn in which it fails to the edge", async () => {
      await open(kind);
      await deviceReady();
      await says(["Hello ", accident("THROWS")], ["Fine."]);
      const report = reportOf(await ask({ messages: HELLO }));
      assert.deepEqual([report.route, report.switched?.reason], ["edge", "engine_failed"]);
      assert.match(report.switched?.sentence ?? "", /the GPU is gone/);
      assert.equal(reportOf(await ask({ messages: HELLO, mode: "device-only" })).text, "Fine.");
    });

    test("leaves a turn in which it hangs to the edge", async () => {
      await open(kind);
      await deviceReady();
      await says(["Hello ", accident("HANGS")]);
      const report = reportOf(await ask({ messages: HELLO }));
      assert.deepEqual([report.route, report.switched?.reason], ["edge", "engine_timeout"]);
      assert.match(report.text, /^Hello .*several words\.$/);
    });

    test("goes on with an answer where the edge broke off", async () => {
      await open(kind);
      await deviceReady();
      site.edge = "breaks-off";
      await says(["in ", "time."]);
      const report = reportOf(await ask({ messages: HELLO, mode: "prefer-edge" }));
      assert.deepEqual([report.route, report.text], ["device", "The edge answers in time."]);
      assert.equal(report.switched?.reason, "edge_broke_off");
      GOES_ON[kind]((await remembered("asked")).at(-1));
      assert.equal(report.asked_in_words, kind === "webLlm");
    });
  });
}

test("the browser's model that is not there leaves everything to the edge", async () => {
  await open("promptApi", {}, { availability: "unavailable" });
  assert.equal(await deviceReady(), "engine_unavailable");
  assert.equal(reportOf(await ask({ messages: HELLO })).route, "edge");
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).router.state.device), "failed");
});

test("the browser's model reads ahead what the edge has answered", async () => {
  await open("promptApi", { core: { ...ROUTING, catch_up_tokens: 512 } });
  await deviceReady();
  assert.equal(reportOf(await ask({ messages: HELLO, mode: "prefer-edge" })).route, "edge");
  await page.waitForFunction(() => /** @type {any} */ (globalThis).script.appended || /** @type {any} */ (globalThis).script.nSessions > 1);
  await page.waitForFunction(() => /** @type {any} */ (globalThis).router.state.core.device.held_tokens > 0);
  const messages = [...HELLO, { role: "assistant", content: site.answer }, { role: "user", content: "And now?" }];
  await says(["Yes."]);
  assert.equal(reportOf(await ask({ messages, mode: "device-only" })).text, "Yes.");
  assert.deepEqual((await remembered("asked")).at(-1).anew, [{ role: "user", content: "And now?" }]);
});

describe("an engine of the page's own", () => {
  test("is refused before anything runs if it is none", async () => {
    const refusal = await page.evaluate(async () => {
      const load = (/** @type {string} */ url) => import(url);
      const { Router } = await load("/www/index.js");
      try {
        Router.create({ deviceEngine: { name: "theirs", load() {} } });
      } catch (/** @type {any} */ { code, message }) {
        return { code, message };
      }
    });
    assert.equal(refusal?.code, "invalid_config");
    assert.match(refusal?.message ?? "", /`generate`/);
  });

  for (const [what, answer, code] of /** @type {[string, any[], string][]} */ ([
    ["a piece that is none", ["Hello ", { text: 7 }], "engine_protocol"],
    ["an end without a reason", ["Hello ", accident("ENDS")], "engine_broke_off"],
    ["an end without a word", [], "engine_empty"],
  ]))
    test(`${what} has a code, and the edge takes over`, async () => {
      await open("own");
      await deviceReady();
      await says(answer, answer);
      const report = reportOf(await ask({ messages: HELLO }));
      assert.deepEqual([report.route, report.switched?.reason], ["edge", code]);
      const alone = await ask({ messages: HELLO, mode: "device-only" });
      assert.equal(alone.error?.code, code);
      assert.match(alone.error?.message ?? "", /\.$/);
    });

  test("is not listened to after the end of its answer", async () => {
    await open("own");
    await deviceReady();
    await says(["Hello.", { finish: "stop" }, "and more", { finish: "stop" }], ["Fine."]);
    assert.equal(reportOf(await ask({ messages: HELLO })).text, "Hello.");
    assert.equal(reportOf(await ask({ messages: HELLO })).text, "Fine.");
  });

  test("that hangs for good is told at once from then on", async () => {
    await open("own", { mode: "device-only" });
    await deviceReady();
    await says([accident("HANGS")]);
    assert.equal((await ask({ messages: HELLO })).error?.code, "engine_timeout");
    const second = Date.now();
    assert.equal((await ask({ messages: HELLO })).error?.code, "engine_timeout");
    assert.ok(Date.now() - second < 15_000);
    const third = Date.now();
    assert.equal((await ask({ messages: HELLO })).error?.code, "engine_timeout");
    assert.ok(Date.now() - third < 2000, "it is not waited for again");
  });

  test("is ended at a stop text and at a length that it does not know of", async () => {
    await open("own", { mode: "device-only" });
    await deviceReady();
    const words = ["one ", "two ", "six ", "ten ", "all."];
    await says(words, words);
    const [stopped, cut] = [await ask({ messages: HELLO, stop: ["o s"] }), await ask({ messages: HELLO, max_tokens: 3 })];
    assert.deepEqual([reportOf(stopped).text, reportOf(stopped).finish_reason], ["one tw", "stop"]);
    assert.deepEqual([reportOf(cut).text, reportOf(cut).finish_reason], ["one two six ", "length"]);
  });

  test("pauses its download, and goes on when it is loaded again", async () => {
    await open("own", {}, { loadMillis: 300 });
    await page.waitForFunction(() => /** @type {any} */ (globalThis).heard.some((/** @type {any} */ { type, detail }) => type === "progress" && detail.share === 0));
    await page.evaluate(() => /** @type {any} */ (globalThis).router.pauseDownload());
    assert.equal(await deviceReady(), "download_paused");
    const state = () => page.evaluate(() => /** @type {any} */ (globalThis).router.state.device);
    assert.equal(await state(), "paused");
    assert.equal(reportOf(await ask({ messages: HELLO })).route, "edge");
    await page.evaluate(() => /** @type {any} */ (globalThis).router.loadDevice());
    assert.deepEqual([await state(), reportOf(await ask({ messages: HELLO })).route], ["ready", "device"]);
  });

  test("that cannot be loaded says why, and is loaded again when asked to", async () => {
    await open("own", {}, { loadFails: true });
    assert.equal(await deviceReady(), "engine_failed");
    const told = await page.evaluate(() => /** @type {any} */ (globalThis).heard.find((/** @type {any} */ { type }) => type === "error")?.detail);
    assert.match(told.message, /there is no room for it/);
    await page.evaluate(() => {
      const { router, script } = /** @type {any} */ (globalThis);
      script.loadFails = false;
      return router.loadDevice();
    });
    assert.equal(reportOf(await ask({ messages: HELLO })).route, "device");
  });

  test("is freed with the router", async () => {
    await open("own");
    await deviceReady();
    await page.evaluate(() => /** @type {any} */ (globalThis).router.dispose());
    await page.waitForFunction(() => /** @type {any} */ (globalThis).script.disposed);
  });

  test("answers with the scorer of the manifest, and its device model is not fetched", async () => {
    await open("own", { manifest: "/models/manifest.json" });
    await deviceReady();
    await page.evaluate(() => /** @type {any} */ (globalThis).router.ready);
    assert.equal(site.count("/models/scorer"), 1);
    assert.equal(site.count("/models/device"), 0);
    assert.equal((await page.evaluate(() => /** @type {any} */ (globalThis).router.state)).scorerReady, true);
  });
});

const TRANSFORMERS = "tests/engines/node_modules/@huggingface/transformers/dist/transformers.min.js";
const noTransformers = !existsSync(path.join(repositoryRoot, TRANSFORMERS));

describe("@huggingface/transformers", { skip: noTransformers && "tests/engines is not installed" }, () => {
  const ALPHABET = "abcdefghijklmnopqrstuvwxyz.";

  async function openTransformers() {
    await page.evaluate(
      async ([file, core]) => {
        const load = (/** @type {string} */ url) => import(url);
        const [{ Router }, { transformers }] = [await load("/www/index.js"), await load("/www/engines/transformers.js")];
        const { pipeline, env } = await load(`/${file}`);
        Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, useBrowserCache: false });
        env.localModelPath = "/tests/engines/";
        env.backends.onnx.wasm.wasmPaths = "/tests/engines/node_modules/onnxruntime-web/dist/";
        env.backends.onnx.wasm.numThreads = 1;
        /** @type {number[]} */
        const read = [];
        /** @type {any} */
        let generator;
        const deviceEngine = transformers({
          name: "tiny",
          generator: async (/** @type {any} */ onProgress) => {
            generator = await pipeline("text-generation", "tiny", { dtype: "fp32", device: "wasm", progress_callback: onProgress });
            const forward = generator.model.forward.bind(generator.model);
            generator.model.forward = (/** @type {any} */ inputs) => {
              read.push(inputs.input_ids.dims[1]);
              // It holds the thread, as real ones do on the processor.
              for (const until = performance.now() + 20; performance.now() < until; );
              return forward(inputs);
            };
            return generator;
          },
        });
        /** @type {any[]} */
        const pieces = [];
        const generate = deviceEngine.generate.bind(deviceEngine);
        deviceEngine.generate = async function* (/** @type {any} */ request) {
          for await (const piece of generate(request)) yield (pieces.push(piece), piece);
        };
        const router = Router.create({ baseUrl: "/v1", deviceEngine, storage: "memory", core: /** @type {object} */ (core), mode: "auto" });
        Object.assign(globalThis, { router, read, pieces, generator: () => generator });
      },
      /** @type {const} */ ([TRANSFORMERS, ROUTING]),
    );
    assert.equal(await deviceReady(), "ready");
    await page.evaluate(() => {
      const { read, pieces } = /** @type {any} */ (globalThis);
      read.length = pieces.length = 0;
    });
  }

  const question = [{ role: "user", content: "Which letters are there?" }];
  /** How many tokens each pass has read. */
  const passes = () => page.evaluate(() => /** @type {any} */ (globalThis).read.splice(0));

  test("answers letter by letter, and reads only what is new of a dialogue", async () => {
    await openTransformers();
    const turn = await ask({ messages: question });
    const first = reportOf(turn);
    assert.deepEqual([first.route, first.text, first.finish_reason], ["device", ALPHABET, "stop"]);
    assert.ok(turn.pieces.length > 20, `it came in ${turn.pieces.length} pieces`);
    assert.deepEqual([first.usage.completion_tokens, turn.model], [27, "tiny"]);
    const [nPrompt, ...steps] = await passes();
    // `<user>`, the letters, `<end>`, `<assistant>`.
    assert.equal(nPrompt, 1 + question[0].content.length + 1 + 1);
    assert.ok(steps.every((/** @type {number} */ n) => n === 1));
    const logprobs = await page.evaluate(() => /** @type {any} */ (globalThis).pieces.flatMap((/** @type {any} */ piece) => piece.logprobs ?? []));
    // Of one logit of 6 among 98 of 0.
    const expected = 6 - Math.log(Math.exp(6) + 98);
    assert.equal(logprobs.length, 27);
    assert.ok(logprobs.every((/** @type {number} */ logprob) => Math.abs(logprob - expected) < 1e-3), `${logprobs[0]} is not ${expected}`);
    const messages = [...question, { role: "assistant", content: ALPHABET }, { role: "user", content: "Again!" }];
    const second = reportOf(await ask({ messages }));
    assert.equal(second.text, ALPHABET);
    // The end of its answer, `<user>`, six letters, `<end>`, `<assistant>`.
    assert.equal((await passes())[0], 1 + 1 + 6 + 1 + 1);
    assert.ok(second.usage.cached_tokens > first.usage.prompt_tokens);
    const other = reportOf(await ask({ messages: [{ role: "user", content: "Again!" }] }));
    assert.deepEqual([other.text, other.usage.cached_tokens], [ALPHABET, 0]);
    assert.equal((await passes())[0], 9);
  });

  test("is ended at a length and with the turn, goes on where the edge broke off, and fails", async () => {
    await openTransformers();
    const cut = reportOf(await ask({ messages: question, max_tokens: 5 }));
    assert.deepEqual([cut.text, cut.finish_reason], ["abcde", "length"]);
    const stopped = reportOf(await ask({ messages: question }, { stopAfter: 2 }));
    assert.equal(stopped.finish_reason, "abort");
    assert.ok(stopped.text.length < 20, stopped.text);
    site.edge = "breaks-off";
    site.answer = "The edge says a b c d e";
    const gone = reportOf(await ask({ messages: question, mode: "prefer-edge" }));
    site.answer = "The edge answers in several words.";
    assert.deepEqual([gone.route, gone.text, gone.asked_in_words], ["device", `The edge says ${ALPHABET}`, false]);
    site.edge = "well";
    await page.evaluate(() => (/** @type {any} */ (globalThis).generator().model.forward = () => Promise.reject(new Error("out of memory"))));
    const failed = reportOf(await ask({ messages: question }));
    assert.deepEqual([failed.route, failed.switched?.reason], ["edge", "engine_failed"]);
  });
});

const WLLAMA = "tests/engines/node_modules/@wllama/wllama/esm/";
const MODEL = "models/fetched/smollm2-135m-instruct.gguf";
const missing = [WLLAMA, MODEL].find((file) => !existsSync(path.join(repositoryRoot, file)));

describe("@wllama/wllama with SmolLM2 135M", { skip: missing && `${missing} is not there` }, () => {
  /** @param {object} [options] */
  async function openWllama(options = {}) {
    await page.evaluate(
      async ([base, model, options]) => {
        const load = (/** @type {string} */ url) => import(url);
        const [{ Router }, { wllama }, { Wllama }] = [
          await load("/www/index.js"), await load("/www/engines/wllama.js"), await load(`/${base}index.js`),
        ];
        const logger = { debug() {}, log() {}, warn() {}, error: console.error };
        const engine = new Wllama({ default: `/${base}wasm/wllama.wasm` }, { suppressNativeLog: true, logger });
        const deviceEngine = wllama({
          wllama: engine,
          name: "smollm2-135m-instruct",
          model: [await (await fetch(`/${model}`)).blob()],
          parameters: { n_ctx: 1024, n_threads: 1, n_gpu_layers: 0 },
        });
        const router = Router.create({ baseUrl: "/v1", deviceEngine, storage: "memory", .../** @type {object} */ (options) });
        Object.assign(globalThis, { router, engine });
      },
      /** @type {const} */ ([WLLAMA, MODEL, { core: { ...ROUTING, competence: { quiz: false } }, mode: "auto", ...options }]),
    );
    assert.equal(await deviceReady(), "ready");
  }

  const CAPITAL = [{ role: "user", content: "What is the capital of France?" }];

  test("answers, keeps the dialogue, and tells how sure it is", async () => {
    await openWllama({ manifest: "/models/manifest.json", secondLook: { firstTokens: 4 } });
    const turn = await ask({ messages: CAPITAL, max_tokens: 24, mode: "device-only" });
    const first = reportOf(turn);
    assert.equal(first.text, await directly(CAPITAL, 24), "as it answers by itself");
    assert.ok(turn.pieces.length > 3 && first.usage.completion_tokens <= 24);
    assert.deepEqual(first.usage.x_estimated, ["prompt_tokens", "total_tokens", "cached_tokens"]);
    const messages = [...CAPITAL, { role: "assistant", content: first.text }, { role: "user", content: "And of Spain?" }];
    const timings = watchTimings();
    const second = reportOf(await ask({ messages, max_tokens: 24, mode: "device-only" }));
    const { cached, read } = await timings();
    assert.ok(second.usage.cached_tokens > first.usage.prompt_tokens);
    assert.ok(cached > 3 * read, `llama.cpp held ${cached} tokens and read ${read}`);
  });

  test("is stopped, doubted, fails, and goes on where the edge broke off", async () => {
    await openWllama({ manifest: "/models/manifest.json", secondLook: { theta: 0, firstTokens: 4, drift: 0 } });
    const stopped = reportOf(await ask({ messages: CAPITAL, mode: "device-only" }, { stopAfter: 2 }));
    assert.equal(stopped.finish_reason, "abort");
    const doubted = reportOf(await ask({ messages: CAPITAL }));
    assert.deepEqual([doubted.decision.route, doubted.route, doubted.switched?.reason], ["device", "edge", "second_look"]);
    assert.equal(doubted.text, site.answer);
    site.edge = "breaks-off";
    site.answer = "The capital of France is a city";
    const gone = reportOf(await ask({ messages: CAPITAL, mode: "prefer-edge", max_tokens: 7 }));
    site.answer = "The edge answers in several words.";
    assert.deepEqual([gone.route, gone.switched?.reason, gone.asked_in_words], ["device", "edge_broke_off", false]);
    assert.match(gone.text, /^The capital of (?!The capital).+/);
    const begun = { role: "assistant", content: "The capital of " };
    assert.equal(gone.text, await directly([...CAPITAL, begun], 4));
    site.edge = "well";
    await page.evaluate(() => (/** @type {any} */ (globalThis).engine.createChatCompletion = () => Promise.reject(new Error("out of memory"))));
    const failed = reportOf(await ask({ messages: CAPITAL }));
    assert.deepEqual([failed.route, failed.switched?.reason], ["edge", "engine_failed"]);
  });

  /** What wllama answers without anybody between; with the beginning of an answer, that and the rest. @param {object[]} messages @param {number} max_tokens @returns {Promise<string>} */
  const directly = (messages, max_tokens) =>
    page.evaluate(
      async ([messages, max_tokens]) => {
        const { engine } = /** @type {any} */ (globalThis);
        const answer = await engine.createChatCompletion({ messages, max_tokens, temperature: 0 });
        return answer.choices[0].message.content;
      },
      /** @type {const} */ ([messages, max_tokens]),
    );

  /** What llama.cpp itself says of the next answer. */
  function watchTimings() {
    const watched = page.evaluate(
      () =>
        new Promise((resolve) => {
          const { engine } = /** @type {any} */ (globalThis);
          const create = engine.createChatCompletion.bind(engine);
          engine.createChatCompletion = async (/** @type {any} */ options) => {
            const chunks = await create({ ...options, timings_per_token: true });
            return (async function* () {
              for await (const chunk of chunks) {
                if (chunk.timings) resolve({ cached: chunk.timings.cache_n, read: chunk.timings.prompt_n });
                yield chunk;
              }
            })();
          };
        }),
    );
    return () => /** @type {Promise<{cached: number, read: number}>} */ (watched);
  }
});
