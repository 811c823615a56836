/**
 * A turn as every adapter runs it: the router's chunks, stopped cleanly, and, where a library cannot take
 * text back, without the drafts that the other side replaces.
 */

import { RouterError } from "../errors.js";

/** @typedef {import("../completion.js").ChatCompletionChunk} Chunk */
/** @typedef {import("../options.js").CompletionRequest} CompletionRequest */

/** What an adapter needs of a router. @typedef {Pick<import("../index.js").Router, "chat">} Asked */

/**
 * Whether a reader sees a text that the other side may still replace. `held`: text comes once it is
 * certain, so what came is the answer. `shown`: text comes as it is written.
 * @typedef {"held" | "shown"} Drafts
 */

/** The last turn of each router. @type {WeakMap<Asked, {signal: AbortSignal, ended: Promise<void>}>} */
const lastTurns = new WeakMap();

/**
 * The chunks of one turn. Leaving the loop stops the turn, and so does the signal: the loop then ends with
 * an error of the code `aborted`. A turn that follows a stopped one waits until that has ended, so that
 * "stop" and "send" can be pressed one after the other.
 * @param {Asked} router
 * @param {CompletionRequest} request
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Chunk, void>}
 */
export async function* chunksOf(router, request, signal) {
  await afterStopped(router);
  const left = leavable(signal);
  const stream = await router.chat.completions.create(
    { ...request, stream: true },
    { signal: left.signal },
  );
  const relay = new Relay(stream);
  lastTurns.set(router, { signal: left.signal, ended: relay.ended });
  try {
    for await (const chunk of relay.chunks()) {
      if (chunk.x_turn?.finish_reason === "abort") throw stopped();
      yield chunk;
    }
  } finally {
    left.leave();
  }
}

/** Waits for the router's last turn if it was told to stop. @param {Asked} router */
export async function afterStopped(router) {
  const last = lastTurns.get(router);
  if (last?.signal.aborted) await last.ended;
}

/** A signal that also says when the reader leaves. @param {AbortSignal | null} [signal] */
export function leavable(signal) {
  const left = new AbortController();
  return {
    signal: signal ? AbortSignal.any([signal, left.signal]) : left.signal,
    leave: () => left.abort(),
  };
}

/** Reads a turn to its end, whether or not anybody still reads along. */
class Relay {
  /** @type {Chunk[]} */
  #chunks = [];
  /** @type {unknown} */
  #error = null;
  #done = false;
  #wake = () => {};
  /** @type {Promise<void>} */
  ended;

  /** @param {AsyncIterable<Chunk>} stream */
  constructor(stream) {
    this.ended = this.#read(stream);
  }

  /** @param {AsyncIterable<Chunk>} stream */
  async #read(stream) {
    try {
      for await (const chunk of stream) {
        this.#chunks.push(chunk);
        this.#wake();
      }
    } catch (thrown) {
      this.#error = thrown;
    }
    this.#done = true;
    this.#wake();
  }

  async *chunks() {
    for (;;) {
      for (const chunk of this.#chunks.splice(0)) yield chunk;
      if (this.#chunks.length > 0) continue;
      if (this.#error) throw this.#error;
      if (this.#done) return;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
  }
}

export function stopped() {
  return new RouterError("aborted", "The turn was stopped.");
}

/**
 * The same chunks, with the device's text held back while the edge may still replace it. A draft that is
 * replaced never comes; text that turns out to be thinking comes as such.
 * @param {AsyncIterable<Chunk>} chunks
 * @returns {AsyncGenerator<Chunk, void>}
 */
export async function* withoutDrafts(chunks) {
  let holds = false;
  let held = "";
  let seen = false;
  for await (const chunk of chunks) {
    const { content } = chunk.choices[0].delta;
    if (chunk.x_route) holds = mayBeReplaced(chunk.x_route);
    if (content && holds) {
      held += content;
      continue;
    }
    seen ||= Boolean(content);
    if (held && (chunk.x_turn || (chunk.x_switch && !chunk.x_switch.replaces))) {
      yield saying(chunk, { content: held });
      seen = true;
    }
    if (held && chunk.x_thought) yield saying(chunk, { reasoning_content: held });
    if (chunk.x_thought || chunk.x_switch) held = "";
    // What a side takes up that has shown nothing yet may be replaced once more.
    if (chunk.x_switch) holds = chunk.x_switch.to === "device" && !seen;
    if (!chunk.x_switch) yield chunk;
    else yield { ...chunk, x_switch: { ...chunk.x_switch, replaces: seen && chunk.x_switch.replaces } };
  }
}

/**
 * The edge answers anew where the device's answer is looked at, or where the edge was away and comes back.
 * Where the page has no edge, nobody has ever seen one online or offline.
 * @param {import("../completion.js").RouteNote} note
 */
function mayBeReplaced({ route, reason, decision }) {
  if (route !== "device") return false;
  if (decision.edge.available) return reason !== "mode_prefer_device";
  return reason === "edge_unavailable" && decision.link.online !== null;
}

/** A chunk like this one that adds no more than so much. @param {Chunk} chunk @param {import("../completion.js").Delta} delta @returns {Chunk} */
function saying({ id, object, created, model }, delta) {
  return { id, object, created, model, choices: [{ index: 0, delta, finish_reason: null }] };
}
