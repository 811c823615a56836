/**
 * What versions kept that knew one dialogue: its messages in an IndexedDB of their own, before that in one piece.
 * It is read once and taken over; two pages that do so at the same time write the same.
 */

/** @typedef {import("./tree.js").Told} Told */

const DATABASE = "nearside-messages";
const TABLE = "messages";
const PIECE = "nearside-dialogue";

/** @returns {Promise<Told[]>} */
export async function earlierMessages() {
  const messages = fromPiece() ?? (await fromDatabase());
  const began = Date.now() - messages.length;
  return messages.map(({ role, content }, n) => ({
    id: `earlier-${n}`,
    parent: n === 0 ? null : `earlier-${n - 1}`,
    role,
    content,
    at: began + n,
  }));
}

/** It was taken over. */
export async function forgetEarlier() {
  localStorage.removeItem(PIECE);
  // Not waited for: a page of the earlier version may still have it open.
  if (await databaseExists()) indexedDB.deleteDatabase(DATABASE);
}

/** @returns {Promise<any[]>} */
async function fromDatabase() {
  if (!(await databaseExists())) return [];
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  try {
    if (!database.objectStoreNames.contains(TABLE)) return [];
    return await new Promise((resolve, reject) => {
      const request = database.transaction(TABLE).objectStore(TABLE).getAll();
      request.onsuccess = () => resolve(request.result.filter(isMessage));
      request.onerror = () => reject(request.error);
    });
  } finally {
    database.close();
  }
}

async function databaseExists() {
  const databases = (await indexedDB.databases?.()) ?? [];
  return databases.some(({ name }) => name === DATABASE);
}

/** @returns {any[] | null} */
function fromPiece() {
  try {
    const kept = JSON.parse(localStorage.getItem(PIECE) ?? "null");
    return Array.isArray(kept) && kept.every(isMessage) ? kept : null;
  } catch {
    return null;
  }
}

/** @param {any} message */
function isMessage(message) {
  return ["user", "assistant"].includes(message?.role) && typeof message.content === "string";
}
