/** Looks for words in what was said: without regard to case or marks, and with a piece of what was found. */

/** @typedef {import("./desk.js").Listed} Listed */
/** @typedef {import("./tree.js").Told} Told */

const BEFORE = 24;
const AFTER = 60;

/**
 * @param {Listed[]} dialogues
 * @param {string} query
 * @param {(id: string) => Promise<Told[]>} messagesOf
 * @param {AbortSignal} signal another search has begun
 * @returns {Promise<(Listed & {piece: string | null})[]>}
 */
export async function search(dialogues, query, messagesOf, signal) {
  const wanted = plain(query.trim());
  const found = [];
  for (const dialogue of dialogues) {
    if (signal.aborted) return [];
    const messages = await messagesOf(dialogue.id);
    const message = messages.find(({ content }) => plain(content).includes(wanted));
    if (message) found.push({ ...dialogue, piece: pieceOf(message.content, wanted) });
    else if (plain(dialogue.title).includes(wanted)) found.push({ ...dialogue, piece: null });
  }
  return found;
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** @param {string} content @param {string} wanted */
function pieceOf(content, wanted) {
  const line = content.replace(/\s+/g, " ");
  // Where marks were left out the place may be off by a few letters, which does not matter here.
  const at = Math.max(0, plain(line).indexOf(wanted));
  const from = Math.max(0, at - BEFORE);
  const piece = line.slice(from, at + wanted.length + AFTER);
  return `${from > 0 ? "…" : ""}${piece}${from + piece.length < line.length ? "…" : ""}`;
}
