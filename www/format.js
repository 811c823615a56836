/** Measured values as a person reads them; what is not known is a dash. */

const NOTHING = "–";

/** @param {unknown} value @returns {value is number} */
function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** @param {number | null | undefined} value in seconds */
export function seconds(value) {
  if (!known(value)) return NOTHING;
  if (value === 0) return "0 s";
  if (Math.abs(value) < 0.0995)
    return `${(value * 1000).toPrecision(Math.abs(value) < 0.00995 ? 1 : 2)} ms`;
  return `${value.toFixed(Math.abs(value) < 9.95 ? 2 : 1)} s`;
}

/** A span that somebody waits for. @param {number | null | undefined} value in seconds */
export function duration(value) {
  if (!known(value)) return NOTHING;
  return value < 90 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}

/** @param {number | null | undefined} value */
export function ratio(value) {
  return known(value) ? value.toFixed(2).replace("-", "−") : NOTHING;
}

/** @param {number | null | undefined} value */
export function count(value) {
  return known(value) ? Math.round(value).toLocaleString("en") : NOTHING;
}

/** @param {number | null | undefined} value in bytes */
export function bytes(value) {
  if (!known(value)) return NOTHING;
  if (value < 1e6) return `${Math.round(value / 1e3)} KB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

/** @param {number | null | undefined} value in bits per second */
export function bitRate(value) {
  if (!known(value)) return NOTHING;
  if (value < 1e6) return `${Math.round(value / 1e3)} kbit/s`;
  return value < 1e9
    ? `${(value / 1e6).toPrecision(value < 1e7 ? 2 : 3)} Mbit/s`
    : `${(value / 1e9).toFixed(1)} Gbit/s`;
}

/** @param {number | null | undefined} value in tokens per second */
export function tokenRate(value) {
  return known(value) ? `${count(value)} tok/s` : NOTHING;
}
