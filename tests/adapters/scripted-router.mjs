/**
 * A router whose turns a test writes down as the core's events; the chunks that come of them are made by the
 * code that makes them in a page.
 */

import { CompletionStream, completionOf } from "../../www/completion.js";
import { RouterError } from "../../www/errors.js";
import { turnRequest } from "../../www/options.js";

/** @typedef {import("../../www/types.js").TurnEvent} TurnEvent */
/** @typedef {import("../../www/types.js").TurnReport} TurnReport */
/** @typedef {import("../../www/types.js").Decision} Decision */

/**
 * `hangs`: the turn stays as it is until it is stopped. `fails`: it ends with this code.
 * @typedef {{events: TurnEvent[], report?: Partial<TurnReport>, hangs?: boolean, fails?: string}} Turn
 */

/** @param {Turn[]} turns one after the other */
export function scriptedRouter(...turns) {
  /** @type {any[]} */
  const requests = [];
  let answering = false;
  /** @param {any} request @param {{signal?: AbortSignal}} [options] */
  const stream = async (request, { signal } = {}) => {
    turnRequest(request);
    if (answering) throw new RouterError("busy", "Another turn is still running.");
    const turn = turns.shift();
    if (!turn) throw new RouterError("invalid_request", "The test has no more turns.");
    requests.push(request);
    answering = true;
    const chunks = new CompletionStream(() => ({ device: "small", edge: "large" }));
    play(turn, chunks, signal).then(() => (answering = false));
    return chunks;
  };
  /** @param {any} request @param {{signal?: AbortSignal}} [options] @returns {Promise<any>} */
  const create = async (request, options) => {
    const chunks = await stream(request, options);
    if (request.stream) return chunks;
    for await (const _ of chunks);
    return completionOf(chunks);
  };
  const chat = /** @type {any} */ ({ completions: { create } });
  return { chat, requests };
}

/** @param {Turn} turn @param {CompletionStream} chunks @param {AbortSignal} [signal] */
async function play({ events, report, hangs, fails }, chunks, signal) {
  const left = new AbortController();
  chunks.onCancel = () => left.abort();
  for (const event of events) {
    await Promise.resolve();
    chunks.push(event);
  }
  if (hangs) {
    const stopped = AbortSignal.any([left.signal, ...(signal ? [signal] : [])]);
    await new Promise((resolve) => stopped.addEventListener("abort", resolve));
    // The core needs a moment to notice.
    await new Promise((resolve) => setImmediate(resolve));
    chunks.finish(reportOf(events, { finish_reason: "abort" }));
  } else if (fails) {
    chunks.fail(new RouterError(fails, `It failed with ${fails}.`));
  } else {
    chunks.finish(reportOf(events, report ?? {}));
  }
}

/** @param {Partial<Decision>} [decision] @returns {Extract<TurnEvent, {type: "route"}>} */
export function route(decision) {
  return { type: "route", decision: decisionOf(decision) };
}

/** The device answers, and the edge is there. @param {Partial<Decision>} [decision] @returns {Decision} */
function decisionOf(decision) {
  const cost = { available: true, missing_tokens: 3, prefill_s: 0.1, decode_s: 0.2, total_s: 0.3 };
  return /** @type {Decision} */ ({
    route: "device",
    reason: "device_good_enough",
    sentence: "The device's answer is likely good enough.",
    mode: "auto",
    p: 0.25,
    device: cost,
    edge: cost,
    link: { online: true },
    ...decision,
  });
}

/** What the core would report of such events. @param {TurnEvent[]} events @param {Partial<TurnReport>} said @returns {TurnReport} */
function reportOf(events, said) {
  const decision = events.flatMap((event) => (event.type === "route" ? [event.decision] : []))[0];
  const usage = { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15, reasoning_tokens: 2, cached_tokens: 4, fetched_tokens: 0, x_estimated: [] };
  const { text, thinking } = finalText(events);
  return /** @type {TurnReport} */ ({
    turn: 1,
    ...decision,
    decision,
    text,
    thinking,
    refused: false,
    tool_calls: [],
    finish_reason: "stop",
    switched: null,
    ttft_s: 0.1,
    usage,
    ...said,
  });
}

/** @param {TurnEvent[]} events */
function finalText(events) {
  let [text, thinking] = ["", ""];
  for (const event of events) {
    if (event.type === "switch" && event.replaces) [text, thinking] = ["", ""];
    if (event.type === "thought") [text, thinking] = ["", thinking + event.text];
    if (event.type === "thinking") thinking += event.text;
    if (event.type === "delta") text += event.text;
  }
  return { text, thinking };
}

/** @param {string} text @param {import("../../www/types.js").Route} [route] @returns {TurnEvent} */
export const says = (text, route = "device") => ({ type: "delta", text, route });
/** @param {string} text @returns {TurnEvent} */
export const thinks = (text) => ({ type: "thinking", text, route: "device" });
/** The edge answers anew. @type {TurnEvent} */
export const replaced = { type: "switch", from: "device", to: "edge", reason: "second_look", sentence: "The edge knows better.", replaces: true };
/** The edge goes on. @type {TurnEvent} */
export const continued = { ...replaced, replaces: false };
