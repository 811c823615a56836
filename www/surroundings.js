/** What only a page can see: the browser's network events, data-saver, battery, visibility. */

/** @typedef {import("./messages.js").Surroundings} Surroundings */

/** @typedef {EventTarget & {charging: boolean, level: number}} Battery */

/** Below this share of its charge a battery is left to what the person asks for. */
const LOW_BATTERY = 0.3;

/** Known a moment after the page asked for it, in browsers that tell. @type {Battery | null} */
let battery = null;

/** @returns {Surroundings} */
export function surroundings() {
  return {
    online: navigator.onLine,
    dataSaver: connection()?.saveData === true,
    metered: isMetered(),
    lowBattery: battery !== null && !battery.charging && battery.level < LOW_BATTERY,
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
  let watching = true;
  for (const [target, type] of events) target?.addEventListener(type, changed);
  batteryOf(navigator).then((found) => {
    if (!found || !watching) return;
    battery = found;
    for (const type of ["chargingchange", "levelchange"]) {
      found.addEventListener(type, changed);
      events.push([found, type]);
    }
    changed();
  });
  return () => {
    watching = false;
    for (const [target, type] of events) target?.removeEventListener(type, changed);
  };
}

/**
 * The Battery Status API, where the browser has it and the page may use it.
 * @param {Navigator & {getBattery?: () => Promise<Battery>}} navigator
 */
async function batteryOf(navigator) {
  try {
    return (await navigator.getBattery?.()) ?? null;
  } catch {
    return null;
  }
}

/** Whether what is downloaded may cost the person money, as far as the browser tells. */
function isMetered() {
  const { saveData, type } = connection() ?? {};
  return saveData === true || type === "cellular";
}

/** The Network Information API, where the browser has it. */
function connection() {
  const { connection } = /** @type {{connection?: EventTarget & {saveData?: boolean, type?: string}}} */ (
    navigator
  );
  return connection;
}
