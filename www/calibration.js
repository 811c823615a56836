/**
 * Where a calibration comes from: the page names one, or the manifest has one. The core checks
 * whether it fits the models.
 */

import { RouterError, reportOf } from "./errors.js";

/** @typedef {import("./types.js").Calibration} Calibration */
/** @typedef {import("./types.js").Manifest} Manifest */
/** @typedef {import("./messages.js").StartOptions} StartOptions */
/** @typedef {import("./settings.js").Settings} Settings */

/**
 * The calibration that the page asks for, or the manifest's, unless the page has numbers of its own.
 * @param {StartOptions} options @param {Manifest | null} manifest @param {Settings} settings
 * @returns {Promise<Calibration | null>}
 */
export async function readCalibration({ calibration, config, manifestBase }, manifest, settings) {
  const ownNumbers = [config.theta, config.alpha_per_s, config.second_look?.theta];
  const ofManifest = ownNumbers.every((number) => number == null) ? manifest?.calibration : null;
  const source = calibration ?? ofManifest ?? null;
  if (typeof source !== "string") return source;
  return fetchCalibration(new URL(source, manifestBase).href, settings);
}

/** Or the copy of the last visit, when there is no network. @param {string} url @param {Settings} settings */
async function fetchCalibration(url, settings) {
  const key = `calibration ${url}`;
  const text = await fetchText(url).catch((thrown) => {
    const kept = settings.get(key);
    if (kept !== undefined) return kept;
    throw unusable(reportOf(thrown, "calibration_invalid").message);
  });
  try {
    const calibration = JSON.parse(text);
    settings.set(key, text);
    return calibration;
  } catch (thrown) {
    throw unusable(reportOf(thrown, "calibration_invalid").message);
  }
}

/** @param {string} url */
async function fetchText(url) {
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
}

/** @param {string} why */
function unusable(why) {
  return new RouterError(
    "calibration_invalid",
    `The calibration is not usable: ${why}. Check its URL, or write it anew with \`cargo xtask calibrate\`.`,
  );
}
