/**
 * What an engine has to be so that the router answers with it on the device, in place of its own.
 *
 * Nothing here runs but a check. `prompt-api.js`, `web-llm.js`, `transformers.js` and `wllama.js` beside
 * this file make such an engine of the browser's own model and of three packages; an engine of yours is an
 * object like theirs, handed over as `Router.create({ deviceEngine })`. It lives in the page.
 */

import { RouterError } from "../errors.js";

/**
 * @typedef {object} DeviceEngine
 * @property {string} name which model this is: what is learned of it is kept under this name
 * @property {number} contextTokens how long a dialogue it reads, with its answer; asked for once it is loaded
 * @property {Capabilities} [capabilities] what it can do beyond answering; what is left out it cannot
 * @property {import("../types.js").Sampling} [sampling] how tokens are drawn where neither the request nor the page says; what is left out is as if the likeliest token were taken
 * @property {Patience} [patience] after what silence it is given up
 * @property {(how: LoadRequest) => Promise<void>} load makes it ready. It is called again after a failure or a pause, and where it is ready already
 * @property {(request: EngineRequest) => AsyncIterable<EnginePiece>} generate answers. One answer at a time; the last piece says why it ended. Where `request.signal` is aborted, it stops soon
 * @property {() => void | Promise<void>} [dispose] frees what it holds
 */

/**
 * @typedef {object} Capabilities
 * @property {boolean} [continuesAnswers] it goes on with an answer that has begun (`request.goesOn`). Else it is asked to in words, and what it repeats is left out
 * @property {"nothing" | "whole" | "prefix"} [keepsPrefix] what of a dialogue it does not read again in the next turn: nothing; all, where the dialogue goes on with all that it holds; or whatever both have in common
 * @property {boolean} [tokenCounts] its pieces say how many tokens they are. Else tokens are counted by the text, four bytes each
 * @property {boolean} [limitsLength] it ends an answer after `request.maxTokens`. Else it is stopped there
 * @property {boolean} [readsAhead] it can read messages without answering (`request.readsOnly`)
 */

/**
 * @typedef {object} Patience
 * @property {number} [firstMillis] until the first piece: 60 s unless told otherwise
 * @property {number} [nextMillis] from one piece to the next: 20 s unless told otherwise
 */

/**
 * @typedef {object} LoadRequest
 * @property {(share: number) => void} onProgress how much of a download is done, from 0 to 1
 * @property {AbortSignal} signal aborted where the page pauses the download
 */

/**
 * @typedef {object} EngineRequest
 * @property {{role: "system" | "user" | "assistant", content: string}[]} messages
 * @property {boolean} goesOn the last message is the assistant's, and what comes goes on with it
 * @property {boolean} readsOnly nothing is to be written: for an engine that reads ahead
 * @property {number} maxTokens
 * @property {{temperature: number, top_k: number, top_p: number, min_p: number, repetition_penalty: number}} sampling a temperature of 0 takes the likeliest token; `top_k` 0, `top_p` 1, `min_p` 0 and a penalty of 1 change nothing
 * @property {number} seed
 * @property {string[]} stop texts that end the answer; the router looks for them itself
 * @property {AbortSignal} signal
 */

/**
 * @typedef {object} EnginePiece
 * @property {string} [text]
 * @property {number} [tokens] how many tokens the text is
 * @property {number[]} [logprobs] of these tokens, the natural logarithms of their probabilities
 * @property {number} [read] the share of the prompt that was read so far, from 0 to 1
 * @property {"stop" | "length"} [finish] why the answer ends with this piece
 */

/** What the worker is told of an engine. @typedef {Pick<DeviceEngine, "name" | "contextTokens" | "capabilities" | "sampling">} EngineInfo */

/** What the worker asks. @typedef {Omit<EngineRequest, "signal">} EngineAsked */

/** Refuses what is no engine. @param {any} engine @returns {DeviceEngine} */
export function checkedEngine(engine) {
  const missing = ["load", "generate"].find((name) => typeof engine?.[name] !== "function");
  if (missing) throw notAnEngine(`it has no method \`${missing}\``);
  if (typeof engine.name !== "string" || engine.name === "") throw notAnEngine("it has no `name`");
  return engine;
}

/** What the worker may know of it. @param {DeviceEngine} engine @returns {EngineInfo} */
export function infoOf({ name, contextTokens, capabilities = {}, sampling = {} }) {
  return { name, contextTokens: Math.floor(contextTokens), capabilities, sampling };
}

/** @param {string} why */
function notAnEngine(why) {
  return new RouterError("invalid_config", `The configuration is not valid: deviceEngine is not an engine: ${why}.`);
}
