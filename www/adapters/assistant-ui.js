/**
 * The router as a model for assistant-ui's local runtime:
 *
 *     const runtime = useLocalRuntime(chatModel(router));
 *
 * Tools registered with assistant-ui are offered to the model and run here; assistant-ui then asks again.
 */

import { Answer } from "./answer.js";
import { offeredTools, toldResult, withResults } from "./assistant-ui-tools.js";
import { abortError, failureOf } from "./failures.js";
import { cannotBeSent, contentOf, textPart, urlPart } from "./parts.js";
import { chunksOf } from "./turns.js";

/** @typedef {import("@assistant-ui/react").ChatModelAdapter} ChatModelAdapter */
/** @typedef {import("@assistant-ui/react").ChatModelRunResult} RunResult */
/** @typedef {import("@assistant-ui/react").ChatModelRunOptions} RunOptions */
/** @typedef {import("@assistant-ui/react").ThreadMessage} ThreadMessage */
/** @typedef {import("@assistant-ui/react").ThreadAssistantMessagePart} AssistantPart */
/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../options.js").RequestMessage} RequestMessage */

/**
 * @typedef {object} ChatModelOptions
 * @property {string} [system] what the model is told first, before what assistant-ui itself has to say
 * @property {Omit<import("../options.js").CompletionRequest, "messages" | "stream" | "tools">} [request]
 *   settings of every turn, such as `temperature` or `mode`
 */

/**
 * @param {import("./turns.js").Asked} router
 * @param {ChatModelOptions} [options]
 * @returns {ChatModelAdapter}
 */
export function chatModel(router, options = {}) {
  return { run: (run) => answer(router, run, options) };
}

/**
 * @param {import("./turns.js").Asked} router
 * @param {RunOptions} run
 * @param {ChatModelOptions} options
 * @returns {AsyncGenerator<RunResult, void>}
 */
async function* answer(router, run, options) {
  const answer = new Answer();
  try {
    for await (const chunk of chunksOf(router, requestOf(run, options), run.abortSignal)) {
      if (answer.add(chunk)) yield resultOf(answer, answer.toolCalls.map(callPart));
    }
    if (answer.toolCalls.length === 0) return;
    const calls = answer.toolCalls.map(callPart);
    yield resultOf(answer, await withResults(run.context.tools, calls, run.abortSignal));
  } catch (thrown) {
    const { error } = failureOf(thrown);
    throw error.code === "aborted" ? abortError(run.abortSignal) : error;
  }
}

/** @param {RunOptions} run @param {ChatModelOptions} options */
function requestOf(run, { system, request }) {
  const { context, messages } = run;
  const told = [system, context.system].filter(Boolean).join("\n\n");
  const begun = run.unstable_getMessage();
  const all = [...messages, ...(begun.content.length > 0 ? [begun] : [])];
  return {
    ...settings(context.callSettings),
    ...request,
    messages: [
      ...(told ? [{ role: /** @type {const} */ ("system"), content: told }] : []),
      ...all.flatMap(messagesOf),
    ],
    tools: offeredTools(context.tools),
  };
}

/** @param {RunOptions["context"]["callSettings"]} [settings] */
function settings({ maxTokens, temperature, topP, presencePenalty, frequencyPenalty, seed } = {}) {
  const penalties = { presence_penalty: presencePenalty, frequency_penalty: frequencyPenalty };
  return { max_tokens: maxTokens, temperature, top_p: topP, seed, ...penalties };
}

/** @param {ThreadMessage} message @returns {RequestMessage[]} */
function messagesOf(message) {
  if (message.role === "assistant") return assistantMessages(message.content);
  const attached = message.role === "user" ? message.attachments.flatMap(({ content }) => content) : [];
  return [{ role: message.role, content: contentOf([...message.content, ...attached].map(partOf)) }];
}

/** @param {Extract<ThreadMessage, {role: "user"}>["content"][number]} part */
function partOf(part) {
  switch (part.type) {
    case "text":
      return textPart(part.text);
    case "image":
      return { type: "image_url", image_url: { url: part.image } };
    case "file":
      return urlPart(part.mimeType, asUrl(part.data, part.mimeType), part.filename);
    case "audio":
      return { type: "input_audio", input_audio: part.audio };
    default:
      throw cannotBeSent(part.type);
  }
}

/** @param {string} data an address, or base64 @param {string} mimeType */
function asUrl(data, mimeType) {
  return /^(data|https?):/.test(data) ? data : `data:${mimeType};base64,${data}`;
}

/**
 * One message of assistant-ui's may be several rounds: what was said, what was asked of tools, what these
 * found, and what was said then.
 * @param {readonly AssistantPart[]} parts
 * @returns {Message[]}
 */
function assistantMessages(parts) {
  /** @type {Message[]} */
  const messages = [];
  /** @type {Message[]} */
  let results = [];
  let current = /** @type {Message | null} */ (null);
  for (const part of parts) {
    if (part.type !== "text" && part.type !== "tool-call") continue;
    if (part.type === "text" && results.length > 0) {
      messages.push(...results);
      [current, results] = [null, []];
    }
    if (!current) messages.push((current = { role: "assistant", content: "" }));
    if (part.type === "text") {
      current.content += part.text;
      continue;
    }
    const { toolCallId: id, toolName: name, argsText } = part;
    const call = { id, type: /** @type {const} */ ("function"), function: { name, arguments: argsText } };
    current.tool_calls = [...(current.tool_calls ?? []), call];
    results.push({ role: "tool", tool_call_id: id, content: toldResult(part) });
  }
  return [...messages, ...results];
}

/** @param {Answer} answer @param {import("@assistant-ui/react").ToolCallMessagePart[]} calls @returns {RunResult} */
function resultOf({ text, thinking, note, sentence, route, draft, report }, calls) {
  /** @type {AssistantPart[]} */
  const content = [];
  if (thinking) content.push({ type: "reasoning", text: thinking });
  if (text) content.push({ type: "text", text });
  content.push(...calls);
  const custom = { nearside: { route, reason: note?.reason, sentence, draft, report } };
  if (!report) return { content, metadata: { custom } };
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = report.usage;
  const steps = [{ usage: { inputTokens, outputTokens } }];
  return { content, status: statusOf(report), metadata: { custom, steps } };
}

/** @param {import("../types.js").ToolCall} call @returns {import("@assistant-ui/react").ToolCallMessagePart} */
function callPart({ id, function: { name, arguments: argsText } }) {
  return { type: "tool-call", toolCallId: id, toolName: name, args: parsed(argsText), argsText };
}

/** Nothing until all of it is there. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** @param {import("../types.js").TurnReport} report @returns {NonNullable<RunResult["status"]>} */
function statusOf({ finish_reason }) {
  switch (finish_reason) {
    case "tool_calls":
      return { type: "requires-action", reason: "tool-calls" };
    case "length":
      return { type: "incomplete", reason: "length" };
    case "content_filter":
      return { type: "incomplete", reason: "content-filter" };
    default:
      return { type: "complete", reason: "stop" };
  }
}
