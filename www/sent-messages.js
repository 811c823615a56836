/**
 * What the worker holds of a dialogue, so that a turn sends it only what is new: a dialogue grows at
 * its end, and copying ten thousand messages to another thread takes longer than a turn may.
 */

/** @typedef {import("./types.js").Message} Message */

export class SentMessages {
  /** @type {Message[]} */
  #sent = [];

  /**
   * What has to be sent so that the worker holds `messages`: the first `kept` it has, the others follow.
   * @param {Message[]} messages
   * @returns {{kept: number, messages: Message[]}}
   */
  send(messages) {
    const most = Math.min(this.#sent.length, messages.length);
    let kept = 0;
    while (kept < most && same(this.#sent[kept], messages[kept])) kept++;
    const rest = messages.slice(kept);
    this.#sent.length = kept;
    for (const message of rest) this.#sent.push(message);
    return { kept, messages: rest };
  }

  /** The worker may hold something else now: the next turn sends all. */
  forget() {
    this.#sent = [];
  }
}

/** @param {Message} a @param {Message} b */
function same(a, b) {
  return (
    a.content === b.content &&
    a.role === b.role &&
    a.tool_call_id === b.tool_call_id &&
    // Calls and pictures are few.
    (a.tool_calls === b.tool_calls || JSON.stringify(a.tool_calls) === JSON.stringify(b.tool_calls)) &&
    (a.parts === b.parts || JSON.stringify(a.parts) === JSON.stringify(b.parts))
  );
}
