/** assistant-ui's tools: what the model is offered of them, and running those that run in the page. */

import { asText } from "./tools.js";

/** @typedef {import("@assistant-ui/react").ChatModelRunOptions["context"]["tools"]} Tools */
/** @typedef {NonNullable<Tools>[string]} Tool */
/** @typedef {import("@assistant-ui/react").ToolCallMessagePart} CallPart */

/** The tools for a request; what runs on a server is for whoever talks to one. @param {Tools} tools */
export function offeredTools(tools) {
  const list = Object.entries(tools ?? {})
    .filter(([, tool]) => !tool.disabled && tool.type !== "backend" && tool.parameters)
    .map(([name, tool]) => ({
      type: "function",
      function: {
        name,
        ...(tool.description && { description: tool.description }),
        parameters: jsonSchema(tool.parameters),
      },
    }));
  return list.length > 0 ? list : undefined;
}

/** A JSON schema as it is, or what a Standard Schema, such as Zod's, makes of itself. @param {any} schema */
function jsonSchema(schema) {
  const standard = schema["~standard"]?.jsonSchema?.input;
  if (standard) return standard({ target: "draft-07" });
  return typeof schema.toJSONSchema === "function" ? schema.toJSONSchema() : schema;
}

/**
 * The calls with what they found. A tool without `execute` waits for a person, whose word comes by
 * assistant-ui's `addResult`.
 * @param {Tools} tools
 * @param {CallPart[]} calls
 * @param {AbortSignal} signal
 * @returns {Promise<CallPart[]>}
 */
export function withResults(tools, calls, signal) {
  return Promise.all(
    calls.map(async (call) => {
      const tool = tools && Object.hasOwn(tools, call.toolName) ? tools[call.toolName] : undefined;
      return tool?.execute ? { ...call, ...(await resultOf(tool, call, signal)) } : call;
    }),
  );
}

/**
 * @param {Tool} tool
 * @param {CallPart} call
 * @param {AbortSignal} signal
 * @returns {Promise<Partial<CallPart>>}
 */
async function resultOf(tool, { toolCallId, args }, signal) {
  const human = () => Promise.reject(new Error("A tool of the local runtime cannot ask a person."));
  try {
    const input = await checked(tool.parameters, args);
    return asResult(await tool.execute?.(input, { toolCallId, abortSignal: signal, human }));
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { result: `Error: ${message}`, isError: true };
  }
}

/** What a Standard Schema makes of the input; a JSON schema is for the model alone. @param {any} schema @param {unknown} input */
async function checked(schema, input) {
  const validated = await schema?.["~standard"]?.validate(input);
  if (!validated) return input;
  if (validated.issues) throw new Error(`The input does not fit: ${JSON.stringify(validated.issues)}`);
  return validated.value;
}

/** A plain value, or assistant-ui's `ToolResponse`. @param {any} value @returns {Partial<CallPart>} */
function asResult(value) {
  if (typeof value !== "object" || value === null || !(Symbol.for("aui.tool-response") in value))
    return { result: value ?? "<no result>", isError: false };
  const { result, isError, artifact, modelContent } = value;
  return { result, isError, ...(artifact && { artifact }), ...(modelContent && { modelContent }) };
}

/** What the model is told that a call found. @param {CallPart} call */
export function toldResult({ result, modelContent }) {
  const texts = modelContent?.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts ? texts.join("\n") : asText(result ?? "No result.");
}
