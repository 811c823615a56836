/**
 * The router as a language model of the Vercel AI SDK, in the page itself, without a server:
 *
 *     const { textStream } = streamText({ model: nearside(router), prompt: "What is 2 + 2?" });
 *
 * It follows the SDK's specification of language models, version 4 (`ai` 7).
 */

import { RouterError } from "../errors.js";
import { requestOf } from "./ai-sdk-prompt.js";
import { AnswerParts } from "./ai-sdk-parts.js";
import { abortError, failureOf } from "./failures.js";
import { chunksOf, leavable, withoutDrafts } from "./turns.js";

/** @typedef {import("@ai-sdk/provider").LanguageModelV4} LanguageModel */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4CallOptions} CallOptions */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4StreamPart} StreamPart */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4GenerateResult} GenerateResult */
/** @typedef {import("./ai-sdk-prompt.js").NearsideCallOptions} NearsideCallOptions */

/**
 * @typedef {object} ModelOptions
 * @property {string} [modelId] what the SDK calls it; "nearside" unless told otherwise
 * @property {import("./turns.js").Drafts} [drafts] whether a stream has text that the edge may still
 *   replace. `held`, unless told otherwise: the text of a stream is the answer. `shown`: text comes as
 *   it is written, and what was replaced is a text part of its own, marked `setAside`
 */

/**
 * The model that answers by this router. Options hold for every call, and `providerOptions: { nearside }`
 * for one.
 * @param {import("./turns.js").Asked} router
 * @param {ModelOptions & NearsideCallOptions} [options]
 * @returns {LanguageModel}
 */
export function nearside(router, { modelId = "nearside", drafts = "held", ...defaults } = {}) {
  return {
    specificationVersion: "v4",
    provider: "nearside",
    modelId,
    // The edge fetches images itself.
    supportedUrls: { "image/*": [/^https?:/] },
    doGenerate: (options) => generate(router, options, defaults),
    doStream: async (options) => {
      const { request, warnings } = checkedRequest(options, defaults);
      // JSON with a draft before it is none.
      const holds = drafts === "held" || options.responseFormat?.type === "json";
      return { stream: await stream(router, request, warnings, holds, options), request: { body: request } };
    },
  };
}

/**
 * @param {CallOptions} options
 * @param {NearsideCallOptions} defaults
 */
function checkedRequest(options, defaults) {
  try {
    return requestOf(options, defaults);
  } catch (thrown) {
    throw callError(thrown, options, undefined);
  }
}

/**
 * @param {import("./turns.js").Asked} router
 * @param {CallOptions} options
 * @param {NearsideCallOptions} defaults
 * @returns {Promise<GenerateResult>}
 */
async function generate(router, options, defaults) {
  const { request, warnings } = checkedRequest(options, defaults);
  const parts = new AnswerParts(false);
  try {
    for await (const chunk of chunksOf(router, request, options.abortSignal)) parts.add(chunk);
  } catch (thrown) {
    throw callError(thrown, options, request);
  }
  return { ...parts.result(), warnings, request: { body: request } };
}

/**
 * A stream that the SDK reads. What goes wrong before a side was chosen rejects, so that the SDK can try
 * again; what goes wrong later is a part of the stream.
 * @param {import("./turns.js").Asked} router
 * @param {import("../options.js").CompletionRequest} request
 * @param {import("@ai-sdk/provider").SharedV4Warning[]} warnings
 * @param {boolean} holds
 * @param {CallOptions} options
 * @returns {Promise<ReadableStream<StreamPart>>}
 */
async function stream(router, request, warnings, holds, options) {
  const { signal, leave } = leavable(options.abortSignal);
  const all = chunksOf(router, request, signal);
  const chunks = holds ? withoutDrafts(all) : all;
  const first = await chunks.next().catch((thrown) => {
    throw callError(thrown, options, request);
  });
  const parts = new AnswerParts(options.includeRawChunks === true);
  const waiting = /** @type {StreamPart[]} */ ([{ type: "stream-start", warnings }]);
  if (first.value) waiting.push(...parts.add(first.value));
  return new ReadableStream({
    async pull(controller) {
      try {
        while (waiting.length === 0) {
          const { done, value } = await chunks.next();
          if (done) return controller.close();
          waiting.push(...parts.add(value));
        }
        for (const part of waiting.splice(0)) controller.enqueue(part);
      } catch (thrown) {
        const error = callError(thrown, options, request);
        if (failureOf(thrown).error.code === "aborted") return controller.error(error);
        for (const part of parts.broken(error)) controller.enqueue(part);
        controller.close();
      }
    },
    cancel: leave,
  });
}

/**
 * A router's error that the SDK takes for its own `APICallError`: `APICallError.isInstance` is true of it,
 * so that the SDK tries again where that may help, and `error.code` says what happened.
 */
class CallError extends RouterError {
  /**
   * @param {import("./failures.js").Failure} failure
   * @param {unknown} request
   */
  constructor({ error, status, retryable }, request) {
    super(error.code, error.message, { cause: error });
    this.name = "AI_APICallError";
    this.url = "nearside:";
    this.requestBodyValues = request;
    this.statusCode = status;
    this.isRetryable = retryable;
    this.data = { code: error.code };
    for (const marker of ["", ".AI_APICallError"])
      Object.defineProperty(this, Symbol.for(`vercel.ai.error${marker}`), { value: true });
  }
}

/** @param {unknown} thrown @param {CallOptions} options @param {unknown} request */
function callError(thrown, { abortSignal }, request) {
  const failure = failureOf(thrown);
  if (failure.error.code === "aborted") return abortError(abortSignal);
  return new CallError(failure, request);
}
