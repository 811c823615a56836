/** The worker's half of nearside.js: the package of this repository, one thread or several. */

import { timeGeneration } from "./generation.js";
import { serveJobs } from "./in-worker.js";
import { storedFile, storedSource, writeStored } from "./opfs.js";
import { timeEncoder } from "./encoder.js";

const N_CTX = 1024;

/** @typedef {{package: string, file: string, threads: number}} Task */

serveJobs({
  /** @param {Task & import("./generation.js").GenerationTask} task */
  async generate(task) {
    const { module, memory } = await start(task);
    const source = await inMemory(task.file);
    const model = module.DeviceModel.load(source, N_CTX);
    const loadedBytes = memory.buffer.byteLength;
    const generator = {
      /** @param {number[]} ids */
      prefill: (ids) => model.prefill(new Uint32Array(ids)),
      /** @param {number} id */
      decode: (id) => model.decode(id),
      clear: () => model.truncate(0),
    };
    const times = await timeGeneration(generator, task);
    return { ...times, loadedBytes, peakBytes: memory.buffer.byteLength };
  },

  /** @param {Task & import("./encoder.js").EncoderTask} task */
  async embed(task) {
    const { module } = await start(task);
    const encoder = module.Encoder.load(await inMemory(task.file));
    return timeEncoder((ids) => encoder.embed(new Uint32Array(ids), new Uint32Array(ids.length)), task);
  },

  /** @param {Task & {prompt: number[]}} task */
  async firstToken(task) {
    const started = performance.now();
    const { module, memory } = await start(task);
    const ready = performance.now();
    const handle = await /** @type {any} */ (await storedFile()).createSyncAccessHandle();
    const source = {
      size: handle.getSize(),
      /** @param {number} at @param {Uint8Array} into */
      readAt: (at, into) => handle.read(into, { at }),
    };
    const model = module.DeviceModel.load(source, N_CTX);
    const loaded = performance.now();
    model.prefill(new Uint32Array(task.prompt.slice(0, 1)));
    handle.close();
    const ended = performance.now();
    return {
      startMillis: ready - started,
      loadMillis: loaded - ready,
      totalMillis: ended - started,
      peakBytes: memory.buffer.byteLength,
    };
  },

  /**
   * A dialogue's next turn: after all of it has been read, and after a reload that brings its keys
   * and values back from the browser's file system.
   * @param {Task & {text: string}} task
   */
  async resume(task) {
    const { module } = await start(task);
    const source = await inMemory(task.file);
    const first = await coreOf(module, source);
    const question = { role: "user", content: task.text };
    // Warm: what is compiled late is not what is measured.
    await answer(first, [{ role: "user", content: task.text.slice(0, 300) }]);
    const cold = await answer(first, [question]);
    const kept = performance.now();
    const keptTokens = await writeStored("dialogue.kv", (write) => first.keepDialogue(2 ** 30, write));
    const keptMillis = performance.now() - kept;
    first.free();

    const second = await coreOf(module, source);
    const stored = await storedSource("dialogue.kv");
    const resumed = performance.now();
    await second.resumeDialogue(stored);
    const resumeMillis = performance.now() - resumed;
    stored.close();
    const messages = [question, { role: "assistant", content: cold.text }, { role: "user", content: "1234" }];
    const next = await answer(second, messages);
    return {
      promptTokens: cold.usage.prompt_tokens,
      keptTokens,
      keptBytes: stored.size,
      keptMillis,
      resumeMillis,
      readTokens: next.usage.prompt_tokens - next.usage.cached_tokens,
      coldMillis: 1000 * cold.ttft_s,
      nextMillis: 1000 * next.ttft_s,
    };
  },
});

/** The router's core, with the device alone. @param {any} module @param {object} source */
async function coreOf(module, source) {
  const hooks = { emit() {}, load() {}, save() {}, yieldNow };
  const core = new module.Core({ mode: "device-only" }, hooks);
  await core.loadDevice(source);
  return core;
}

/** As www/worker.js does it. */
function yieldNow() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => (port1.close(), resolve(null));
    port2.postMessage(null);
  });
}

/** @param {any} core @param {{role: string, content: string}[]} messages */
const answer = (core, messages) => core.chat({ messages, max_tokens: 4, temperature: 0 }, undefined, () => {});

/**
 * The module, with its helping threads where more than one was asked for.
 * @param {Task} task
 */
async function start({ package: url, threads }) {
  const module = await import(url);
  const { memory } = await module.default();
  if (threads > 1) startThreads(module, new URL(url, location.href).href, threads);
  return { module, memory: /** @type {WebAssembly.Memory} */ (memory) };
}

/**
 * As www/builds.js does it, for a number of threads that is not the machine's.
 * @param {any} module @param {string} url @param {number} threads
 */
function startThreads(module, url, threads) {
  const start = module.prepareThreads(threads);
  if (!start?.memory) throw new Error(`${url} has no threads`);
  for (let i = 1; i < threads; i++) {
    const thread = new Worker(new URL("../../www/thread.js", import.meta.url), { type: "module" });
    thread.onerror = ({ message }) => postMessage({ error: `a thread of Nearside failed: ${message}` });
    thread.postMessage({ url, ...start });
  }
}

/** @param {string} url */
async function inMemory(url) {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  return {
    size: bytes.length,
    /** @param {number} offset @param {Uint8Array} into */
    readAt(offset, into) {
      const piece = bytes.subarray(offset, offset + into.length);
      into.set(piece);
      return piece.length;
    },
  };
}
