/** What only a page can see: the browser's network events, data-saver, visibility. */

/** @typedef {import("./messages.js").Surroundings} Surroundings */

/** @returns {Surroundings} */
export function surroundings() {
  return {
    online: navigator.onLine,
    dataSaver: connection()?.saveData === true,
    visible: document.visibilityState !== "hidden",
  };
}

/**
 * Calls back with every change; the returned function ends that.
 * @param {(surroundings: Surroundings) => void} onChange
 */
export function watchSurroundings(onChange) {
  const changed = () => onChange(surroundings());
  /** @type {[EventTarget | undefined, string][]} */
  const events = [
    [window, "online"],
    [window, "offline"],
    [document, "visibilitychange"],
    [connection(), "change"],
  ];
  for (const [target, type] of events) target?.addEventListener(type, changed);
  return () => {
    for (const [target, type] of events) target?.removeEventListener(type, changed);
  };
}

/** The Network Information API, where the browser has it. */
function connection() {
  const { connection } = /** @type {{connection?: EventTarget & {saveData?: boolean}}} */ (
    navigator
  );
  return connection;
}
