/**
 * A call of the AI SDK in OpenAI's words: its prompt, tools and settings, and warnings about what the
 * router does not hand on.
 */

import { RouterError } from "../errors.js";
import { asText } from "./tools.js";

/** @typedef {import("@ai-sdk/provider").LanguageModelV4CallOptions} CallOptions */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4Message} PromptMessage */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4FilePart} FilePart */
/** @typedef {import("@ai-sdk/provider").LanguageModelV4ToolResultPart} ToolResultPart */
/** @typedef {import("@ai-sdk/provider").SharedV4Warning} Warning */
/** @typedef {import("../options.js").CompletionRequest} CompletionRequest */

/**
 * What `providerOptions.nearside` may say of a call.
 * @typedef {object} NearsideCallOptions
 * @property {import("../types.js").Mode} [mode] for this turn alone
 * @property {number} [minP]
 * @property {number} [repetitionPenalty]
 * @property {boolean} [parallelToolCalls]
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
  });
  warnings.push(...dropped(options));
  return { request, warnings };
}

/** What was asked for and reaches neither side. @param {CallOptions} options @returns {Warning[]} */
function dropped({ frequencyPenalty, presencePenalty, responseFormat, reasoning }) {
  const features = Object.entries({
    frequencyPenalty,
    presencePenalty,
    responseFormat: responseFormat?.type === "json" ? responseFormat : undefined,
    reasoning: reasoning === "provider-default" ? undefined : reasoning,
  });
  return features
    .filter(([, value]) => value !== undefined)
    .map(([feature]) => ({ type: "unsupported", feature }));
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
 * @returns {import("../types.js").Message[]}
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

/**
 * Plain text where it is no more than that; what is more keeps OpenAI's parts, and is for the core to take
 * or to refuse.
 * @param {Extract<PromptMessage, {role: "user"}>["content"]} parts
 * @returns {string}
 */
function userContent(parts) {
  const content = parts.map((part) =>
    part.type === "text" ? { type: "text", text: part.text } : filePart(part),
  );
  const texts = content.flatMap((part) => ("text" in part ? [part.text] : []));
  return texts.length === content.length ? texts.join("\n") : /** @type {any} */ (content);
}

/** @param {FilePart} part */
function filePart({ data, mediaType, filename }) {
  if (data.type === "text") return { type: "text", text: data.text };
  if (mediaType.startsWith("text/") && data.type === "data") {
    return { type: "text", text: new TextDecoder().decode(bytesOf(data.data)) };
  }
  if (mediaType.startsWith("image/") && data.type !== "reference") {
    const url = data.type === "url" ? String(data.url) : dataUrl(mediaType, data.data);
    return { type: "image_url", image_url: { url } };
  }
  if (mediaType === "application/pdf" && data.type === "data") {
    const file = { filename: filename ?? "file.pdf", file_data: dataUrl(mediaType, data.data) };
    return { type: "file", file };
  }
  throw new RouterError(
    "invalid_request",
    `The request is not valid: a file of the type ${mediaType} cannot be sent. Send text or an image.`,
  );
}

/** @param {string} mediaType @param {Uint8Array | string} data */
function dataUrl(mediaType, data) {
  const type = mediaType === "image/*" ? "image/png" : mediaType;
  const base64 = typeof data === "string" ? data : btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
  return `data:${type};base64,${base64}`;
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
