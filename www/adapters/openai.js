/**
 * A `fetch` for the `openai` client, which then talks to the router in place of a server:
 *
 *     const client = new OpenAI({ apiKey: "none", dangerouslyAllowBrowser: true, fetch: createFetch(router) });
 *     await client.chat.completions.create({ model: "nearside", messages, stream: true });
 *
 * It answers `/chat/completions`, streamed and whole, and `/models`. No request leaves the page by it; what
 * the edge is asked, the router asks.
 */

import { RouterError } from "../errors.js";
import { abortError, failureOf } from "./failures.js";
import { afterStopped, chunksOf, leavable, withoutDrafts } from "./turns.js";

/** @typedef {import("../completion.js").ChatCompletionChunk} Chunk */
/** @typedef {Pick<import("../index.js").Router, "chat"> & {state?: import("../index.js").RouterState}} Asked */
/** @typedef {{method: string, path: string, body: string, signal: AbortSignal | null}} Call */

/**
 * @typedef {object} FetchOptions
 * @property {import("./turns.js").Drafts} [drafts] whether a stream has text that the edge may still
 *   replace. `held`, unless told otherwise: all `delta.content` joined is the answer. `shown`: text comes
 *   as it is written, and the chunk's `x_switch` says where what came was only a draft
 * @property {import("../types.js").Mode} [mode] for all requests that do not say `mode` themselves
 */

/**
 * @param {Asked} router
 * @param {FetchOptions} [options]
 * @returns {typeof globalThis.fetch}
 */
export function createFetch(router, options = {}) {
  return async (input, init) => {
    const call = await callOf(input, init);
    try {
      return await respond(router, call, options);
    } catch (thrown) {
      if (call.signal?.aborted) throw abortError(call.signal);
      return failed(thrown);
    }
  };
}

/**
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 * @returns {Promise<Call>}
 */
async function callOf(input, init = {}) {
  const request = input instanceof Request ? input : null;
  const url = new URL(request?.url ?? String(input), "http://nearside.invalid/");
  const body = init.body ?? (request ? await request.clone().text() : "");
  return {
    method: (init.method ?? request?.method ?? "GET").toUpperCase(),
    path: url.pathname.replace(/\/$/, ""),
    body: typeof body === "string" ? body : await new Response(body).text(),
    signal: init.signal ?? request?.signal ?? null,
  };
}

/**
 * @param {Asked} router
 * @param {Call} call
 * @param {FetchOptions} options
 */
async function respond(router, call, options) {
  const { method, path } = call;
  if (path.endsWith("/chat/completions") && method === "POST") return complete(router, call, options);
  if (path.endsWith("/models") && method === "GET") return json(200, modelList(router));
  const message = `The router answers POST /chat/completions and GET /models, not ${method} ${path}.`;
  return json(404, errorBody("not_found", message, 404));
}

/**
 * @param {Asked} router
 * @param {Call} call
 * @param {FetchOptions} options
 */
async function complete(router, { body, signal }, { drafts = "held", mode }) {
  const request = { mode, ...parsed(body) };
  if (!request.stream) {
    await afterStopped(router);
    return json(200, await router.chat.completions.create(request, signal ? { signal } : {}));
  }
  const left = leavable(signal);
  const all = chunksOf(router, request, left.signal);
  const chunks = drafts === "held" ? withoutDrafts(all) : all;
  // What goes wrong before a side was chosen is a status.
  const first = await chunks.next();
  const headers = { "content-type": "text/event-stream" };
  return new Response(eventStream(first.value ?? undefined, chunks, left, signal), { headers });
}

/** @param {string} body @returns {any} */
function parsed(body) {
  try {
    const request = JSON.parse(body);
    if (typeof request === "object" && request !== null) return request;
  } catch {
    // Said below.
  }
  throw new RouterError("invalid_request", "The request is not valid: its body must be a JSON object.");
}

/**
 * @param {Chunk | undefined} first
 * @param {AsyncGenerator<Chunk, void>} chunks
 * @param {{leave: () => void}} left
 * @param {AbortSignal | null} signal
 */
function eventStream(first, chunks, { leave }, signal) {
  const encoder = new TextEncoder();
  const event = (/** @type {unknown} */ data) => encoder.encode(`data: ${JSON.stringify(data)}\n\n`);
  return new ReadableStream({
    start(controller) {
      if (first) controller.enqueue(event(first));
    },
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (!done) return controller.enqueue(event(value));
        controller.enqueue(encoder.encode("data: [DONE]\n\n"));
      } catch (thrown) {
        const { error, status } = failureOf(thrown);
        if (error.code === "aborted") return controller.error(abortError(signal));
        controller.enqueue(event(errorBody(error.code, error.message, status)));
      }
      controller.close();
    },
    cancel: leave,
  });
}

/** Both models, by the names that chunks have. @param {Asked} router */
function modelList({ state }) {
  const device = state?.deviceModel?.name ?? state?.models?.device?.name ?? "device";
  const edge = state?.models?.edge?.name ?? "edge";
  const data = [
    { id: device, object: "model", created: 0, owned_by: "device" },
    { id: edge, object: "model", created: 0, owned_by: "edge" },
  ];
  return { object: "list", data };
}

/** @param {unknown} thrown */
function failed(thrown) {
  const { error, status, retryable } = failureOf(thrown);
  const headers = { "x-should-retry": String(retryable) };
  return json(status, errorBody(error.code, error.message, status), headers);
}

/** An error as OpenAI's servers send it. @param {string} code @param {string} message @param {number} status */
function errorBody(code, message, status) {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  return { error: { message, type, code, param: null } };
}

/** @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
function json(status, body, headers = {}) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}
