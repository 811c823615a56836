/**
 * A call of the AI SDK in OpenAI's words: its prompt, tools and settings, and warnings about what has no
 * place in them.
 */

import { cannotBeSent, contentOf, textPart, urlPart } from "./parts.js";
import { asText } from "./tools.js";

/** @typedef {import("@ai-sdk/provider").LanguageModelV4CallOptions} CallOptions */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4Message} PromptMessage */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4FilePart} FilePart */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4ToolResultPart} ToolResultPart */
/** @typedef {import("@ai-sdk/provider").SharedV4Warning} Warning */
/** @typedef {import("../options.js").CompletionRequest} CompletionRequest */
/** @typedef {import("../options.js").RequestMessage} RequestMessage */

/**
 * What `providerOptions.nearside` may say of a call.
 * @typedef {object} NearsideCallOptions
 * @property {import("../types.js").Mode} [mode] for this turn alone
 * @property {number} [minP]
 * @property {number} [repetitionPenalty]
 * @property {boolean} [parallelToolCalls]
 * @property {Record<string, unknown>} [request] whatever else an OpenAI request may hold, such as `logprobs`: it is
 *   passed on to the edge as it is
 */

/**
 * @param {CallOptions} options
 * @param {NearsideCallOptions} defaults
 * @returns {{request: CompletionRequest, warnings: Warning[]}}
 */
export function requestOf(options, defaults) {
  /** @type {Warning[]} */
  const warnings = [];
  const own = /** @type {NearsideCallOptions} */ ({ ...defaults, ...options.providerOptions?.nearside });
  const request = /** @type {CompletionRequest} */ ({
    messages: options.prompt.flatMap((message) => messagesOf(message, warnings)),
    max_tokens: options.maxOutputTokens,
    temperature: options.temperature,
    top_p: options.topP,
    top_k: options.topK,
    min_p: own.minP,
    repetition_penalty: own.repetitionPenalty,
    seed: options.seed,
    stop: options.stopSequences?.length ? options.stopSequences : undefined,
    mode: own.mode,
    ...toolsOf(options, warnings),
    parallel_tool_calls: own.parallelToolCalls,
    ...passedOn(options),
    ...own.request,
  });
  return { request, warnings };
}

/** What is the edge's alone. @param {CallOptions} options */
function passedOn({ frequencyPenalty, presencePenalty, responseFormat, reasoning }) {
  return {
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    response_format: formatOf(responseFormat),
    reasoning_effort: effortOf(reasoning),
  };
}

/** @param {CallOptions["responseFormat"]} format */
function formatOf(format) {
  if (format?.type !== "json") return undefined;
  const { schema, name = "answer", description } = format;
  if (!schema) return { type: "json_object" };
  return { type: "json_schema", json_schema: { name, ...(description && { description }), schema, strict: true } };
}

/** OpenAI knows no more than this. @param {CallOptions["reasoning"]} reasoning */
function effortOf(reasoning) {
  if (reasoning === "provider-default") return undefined;
  return reasoning === "max" ? "xhigh" : reasoning;
}

/**
 * @param {CallOptions} options
 * @param {Warning[]} warnings
 */
function toolsOf({ tools, toolChoice }, warnings) {
  const offered = (tools ?? []).flatMap((tool) => {
    if (tool.type === "function") return [functionTool(tool)];
    warnings.push({ type: "unsupported", feature: `provider-defined tool ${tool.id}` });
    return [];
  });
  if (offered.length === 0) return {};
  return { tools: offered, tool_choice: choiceOf(toolChoice) };
}

/** @param {import("@ai-sdk/provider").LanguageModelV4FunctionTool} tool */
function functionTool({ name, description, inputSchema, strict }) {
  const described = { name, description, parameters: inputSchema, strict };
  return { type: "function", function: JSON.parse(JSON.stringify(described)) };
}

/** @param {import("@ai-sdk/provider").LanguageModelV4ToolChoice | undefined} choice */
function choiceOf(choice) {
  if (choice?.type === "tool") return { type: "function", function: { name: choice.toolName } };
  return choice?.type;
}

/**
 * @param {PromptMessage} message
 * @param {Warning[]} warnings
 * @returns {RequestMessage[]}
 */
function messagesOf(message, warnings) {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user":
      return [{ role: "user", content: userContent(message.content) }];
    case "assistant":
      return assistantMessages(message.content, warnings);
    case "tool":
      return message.content.flatMap((part) => (part.type === "tool-result" ? [toolMessage(part)] : []));
  }
}

/** @param {Extract<PromptMessage, {role: "user"}>["content"]} parts */
function userContent(parts) {
  return contentOf(parts.map((part) => (part.type === "text" ? textPart(part.text) : filePart(part))));
}

/** @param {FilePart} part @returns {import("./parts.js").ContentPart} */
function filePart({ data, mediaType, filename }) {
  if (data.type === "text") return textPart(data.text);
  if (data.type === "reference") throw cannotBeSent(mediaType);
  if (data.type === "url") {
    if (mediaType.startsWith("image/")) return urlPart(mediaType, String(data.url), filename);
    throw cannotBeSent(mediaType);
  }
  if (mediaType.startsWith("text/")) return textPart(new TextDecoder().decode(bytesOf(data.data)));
  return urlPart(mediaType, dataUrl(mediaType, data.data), filename);
}

/** @param {string} mediaType @param {Uint8Array | string} data */
function dataUrl(mediaType, data) {
  const type = mediaType === "image/*" ? "image/png" : mediaType;
  if (typeof data === "string") return `data:${type};base64,${data}`;
  return `data:${type};base64,${btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))}`;
}

/** @param {Uint8Array | string} data base64 if it is a string */
function bytesOf(data) {
  return typeof data === "string" ? Uint8Array.from(atob(data), (c) => c.charCodeAt(0)) : data;
}

/**
 * Thinking is never sent back, nor is text that was set aside.
 * @param {Extract<PromptMessage, {role: "assistant"}>["content"]} parts
 * @param {Warning[]} warnings
 * @returns {import("../types.js").Message[]}
 */
function assistantMessages(parts, warnings) {
  let content = "";
  /** @type {import("../types.js").ToolCall[]} */
  const calls = [];
  for (const part of parts) {
    if (part.type === "text" && !part.providerOptions?.nearside?.setAside) content += part.text;
    if (part.type === "tool-call") calls.push(toolCall(part));
    if (part.type === "file") warnings.push({ type: "unsupported", feature: "files in answers" });
  }
  const tool_calls = calls.length > 0 ? calls : undefined;
  return [{ role: "assistant", content, ...(tool_calls && { tool_calls }) }];
}

/** @param {import("@ai-sdk/provider").LanguageModelV4ToolCallPart} part @returns {import("../types.js").ToolCall} */
function toolCall({ toolCallId, toolName, input }) {
  const text = typeof input === "string" ? input : JSON.stringify(input ?? {});
  return { id: toolCallId, type: "function", function: { name: toolName, arguments: text } };
}

/** @param {ToolResultPart} part @returns {import("../types.js").Message} */
function toolMessage({ toolCallId, output }) {
  return { role: "tool", tool_call_id: toolCallId, content: outputText(output) };
}

/** @param {ToolResultPart["output"]} output */
function outputText(output) {
  if (output.type === "execution-denied") return output.reason ?? "The user did not allow this call.";
  if (output.type !== "content") return asText(output.value);
  const texts = output.value.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === output.value.length ? texts.join("\n") : asText(output.value);
}
