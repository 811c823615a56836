/** Dialogues as files: Markdown to read, JSON to read back. */

import { DialogueTree } from "./tree.js";

/** @typedef {import("./store.js").Dialogue} Dialogue */
/** @typedef {import("./tree.js").Told} Told */
/** @typedef {import("../words/words.js").Words} Words */
/** @typedef {{dialogue: Dialogue, messages: Told[]}} Whole */

const FORMAT = "nearside-dialogues";
const VERSION = 1;

/** Every branch. @param {Whole[]} all */
export function asJson(all) {
  const dialogues = all.map(({ dialogue: { id, title, named, at, changed, end }, messages }) => ({ id, title, named, at, changed, end, messages }));
  return JSON.stringify({ format: FORMAT, version: VERSION, dialogues }, null, 1);
}

/** The path that is shown. @param {Whole[]} all @param {Words} words */
export function asMarkdown(all, words) {
  const when = new Intl.DateTimeFormat(words.language, { dateStyle: "long", timeStyle: "short" });
  const pieces = all.map(({ dialogue, messages }) => {
    const told = new DialogueTree(messages, dialogue.end).path;
    const said = told.map(({ role, content }) => `**${words.say(role === "user" ? "you" : "answer")}**\n\n${content}`);
    return [`# ${dialogue.title}`, `*${when.format(dialogue.at)}*`, ...said].join("\n\n");
  });
  return `${pieces.join("\n\n---\n\n")}\n`;
}

/** What such a file holds; null where it is none. @param {string} text @returns {Whole[] | null} */
export function fromJson(text) {
  try {
    const file = JSON.parse(text);
    if (file?.format !== FORMAT || file.version !== VERSION || !Array.isArray(file.dialogues)) return null;
    return file.dialogues.map(whole);
  } catch {
    return null;
  }
}

/** Throws where anything is not as it should be. @param {any} kept @returns {Whole} */
function whole(kept) {
  const { id, title, at, changed, end = null } = kept;
  const messages = kept.messages.map(told);
  const times = new Map(messages.map((/** @type {Told} */ message) => [message.id, message.at]));
  // No message is older than its parent: so none is its own ancestor.
  const sound = messages.every((/** @type {Told} */ { parent, at }) => parent === null || (times.get(parent) ?? Infinity) < at);
  if (!isName(id) || !isText(title) || !isTime(at) || !isTime(changed) || messages.length === 0 || !sound) throw new TypeError("no dialogue");
  return { dialogue: { id, title, named: kept.named === true, at, changed, end: times.has(end) ? end : null }, messages };
}

/** @param {any} kept @returns {Told} */
function told({ id, parent, role, content, at, route, ended }) {
  const sound = isName(id) && (parent === null || isName(parent)) && ["user", "assistant"].includes(role) && isText(content) && isTime(at);
  if (!sound) throw new TypeError("no message");
  return {
    id, parent, role, content, at,
    ...(["device", "edge"].includes(route) ? { route } : {}),
    ...(isName(ended) ? { ended } : {}),
  };
}

/** @param {unknown} value */
const isName = (value) => typeof value === "string" && /^[\w-]{1,64}$/.test(value);
/** @param {unknown} value */
const isText = (value) => typeof value === "string";
/** @param {unknown} value */
const isTime = (value) => typeof value === "number" && value >= 0 && value < 8.64e15;

/** Hands a file to the person. @param {string} name @param {string} text @param {string} type */
export function save(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A file's name for a title. @param {string} title @param {"md" | "json"} ending */
export function fileName(title, ending) {
  const stem = title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return `${[...stem].slice(0, 40).join("") || "dialogue"}.${ending}`;
}
