/**
 * What a page may ask for, checked and put into the core's words.
 *
 * Options are camelCase on the page and snake_case in the core. Everything
 * wrong is refused here, with the name of the option, before anything runs.
 */

import { checkedEngine } from "./engines/engine.js";
import { RouterError } from "./errors.js";
import { surroundings } from "./surroundings.js";

/** @typedef {import("./types.js").CoreConfig} CoreConfig */
/** @typedef {import("./types.js").ChatRequest} ChatRequest */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Mode} Mode */
/** @typedef {import("./messages.js").StartOptions} StartOptions */
/** @typedef {import("./engines/engine.js").DeviceEngine} DeviceEngine */

/**
 * The device's answer is judged after its first sentence, then at growing intervals, and at its end;
 * the edge takes over as soon as that is worth it.
 * @typedef {object} SecondLook
 * @property {boolean} [enabled] true unless told otherwise, where the scorer has learned it
 * @property {number | null} [theta] the fused score from which the edge takes over; null: as `theta`
 * @property {number} [margin] how far beyond `theta` a turn is sent to the edge at once, less what a draft is expected to cost
 * @property {number} [drift] how far the scorer's probability goes between the first word and the last: 0 trusts every look alike
 * @property {number} [firstTokens] the first look comes no later than after so many tokens
 * @property {number} [growth] how much longer the answer is at each look than at the one before
 * @property {boolean} [atEnd] whether the finished answer is looked at
 * @property {"held" | "shown"} [draft] whether the reader sees anything before the first look
 * @property {"replace" | "continue"} [takeover] whether the edge answers anew or goes on
 * @property {{enabled?: boolean, drift?: number, price?: number, verdicts?: boolean}} [reading] whether the edge may be shown the
 *   finished answer where it is in doubt; `verdicts`: and be asked for a yes or no where it cannot say how likely each token is
 */

/**
 * Both sides begin where the decision is too close to call, and a look at the device's answer
 * decides. It costs a call of the edge each time; never under the browser's data saver.
 * @typedef {object} BothSides
 * @property {boolean} [enabled] false unless told otherwise
 * @property {number} [margin] how near to the threshold the fused score must be
 */

/**
 * What can change while the router runs.
 * @typedef {object} Knobs
 * @property {Mode} [mode]
 * @property {string | null} [baseUrl] an OpenAI-compatible server, for example "/v1"
 * @property {string} [edgeModel] the model to name in requests to it
 * @property {string} [edgeToken] a short-lived token; never an API key
 * @property {Record<string, string>} [edgeHeaders]
 * @property {number} [edgeContext] how long a dialogue the edge reads, in tokens: what comes before is not sent; 131072 unless told otherwise
 * @property {number} [alphaPerS] what a second of waiting is worth, in right answers: 1 / alphaPerS is how many seconds a reader would wait for a right answer in place of a wrong one; 0.005 by default
 * @property {number} [theta] what a call of the edge costs, in right answers, beyond its time: the edge is asked where the fused score exceeds it; 0.5 by default
 * @property {number} [hysteresis] how much better the other side must be to switch
 * @property {SecondLook} [secondLook] judging the device's answer while it is written
 * @property {BothSides} [bothSides] letting both sides begin at once when in doubt
 * @property {boolean} [logOutcomes] keep what a person says of answers, on this device, to calibrate on
 * @property {Record<string, unknown>} [core] further knobs in the core's own words
 */

/**
 * @typedef {object} StartOnly
 * @property {string | URL | import("./types.js").Manifest | null} [manifest] model files; none: edge only
 * @property {string | null} [deviceModel] the device model by its name in a catalogue, such as "smollm2-135m-instruct", in place of the manifest's
 * @property {DeviceEngine | null} [deviceEngine] an engine of the page's own that answers on the device, in place of the manifest's device model: see engines/engine.js
 * @property {string | URL} [modelsBase] the folder that holds this catalogue (catalogue.json) and its models; "models/" unless told otherwise
 * @property {string | URL | import("./types.js").Calibration | null} [calibration] thresholds made by
 *   `cargo xtask calibrate` for these models; a URL or its content
 * @property {boolean} [device] false: do not load the device model yet
 * @property {"auto" | "memory"} [storage]
 * @property {boolean} [keepDialogue] keep the device's keys and values on this device, so that the dialogue goes on after a reload without being read again; for pages that keep its messages. They tell what was said, to whoever can read this browser's files
 * @property {string | URL} [workerUrl] the worker's script, where a bundler does not carry it along: the package's dist/worker.js
 * @property {string | URL} [moduleUrl] another build of the wasm module: its JavaScript
 * @property {string | URL} [wasmUrl] where the wasm lies: a folder (it ends in `/`) laid out as the package's dist/pkg/, or one file, which is then the build without threads
 */

/** @typedef {Knobs & StartOnly} RouterOptions */

/**
 * A message as OpenAI has it: its content is a text, or a list of parts. Pictures and files among these are for
 * the edge alone.
 * @typedef {Omit<Message, "content" | "parts"> & {content?: string | null | ContentPart[]}} RequestMessage
 * @typedef {{type: string, text?: string, [field: string]: unknown}} ContentPart
 */

/**
 * OpenAI's request. `model` is accepted and ignored: which one answers is the router's work. Where the
 * last message is the assistant's, after one of the user's, that answer is gone on with, and only what
 * is new comes: so it is with one that ended with `finish_reason: "length"`.
 * @typedef {object} CompletionRequest
 * @property {RequestMessage[]} messages
 * @property {boolean} [stream]
 * @property {string} [model]
 * @property {number} [temperature]
 * @property {number} [top_p]
 * @property {number} [top_k]
 * @property {number} [min_p]
 * @property {number} [repetition_penalty]
 * @property {number} [seed]
 * @property {number} [max_tokens]
 * @property {number} [max_completion_tokens]
 * @property {string | string[]} [stop]
 * @property {AbortSignal} [signal]
 * @property {object[]} [tools] what the model may ask for, in OpenAI's words. Only the edge can: a turn that offers tools, or whose messages hold their results, goes there
 * @property {unknown} [tool_choice]
 * @property {boolean} [parallel_tool_calls]
 * @property {Mode} [mode] for this turn alone
 * @property {unknown} [stream_options]
 * @property {unknown} [response_format] this and whatever else OpenAI's request may hold (logprobs, penalties,
 *   logit_bias, metadata, …) is passed on to the edge as it is. A turn that asks for something that the
 *   device's model does not give goes there
 */

/** What the core reads itself, or is not for the edge. */
const OWN_FIELDS = [
  ..."messages stream stream_options model signal mode stop seed n".split(" "),
  ..."temperature top_p top_k min_p repetition_penalty max_tokens max_completion_tokens".split(" "),
  ..."tools tool_choice parallel_tool_calls".split(" "),
];

export const MODES = /** @type {const} */ ([
  "auto",
  "prefer-device",
  "prefer-edge",
  "device-only",
  "edge-only",
]);

const ROLES = ["system", "user", "assistant", "tool"];

/** @param {RouterOptions} options */
export function startOptions(options) {
  const { manifest = null, calibration = null, storage = "auto" } = options;
  if (storage !== "auto" && storage !== "memory")
    throw invalid("storage", "must be auto or memory");
  const manifestUrl = isUrl(manifest);
  /** @type {StartOptions} */
  const start = {
    config: coreConfig(options),
    manifest: manifestUrl ? absolute("manifest", manifest) : manifest,
    manifestBase: manifestUrl ? absolute("manifest", manifest) : document.baseURI,
    deviceModel: modelName(options.deviceModel),
    modelsBase: absolute("modelsBase", options.modelsBase ?? "models/").replace(/\/?$/, "/"),
    moduleUrl: options.moduleUrl ? absolute("moduleUrl", options.moduleUrl) : null,
    wasmUrl: options.wasmUrl ? absolute("wasmUrl", options.wasmUrl) : null,
    calibration: isUrl(calibration) ? absolute("calibration", calibration) : calibration,
    engine: options.deviceEngine ? checkedEngine(options.deviceEngine).name : null,
    storage,
    keepDialogue: options.keepDialogue === true && storage === "auto",
    surroundings: surroundings(),
  };
  return start;
}

/** @param {string | null | undefined} name */
function modelName(name) {
  if (name == null) return null;
  if (typeof name === "string" && /^[a-z0-9][a-z0-9.-]*$/.test(name)) return name;
  throw invalid("deviceModel", "must be a name of the catalogue, such as smollm2-135m-instruct");
}

/** @param {unknown} value @returns {value is string | URL} */
function isUrl(value) {
  return typeof value === "string" || value instanceof URL;
}

/** @param {string | URL | undefined} url */
export function workerUrl(url) {
  return url ? new URL(absolute("workerUrl", url)) : null;
}

/** @param {Knobs} knobs @returns {CoreConfig} */
export function coreConfig(knobs) {
  const { mode, baseUrl, edgeModel, edgeToken, edgeHeaders, edgeContext, alphaPerS, theta, hysteresis } = knobs;
  if (mode !== undefined && !MODES.includes(mode))
    throw invalid("mode", `must be one of ${MODES.join(", ")}`);
  for (const [name, value] of Object.entries({ edgeContext, alphaPerS, theta, hysteresis })) {
    if (value !== undefined && !Number.isFinite(value)) throw invalid(name, "must be a number");
  }
  const edge = present({
    base_url: baseUrl == null ? baseUrl : absolute("baseUrl", baseUrl).replace(/\/$/, ""),
    model: edgeModel,
    token: edgeToken,
    headers: edgeHeaders,
    context_tokens: edgeContext,
  });
  const second_look = knobs.secondLook && lookConfig(knobs.secondLook);
  const both_sides = knobs.bothSides;
  const numbers = { alpha_per_s: alphaPerS, theta, hysteresis };
  const config = { mode, ...numbers, second_look, both_sides, ...knobs.core };
  return present({ ...config, edge: Object.keys(edge).length > 0 ? edge : undefined });
}

/** @param {SecondLook} look */
function lookConfig({ firstTokens, atEnd, ...others }) {
  return present({ ...others, first_tokens: firstTokens, at_end: atEnd });
}

/**
 * @param {CompletionRequest} request
 * @returns {ChatRequest}
 */
export function turnRequest(request) {
  const { messages, stop, mode } = request ?? {};
  checkMessages(messages);
  if (mode !== undefined && !MODES.includes(mode))
    throw refused("mode", `must be one of ${MODES.join(", ")}`);
  if ((/** @type {any} */ (request).n ?? 1) !== 1) throw refused("n", "must be 1: a turn has one answer");
  const maxTokens = request.max_completion_tokens ?? request.max_tokens;
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0)) {
    throw refused("max_tokens", "must be a positive integer");
  }
  return present({
    messages: messages.map(plainMessage),
    tools: toolList(request.tools),
    tool_choice: request.tool_choice ?? undefined,
    parallel_tool_calls: request.parallel_tool_calls ?? undefined,
    passed: passedOn(request),
    temperature: number(request, "temperature", 0, 2),
    top_p: number(request, "top_p", 0, 1),
    top_k: number(request, "top_k", 0, Infinity),
    min_p: number(request, "min_p", 0, 1),
    repetition_penalty: number(request, "repetition_penalty", 0, Infinity),
    seed: number(request, "seed", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    max_tokens: maxTokens,
    stop: stopList(stop),
    mode,
  });
}

/** Without what is not sent on; thinking is never sent back. @param {RequestMessage} message @returns {Message} */
function plainMessage({ role, content, tool_calls, tool_call_id }) {
  const calls = tool_calls && tool_calls.length > 0 ? tool_calls : undefined;
  const parts = Array.isArray(content) && !content.every(isText) ? content : undefined;
  const text = Array.isArray(content) ? content.filter(isText).map(({ text }) => text).join("\n") : (content ?? "");
  // Most are so, and there may be ten thousand.
  if (!calls && !parts && tool_call_id === undefined) return { role, content: text };
  return present({ role, content: text, parts, tool_calls: calls, tool_call_id });
}

/** @param {any} part of a message's content */
function isText(part) {
  return part?.type === "text" && typeof part.text === "string";
}

/** @param {CompletionRequest} request */
function passedOn(request) {
  const passed = Object.entries(request).filter(
    ([name, value]) => !OWN_FIELDS.includes(name) && value !== undefined && value !== null,
  );
  if (passed.length === 0) return undefined;
  try {
    return JSON.parse(JSON.stringify(Object.fromEntries(passed)));
  } catch (thrown) {
    throw refused(passed.map(([name]) => name).join(", "), `must be JSON (${thrown})`);
  }
}

/** @param {object[] | undefined | null} tools */
function toolList(tools) {
  if (tools === undefined || tools === null) return undefined;
  const isTool = (/** @type {unknown} */ tool) => typeof tool === "object" && tool !== null;
  if (Array.isArray(tools) && tools.every(isTool)) return tools;
  throw refused("tools", "must be a list of tools");
}

/** @param {unknown} messages @returns {asserts messages is RequestMessage[]} */
function checkMessages(messages) {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw refused("messages", "must be a list with at least one message");
  }
  messages.forEach((message, index) => {
    if (!ROLES.includes(message?.role)) {
      throw refused(`messages[${index}].role`, `must be one of ${ROLES.join(", ")}`);
    }
    const calls = message.role === "assistant" && message.tool_calls?.length > 0;
    if (typeof message.content !== "string" && !isPartList(message.content) && !(calls && message.content == null)) {
      throw refused(`messages[${index}].content`, "must be a string, or a list of parts with a type");
    }
    if (message.role === "tool" && typeof message.tool_call_id !== "string") {
      throw refused(`messages[${index}].tool_call_id`, "must be a string");
    }
  });
  const [last, before] = [messages.at(-1), messages.at(-2)];
  const begun = typeof last?.content === "string" && last.content.trim() !== "";
  const goesOn = last?.role === "assistant" && before?.role === "user" && begun;
  if (!["user", "tool"].includes(last?.role) && !goesOn) {
    throw refused("messages", "must end with a message of the user, or with the beginning of the answer to it");
  }
}

/** @param {unknown} content */
function isPartList(content) {
  const isPart = (/** @type {any} */ part) => typeof part?.type === "string";
  return Array.isArray(content) && content.length > 0 && content.every(isPart);
}

/**
 * @param {CompletionRequest} request
 * @param {"temperature" | "top_p" | "top_k" | "min_p" | "repetition_penalty" | "seed"} name
 * @param {number} low
 * @param {number} high
 */
function number(request, name, low, high) {
  const value = request[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw refused(name, `must be a number from ${low} to ${high}`);
}

/** @param {string | string[] | undefined} stop */
function stopList(stop) {
  if (stop === undefined || stop === null) return undefined;
  const list = typeof stop === "string" ? [stop] : stop;
  if (Array.isArray(list) && list.every((entry) => typeof entry === "string" && entry)) return list;
  throw refused("stop", "must be a string or a list of strings");
}

/** @param {string} name @param {unknown} url */
function absolute(name, url) {
  try {
    return new URL(String(url), document.baseURI).href;
  } catch {
    throw invalid(name, `is not a URL: ${url}`);
  }
}

/** Without the entries that are undefined. @template {object} T @param {T} record @returns {T} */
function present(record) {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return /** @type {T} */ (Object.fromEntries(entries));
}

/** @param {string} name @param {string} why */
function invalid(name, why) {
  return new RouterError("invalid_config", `The configuration is not valid: ${name} ${why}.`);
}

/** @param {string} name @param {string} why */
function refused(name, why) {
  return new RouterError("invalid_request", `The request is not valid: ${name} ${why}.`);
}
