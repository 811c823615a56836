/**
 * Doubles of what www/engines/ speaks to, written from each one's specification or source: they refuse what
 * the real ones refuse, and say what a test has written down. Loaded into the page by engines.test.mjs.
 */

import { promptApi } from "/www/engines/prompt-api.js";
import { transformers } from "/www/engines/transformers.js";
import { webLlm } from "/www/engines/web-llm.js";

export const THROWS = Symbol("throws");
export const HANGS = Symbol("hangs");
export const ENDS = Symbol("ends");

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** What an engine is to say, answer by answer, and what it was asked. */
export class Script {
  answers = [];
  /** Each with `messages`, and with how much of it was read anew. */
  asked = [];
  stopped = 0;
  busy = 0;
  millis = 10;

  /** @param {any} asked */
  async *say(asked) {
    this.asked.push(asked);
    if (this.busy++ > 0) throw new Error("two answers at once");
    try {
      for (const piece of this.answers.shift() ?? ["Well", ", ", "yes", "."]) {
        if (piece === THROWS) throw new Error("the GPU is gone");
        if (piece === HANGS) await new Promise(() => {});
        await sleep(this.millis);
        yield piece;
      }
    } finally {
      this.busy -= 1;
    }
  }
}

// --- The Prompt API (https://webmachinelearning.github.io/prompt-api/) ---

function languageModel(script) {
  return class LanguageModel extends EventTarget {
    static async availability() {
      return script.availability ?? "available";
    }

    static async create({ initialPrompts = [], monitor, signal } = {}) {
      signal?.throwIfAborted();
      if (initialPrompts.some(({ role }, index) => role === "system" && index > 0))
        throw new TypeError("a system prompt comes first");
      const source = new EventTarget();
      monitor?.(source);
      for (const loaded of [0, 0.5, 1]) {
        await sleep(script.loadMillis ?? 0);
        signal?.throwIfAborted();
        source.dispatchEvent(new ProgressEvent("downloadprogress", { loaded, total: 1 }));
      }
      script.nSessions = (script.nSessions ?? 0) + 1;
      const session = new LanguageModel();
      session.told = [...initialPrompts];
      return session;
    }

    contextWindow = 2048;
    contextUsage = 0;

    promptStreaming(input, { signal } = {}) {
      if (this.destroyed) throw new DOMException("destroyed", "InvalidStateError");
      if (input.some(({ role }) => role === "system")) throw new TypeError("no system role here");
      const session = this;
      const before = this.told.length;
      const saying = script.say({ messages: [...this.told, ...input], anew: input });
      return new ReadableStream({
        async pull(controller) {
          const { done, value } = await saying.next();
          if (signal?.aborted) {
            script.stopped += 1;
            await saying.return();
            return controller.error(signal.reason);
          }
          if (!done) {
            session.said = (session.said ?? "") + value;
            return controller.enqueue(value);
          }
          session.told = [...session.told.slice(0, before), ...input, { role: "assistant", content: session.said }];
          session.said = "";
          controller.close();
        },
        async cancel() {
          await saying.return();
        },
      });
    }

    async append(input, { signal } = {}) {
      signal?.throwIfAborted();
      script.appended = [...(script.appended ?? []), ...input];
      this.told.push(...input);
    }

    destroy() {
      this.destroyed = true;
    }
  };
}

// --- @mlc-ai/web-llm: lib/types.d.ts, and its engine's own checks ---

function mlcEngine(script) {
  let onProgress = () => {};
  let held = "";
  let interrupted = false;
  let locked = false;
  const chunk = (delta, finish_reason = null) => ({
    id: "1", object: "chat.completion.chunk", created: 0, model: "m", choices: [{ index: 0, delta, finish_reason }],
  });
  const answer = async function* (request) {
    const past = JSON.stringify(request.messages.slice(0, -1));
    const anew = past === held ? request.messages.slice(-1) : request.messages;
    let said = "";
    try {
      for await (const content of script.say({ messages: request.messages, anew, request })) {
        if (interrupted) break;
        said += content;
        yield chunk({ role: "assistant", content });
      }
      held = JSON.stringify([...request.messages, { role: "assistant", content: said }]);
      script.stopped += Number(interrupted);
      yield chunk({}, interrupted ? "abort" : "stop");
    } finally {
      locked = false;
    }
  };
  return {
    setInitProgressCallback: (callback) => (onProgress = callback),
    async reload() {
      for (const progress of [0, 0.5, 1]) {
        await sleep(script.loadMillis ?? 0);
        if (script.unloaded) throw new Error("Engine.unload() is called.");
        onProgress({ progress, timeElapsed: 0, text: "" });
      }
    },
    async unload() {
      script.unloaded = true;
    },
    interruptGenerate: () => (interrupted = true),
    chat: {
      completions: {
        async create(request) {
          if (request.messages.at(-1).role !== "user") throw new Error("MessageOrderError");
          if (request.messages.some(({ role }, index) => role === "system" && index > 0))
            throw new Error("SystemMessageOrderError");
          if (locked) throw new Error("its lock is held");
          [locked, interrupted] = [true, false];
          return answer(request);
        },
      },
    },
  };
}

// --- @huggingface/transformers: src/models/modeling_utils.js, `generate` ---

const END = 3n;

function textGeneration(script) {
  const tensor = (ids) => ({ dims: [1, ids.length], tolist: () => [[...ids]] });
  const idsOf = (text) => [...text].map((letter) => BigInt(letter.codePointAt(0)));
  const tokenizer = Object.assign(
    (text, { add_special_tokens }) => {
      if (add_special_tokens) throw new Error("the template has them");
      return { input_ids: tensor(idsOf(text)), attention_mask: tensor(idsOf(text).map(() => 1n)) };
    },
    {
      apply_chat_template: (messages, { tokenize, add_generation_prompt }) => {
        if (tokenize || !add_generation_prompt) throw new Error("not as it is called");
        return `${messages.map(({ role, content }) => `<${role}>${content}\u0003`).join("")}<assistant>`;
      },
      decode: (ids, { skip_special_tokens }) =>
        ids.filter((id) => !skip_special_tokens || id !== END).map((id) => String.fromCodePoint(Number(id))).join(""),
    },
  );
  const generate = async (options) => {
    const { input_ids, past_key_values: past, max_new_tokens, streamer, stopping_criteria, logits_processor } = options;
    const ids = input_ids.tolist()[0];
    if (past && past.ids.some((id, index) => id !== ids[index])) throw new Error("keys and values of another text");
    const text = tokenizer.decode(ids, { skip_special_tokens: false });
    streamer.put([ids.slice()]);
    const n = ids.length;
    const write = (id) => {
      const logits = { data: Float32Array.from({ length: 0x180 }, (_, other) => (other === Number(id) ? 4 : 0)) };
      for (const processor of logits_processor ?? []) processor([ids], logits);
      ids.push(id);
      streamer.put([[id]]);
      return ids.length - n >= max_new_tokens || stopping_criteria.some((criterion) => criterion([ids])[0]);
    };
    const anew = text.slice(past?.ids.length ?? 0);
    let over = false;
    for await (const piece of script.say({ messages: [text], anew, options })) {
      for (const id of idsOf(piece)) if (!over) over = write(id);
      if (over) break;
    }
    if (over) script.stopped += 1;
    else write(END);
    streamer.end();
    const kept = ids.slice(0, -1);
    return { sequences: tensor(ids), past_key_values: { ids: kept, dispose: async () => {} } };
  };
  const model = { config: { max_position_embeddings: 2048 }, generation_config: { eos_token_id: Number(END) }, generate };
  return Object.assign(() => {}, { model, tokenizer, dispose: async () => {} });
}

/** Each engine over a script. @type {Record<string, (script: Script) => any>} */
export const engines = {
  promptApi: (script) => promptApi({ name: "theirs", api: languageModel(script) }),
  webLlm: (script) => webLlm({ engine: mlcEngine(script), model: "theirs" }),
  transformers: (script) =>
    transformers({
      name: "theirs",
      generator: async (onProgress) => {
        for (const loaded of [0, 5, 10]) {
          await sleep(script.loadMillis ?? 0);
          onProgress({ status: "progress", file: "model.onnx", loaded, total: 10 });
        }
        return textGeneration(script);
      },
    }),
  /** The smallest engine there can be, which may misbehave. */
  own: (script) => ({
    name: "theirs",
    contextTokens: 2048,
    capabilities: script.capabilities,
    async load({ onProgress, signal }) {
      for (const share of [0, 0.5, 1]) {
        await sleep(script.loadMillis ?? 0);
        signal.throwIfAborted();
        onProgress(share);
      }
      if (script.loadFails) throw new Error("there is no room for it");
    },
    async *generate({ signal, ...asked }) {
      for await (const piece of script.say({ ...asked, anew: asked.messages })) {
        if (signal.aborted) script.stopped += 1;
        if (signal.aborted || piece === ENDS) return;
        yield typeof piece === "string" ? { text: piece } : piece;
      }
      yield { finish: "stop" };
    },
    dispose: () => (script.disposed = true),
  }),
};
