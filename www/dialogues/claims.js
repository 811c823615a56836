/**
 * Who has which dialogue open: one page at a time, by Web Locks, which a page loses when it is left. Where there
 * are none, any page may open any dialogue; what two of them add to one becomes branches of it.
 */

const PREFIX = "nearside-dialogue:";

/**
 * @param {string} id
 * @param {number} [patienceMillis] how long to wait for whoever has it: a page that is left takes a moment
 * @returns {Promise<(() => void) | null>} gives it back; null where another page has it
 */
export async function claim(id, patienceMillis = 0) {
  if (!hasLocks()) return () => {};
  const how = patienceMillis > 0 ? { signal: AbortSignal.timeout(patienceMillis) } : { ifAvailable: true };
  return new Promise((resolve) => {
    navigator.locks
      .request(PREFIX + id, how, (lock) => {
        if (!lock) return resolve(null);
        return new Promise((release) => resolve(() => release(undefined)));
      })
      .catch((error) => resolve(error?.name === "SecurityError" ? () => {} : null));
  });
}

/** The dialogues that some page has open, this one too. @returns {Promise<Set<string>>} */
export async function openAnywhere() {
  if (!hasLocks()) return new Set();
  const { held = [] } = await navigator.locks.query().catch(() => ({ held: [] }));
  const names = held.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}

function hasLocks() {
  return typeof navigator.locks?.request === "function";
}
