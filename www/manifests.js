/**
 * Which model files there are: from a manifest, from the copy of it that the last visit kept, or by a
 * model's name from a catalogue.
 */

import { RouterError, reportOf } from "./errors.js";

/** @typedef {import("./types.js").Manifest} Manifest */
/** @typedef {import("./types.js").ModelFile} ModelFile */
/** @typedef {import("./types.js").Models} Models */
/** @typedef {import("./messages.js").StartOptions} StartOptions */
/** @typedef {import("./settings.js").Settings} Settings */

/**
 * The manifest of this page; where it names a device model by its name in a catalogue, with that one.
 * @param {StartOptions} options
 * @param {Settings} settings
 * @param {RequestCache} cache
 * @returns {Promise<Manifest | null>}
 */
export async function readManifest(options, settings, cache) {
  const { manifest, manifestBase, deviceModel, modelsBase } = options;
  const [listed, device] = await Promise.all([
    listedManifest(manifest, manifestBase, settings, cache),
    deviceModel === null ? null : catalogueFile(deviceModel, modelsBase, settings, cache),
  ]);
  return device === null ? listed : withDevice(listed, device);
}

/** What a page may show of it. @param {Manifest | null} manifest @returns {Models | null} */
export function modelsOf(manifest) {
  if (!manifest) return null;
  const device = manifest.files.find(({ role }) => role === "device");
  return {
    device: device ? described(device) : null,
    edge: manifest.edge ? described(manifest.edge) : null,
    suggestions: manifest.suggestions ?? [],
  };
}

/**
 * Reads a manifest and makes its URLs absolute.
 * @param {unknown} value the parsed JSON
 * @param {string} base
 * @returns {Manifest}
 */
export function parseManifest(value, base) {
  const manifest = /** @type {Manifest} */ (value);
  if (manifest?.version !== 1 || !Array.isArray(manifest.files)) {
    throw manifestInvalid("it needs version 1 and a list of files");
  }
  const { suggestions = [] } = manifest;
  if (!Array.isArray(suggestions) || !suggestions.every((text) => typeof text === "string")) {
    throw manifestInvalid("its suggestions must be a list of texts");
  }
  const files = manifest.files.map((file) => {
    if (!isModelFile(file)) throw manifestInvalid("a file needs role, name, url, bytes and sha256");
    return { ...file, sha256: file.sha256.toLowerCase(), url: new URL(file.url, base).href };
  });
  return { ...manifest, files };
}

/**
 * The device model of this name. A catalogue that the server does not have is the last visit's.
 * @param {string} name
 * @param {string} base where the catalogue and its models lie
 * @param {Settings} settings
 * @param {RequestCache} cache
 * @returns {Promise<ModelFile>}
 */
async function catalogueFile(name, base, settings, cache) {
  const url = new URL("catalogue.json", base).href;
  const asItIs = (/** @type {any} */ value) => value;
  const catalogue = await keptJson(url, settings, cache, asItIs).catch((thrown) => {
    throw catalogueInvalid(url, reportOf(thrown, "manifest_invalid").message);
  });
  /** @type {unknown} */
  const models = catalogue?.models;
  if (catalogue?.version !== 1 || !Array.isArray(models)) {
    throw catalogueInvalid(url, "it needs version 1 and a list of models");
  }
  const model = models.find((entry) => entry?.name === name);
  if (!model) {
    const known = models.map((entry) => entry?.name).join(", ");
    throw new RouterError(
      "model_unknown",
      `The catalogue ${url} has no model \`${name}\`. It has ${known}.`,
    );
  }
  const file = { ...model, role: "device", name: model.file, url: new URL(model.file, base).href };
  if (!isModelFile(file)) throw catalogueInvalid(url, `its entry of \`${name}\` is damaged`);
  const { role, url: address, bytes, sha256, title, sampling, quiz } = /** @type {ModelFile} */ (file);
  return { role, name: file.name, url: address, bytes, sha256: sha256.toLowerCase(), title, sampling, quiz };
}

/**
 * A manifest with another device model. What it says of routing was measured for its own, and holds
 * for no other.
 * @param {Manifest | null} manifest @param {ModelFile} device @returns {Manifest}
 */
function withDevice(manifest, device) {
  const own = manifest?.files.find(({ role }) => role === "device");
  const others = manifest?.files.filter(({ role }) => role !== "device") ?? [];
  const files = [...others, device];
  if (own?.sha256 === device.sha256) return { .../** @type {Manifest} */ (manifest), files };
  return { version: 1, files, edge: manifest?.edge, suggestions: manifest?.suggestions };
}

/**
 * @param {string | Manifest | null} manifest absolute URL, or the manifest
 * @param {string} base
 * @param {Settings} settings
 * @param {RequestCache} cache
 * @returns {Promise<Manifest | null>}
 */
async function listedManifest(manifest, base, settings, cache) {
  if (manifest === null) return null;
  if (typeof manifest !== "string") return parseManifest(manifest, base);
  const read = (/** @type {unknown} */ value) => parseManifest(value, base);
  return keptJson(manifest, settings, cache, read).catch((thrown) => {
    if (thrown instanceof RouterError) throw thrown;
    throw manifestInvalid(reportOf(thrown, "manifest_invalid").message);
  });
}

/**
 * What JSON from the server says, or what it said at the last visit when the server has none that will
 * do.
 * @template T
 * @param {string} url
 * @param {Settings} settings
 * @param {RequestCache} cache
 * @param {(value: unknown) => T} read throws where it will not do
 * @returns {Promise<T>}
 */
async function keptJson(url, settings, cache, read) {
  const key = `manifest ${url}`;
  try {
    const response = await fetch(url, { cache });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const text = await response.text();
    const value = read(JSON.parse(text));
    settings.set(key, text);
    return value;
  } catch (thrown) {
    const kept = settings.get(key);
    if (kept) return read(JSON.parse(kept));
    throw thrown;
  }
}

/** @param {{name: string, title?: string, bytes: number}} model */
function described({ name, title, bytes }) {
  return { name, title: title ?? name, bytes };
}

/** @param {string} url @param {string} why */
function catalogueInvalid(url, why) {
  return new RouterError(
    "manifest_invalid",
    `The catalogue ${url} is not usable: ${why}. Check \`modelsBase\`, the folder that holds it and its models; \`npx nearside models fetch NAME\` writes one to public/models/.`,
  );
}

/** @param {string} why */
function manifestInvalid(why) {
  return new RouterError(
    "manifest_invalid",
    `The model manifest is not usable: ${why}. Check the manifest's URL and content.`,
  );
}

/** @param {any} file @returns {file is ModelFile} */
function isModelFile(file) {
  return (
    (file?.role === "scorer" || file?.role === "device") &&
    typeof file.name === "string" &&
    typeof file.url === "string" &&
    Number.isSafeInteger(file.bytes) &&
    file.bytes > 0 &&
    /^[0-9a-f]{64}$/i.test(file.sha256)
  );
}
