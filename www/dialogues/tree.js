/**
 * A dialogue as a tree. An answer that was asked for again, or a question put in other words, stands beside
 * what was there before; what is shown and sent is one path through the tree.
 *
 * Ids are unique everywhere, so that what two pages add to one dialogue comes together as branches of it.
 */

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Route} Route */

/**
 * One message of a dialogue.
 * @typedef {object} Told
 * @property {string} id
 * @property {string | null} parent the message that it follows; null where it begins the dialogue
 * @property {"user" | "assistant"} role
 * @property {string} content
 * @property {number} at when, in milliseconds; no message is older than its parent
 * @property {Route} [route] who answered
 * @property {string} [ended] how the answer ended, as a turn's `finish_reason`; "page" where the page went away in it
 */

let latest = 0;

/** Now, and later than any time given before. */
function moment() {
  latest = Math.max(Date.now(), latest + 1);
  return latest;
}

export function newId() {
  const chance = crypto.getRandomValues(new Uint32Array(2));
  return Date.now().toString(36) + Array.from(chance, (n) => n.toString(36).padStart(7, "0")).join("");
}

export class DialogueTree {
  /** @type {Map<string, Told>} */
  #messages = new Map();
  /** What follows each message, the oldest first. @type {Map<string | null, Told[]>} */
  #following = new Map();
  /** @type {Told[]} */
  #path = [];
  /** Which of several was last looked at. @type {Map<string | null, Told>} */
  #chosen = new Map();
  /** @type {Set<Told>} */
  #changed = new Set();

  /** @param {Told[]} [messages] in any order @param {string | null} [end] the last one of the path */
  constructor(messages = [], end = null) {
    for (const message of [...messages].sort((a, b) => a.at - b.at)) this.#put(message);
    const last = end === null ? undefined : this.#messages.get(end);
    if (last) this.go(last);
    else this.#descend();
  }

  /** @param {Message[]} messages one after the other */
  static of(messages) {
    const tree = new DialogueTree();
    for (const { role, content } of messages) {
      if (role === "user" || role === "assistant") tree.add(tree.next(role, content));
    }
    return tree;
  }

  /** What is shown and sent, in order. @returns {readonly Told[]} */
  get path() {
    return this.#path;
  }

  get last() {
    return this.#path.at(-1) ?? null;
  }

  get size() {
    return this.#messages.size;
  }

  /** Every message, on the path or not. */
  get all() {
    return [...this.#messages.values()];
  }

  /** A message that would go on with the path. @param {Told["role"]} role @param {string} content @returns {Told} */
  next(role, content) {
    return { id: newId(), parent: this.last?.id ?? null, role, content, at: moment() };
  }

  /** Puts a message where it belongs, and the path ends with it. @param {Told} message */
  add(message) {
    this.#put(message);
    this.#changed.add(message);
    if ((this.last?.id ?? null) !== message.parent) return this.go(message);
    this.#path = [...this.#path, message];
    this.#chosen.set(message.parent, message);
  }

  /** A message of the tree says something else now. @param {Told} message @param {Partial<Told>} change */
  change(message, change) {
    Object.assign(message, change);
    this.#changed.add(message);
  }

  /** What stands beside a message, itself among them. @param {Told} message @returns {readonly Told[]} */
  beside(message) {
    return this.#following.get(message.parent) ?? [message];
  }

  /** The path goes through a message, and on from there as it did before. @param {Told} message */
  go(message) {
    this.endWith(message);
    this.#descend();
  }

  /** The path ends with a message; null: before the first one. @param {Told | null} message */
  endWith(message) {
    const path = [];
    for (let at = message; at; at = at.parent === null ? null : (this.#messages.get(at.parent) ?? null)) {
      this.#chosen.set(at.parent, at);
      path.push(at);
    }
    this.#path = path.reverse();
  }

  /** The path ends before a message. @param {Told} message */
  endBefore(message) {
    this.endWith((message.parent && this.#messages.get(message.parent)) || null);
  }

  /** All of it is new to whoever asks next. */
  renew() {
    this.#changed = new Set(this.#messages.values());
  }

  /** What is new or says something else since this was asked last. */
  takeChanged() {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** @param {Told} message */
  #put(message) {
    if (this.#messages.has(message.id)) return;
    // What has lost its beginning begins the dialogue itself.
    if (message.parent !== null && !this.#messages.has(message.parent)) message.parent = null;
    this.#messages.set(message.id, message);
    const beside = this.#following.get(message.parent);
    if (beside) beside.push(message);
    else this.#following.set(message.parent, [message]);
    latest = Math.max(latest, message.at);
  }

  #descend() {
    const path = [...this.#path];
    for (;;) {
      const end = path.at(-1)?.id ?? null;
      const next = this.#chosen.get(end) ?? this.#following.get(end)?.at(-1);
      if (!next) break;
      path.push(next);
    }
    this.#path = path;
  }
}
