/**
 * Tools that a page runs itself, for libraries that have no notion of them: what the model is offered, and
 * what comes of its calls.
 */

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").ToolCall} ToolCall */

/**
 * `parameters` is a JSON schema; what `run` gives, awaited, is told to the model, as it is if it is a
 * string and else as JSON.
 * @typedef {object} Tool
 * @property {string} [description]
 * @property {object} parameters
 * @property {(input: any, options: {signal: AbortSignal | undefined}) => unknown} run
 */

/** By their names. @typedef {Record<string, Tool>} Tools */

/** A model that asks for tools again and again is given up on after so many rounds. */
export const MAX_ROUNDS = 8;

/** The tools as a request names them. @param {Tools | undefined} tools */
export function offered(tools) {
  const list = Object.entries(tools ?? {}).map(([name, { description, parameters }]) => ({
    type: "function",
    function: { name, ...(description !== undefined && { description }), parameters },
  }));
  return list.length > 0 ? list : undefined;
}

/**
 * Runs what the model asks for, all at once. A tool that throws tells the model so.
 * @param {Tools} tools
 * @param {ToolCall[]} calls
 * @param {AbortSignal} [signal]
 * @returns {Promise<Message[]>} what they found, as the messages that the next request ends with
 */
export function runCalls(tools, calls, signal) {
  return Promise.all(
    calls.map(async (call) => ({
      role: /** @type {const} */ ("tool"),
      tool_call_id: call.id,
      content: await found(tools, call, signal),
    })),
  );
}

/** @param {Tools} tools @param {ToolCall} call @param {AbortSignal} [signal] */
async function found(tools, { function: { name, arguments: input } }, signal) {
  try {
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
    if (!tool) return `Error: there is no tool named ${name}.`;
    return asText(await tool.run(JSON.parse(input || "{}"), { signal }));
  } catch (thrown) {
    return `Error: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

/** What a tool found, in words for the model. @param {unknown} value */
export function asText(value) {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "done");
}
