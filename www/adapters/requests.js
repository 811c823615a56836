/**
 * What of an OpenAI request the router hands on. Whatever it does not would be dropped in silence, so
 * adapters refuse it, or warn.
 */

/** Fields of OpenAI's chat completions that reach neither side, and change what an answer is. */
export const NOT_HANDED_ON = /** @type {const} */ ([
  "audio",
  "frequency_penalty",
  "function_call",
  "functions",
  "logit_bias",
  "logprobs",
  "modalities",
  "prediction",
  "presence_penalty",
  "reasoning_effort",
  "response_format",
  "top_logprobs",
  "verbosity",
  "web_search_options",
]);

/** Values that ask for nothing. @type {Record<string, (value: any) => boolean>} */
const ASKS_NOTHING = {
  frequency_penalty: (value) => value === 0,
  logit_bias: (value) => Object.keys(value).length === 0,
  logprobs: (value) => value === false,
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === "text",
  n: (value) => value === 1,
  presence_penalty: (value) => value === 0,
  response_format: (value) => value?.type === "text",
};

/** The fields of a request that would be dropped. @param {Record<string, any>} request @returns {string[]} */
export function notHandedOn(request) {
  return [...NOT_HANDED_ON, "n"].filter((name) => {
    const value = request[name];
    return value !== undefined && value !== null && !ASKS_NOTHING[name]?.(value);
  });
}
