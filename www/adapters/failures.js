/** The router's errors in the terms of HTTP, for libraries that think in them. */

import { RouterError } from "../errors.js";

/** What is not in here is the router's own fault: 500. @type {Record<string, number>} */
const STATUSES = {
  invalid_request: 400,
  invalid_config: 400,
  needs_edge: 400,
  tools_need_edge: 400,
  prompt_too_long: 400,
  edge_rejected: 400,
  edge_unauthorized: 401,
  busy: 409,
  disposed: 410,
  edge_rate_limited: 429,
  aborted: 499,
  both_failed: 502,
  edge_broke_off: 502,
  edge_empty: 502,
  edge_failed: 502,
  edge_protocol: 502,
  edge_tool_call: 502,
  edge_unreachable: 502,
  device_not_ready: 503,
  edge_timeout: 504,
};

/** What may work a moment later, though nothing has changed. */
const PASSING = new Set([
  "busy",
  "both_failed",
  "core_crashed",
  "device_not_ready",
  "edge_broke_off",
  "edge_failed",
  "edge_rate_limited",
  "edge_timeout",
  "edge_unreachable",
]);

/**
 * @typedef {object} Failure
 * @property {RouterError} error
 * @property {number} status
 * @property {boolean} retryable
 */

/** @param {unknown} thrown @returns {Failure} */
export function failureOf(thrown) {
  const error = RouterError.from(thrown, "worker_failed");
  return { error, status: STATUSES[error.code] ?? 500, retryable: PASSING.has(error.code) };
}

/**
 * What a stopped turn is for libraries that follow `fetch`: the signal's own reason, or an `AbortError`.
 * @param {AbortSignal | null} [signal]
 */
export function abortError(signal) {
  return signal?.aborted ? signal.reason : new DOMException("The turn was stopped.", "AbortError");
}
