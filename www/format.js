/**
 * Measured values as a person reads them, in the person's language; what is not known is a dash.
 *
 * Languages are named as the element's tables of words are. Digits are 0 to 9 in all of them, since figures
 * stand beside code and formulas.
 */

const NOTHING = "–";
/** Of units, where their symbols are what a reader expects. @type {Record<string, string>} */
const SYMBOLS = { second: "s", millisecond: "ms", minute: "min", kilobyte: "KB", megabyte: "MB", gigabyte: "GB" };
/** What stands between number and symbol there; the other languages have units of their own. @type {Record<string, string>} */
const GAPS = { en: " ", de: "\u00a0" };

/** @param {unknown} value @returns {value is number} */
function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** @param {number} value @param {string} language @param {Intl.NumberFormatOptions} [options] */
export function number(value, language, options = {}) {
  return value.toLocaleString(`${language}-u-nu-latn`, options);
}

/** @param {number} value @param {string} unit as Intl names it @param {string} language @param {Intl.NumberFormatOptions} options */
function quantity(value, unit, language, options) {
  const gap = GAPS[language];
  if (gap) return `${number(value, language, options)}${gap}${SYMBOLS[unit]}`;
  return number(value, language, { style: "unit", unit, unitDisplay: "short", ...options });
}

/** @param {number} digits after the mark @returns {Intl.NumberFormatOptions} */
function decimals(digits) {
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

/** @param {number | null | undefined} value in seconds @param {string} [language] */
export function seconds(value, language = "en") {
  if (!known(value)) return NOTHING;
  const size = Math.abs(value);
  if (size === 0) return quantity(0, "second", language, {});
  if (size < 0.0995)
    return quantity(value * 1000, "millisecond", language, { maximumSignificantDigits: size < 0.00995 ? 1 : 2 });
  return quantity(value, "second", language, decimals(size < 9.95 ? 2 : 1));
}

/** A span that somebody has waited for. @param {number} value in seconds @param {string} language */
export function tenths(value, language) {
  return quantity(value, "second", language, decimals(1));
}

/** A span that somebody waits for. @param {number | null | undefined} value in seconds @param {string} [language] */
export function duration(value, language = "en") {
  if (!known(value)) return NOTHING;
  const [amount, unit] = value < 90 ? [value, "second"] : [value / 60, "minute"];
  return quantity(Math.round(amount), unit, language, {});
}

/** @param {number | null | undefined} value @param {string} [language] */
export function ratio(value, language = "en") {
  return known(value) ? number(value, language, decimals(2)).replace("-", "−") : NOTHING;
}

/** @param {number | null | undefined} value @param {string} [language] */
export function count(value, language = "en") {
  return known(value) ? number(Math.round(value), language) : NOTHING;
}

/** @param {number | null | undefined} value in bytes @param {string} [language] */
export function bytes(value, language = "en") {
  if (!known(value)) return NOTHING;
  if (value < 1e6) return quantity(Math.round(value / 1e3), "kilobyte", language, {});
  if (value < 1e9) return quantity(value / 1e6, "megabyte", language, decimals(1));
  return quantity(value / 1e9, "gigabyte", language, decimals(2));
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
