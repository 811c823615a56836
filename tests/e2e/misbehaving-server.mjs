/**
 * Bodies as real servers send them, and some that no server should, for an edge that a test plays.
 *
 *     site.route("/v1/chat/completions", answersWith(bodies.vllm));
 */

/** @typedef {import("./test-site.mjs").Handler} Handler */

/**
 * What is sent: pieces, each after a pause, and how it ends.
 * @typedef {{type?: string, pieces: (string | Uint8Array)[], ends?: "closes" | "hangs" | "breaks",
 *   pauseMillis?: number}} Body
 */

const PAUSE_MILLIS = 5;

/** @param {unknown} data */
export function event(data) {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

/** @param {object} delta @param {string | null} [finish_reason] */
export function chunk(delta, finish_reason = null) {
  const choices = [{ index: 0, delta, finish_reason }];
  return event({ object: "chat.completion.chunk", choices });
}

/** @param {string} content */
export const text = (content) => chunk({ content });
export const stop = chunk({}, "stop");
export const done = event("[DONE]");

/** Answers every request with this body. @param {Body} body @returns {Handler} */
export function answersWith({ type = "text/event-stream", pieces, ends = "closes", pauseMillis = PAUSE_MILLIS }) {
  return async (_, response) => {
    response.writeHead(200, { "content-type": type });
    response.flushHeaders();
    for (const piece of pieces) {
      await new Promise((resolve) => setTimeout(resolve, pauseMillis));
      if (response.destroyed) return;
      response.write(piece);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMillis));
    if (ends === "closes") response.end();
    if (ends === "breaks") response.destroy();
  };
}

/** The same bytes, one by one. @param {string} body */
export function byteByByte(body) {
  return [...new TextEncoder().encode(body)].map((byte) => Uint8Array.of(byte));
}
