/** The tasks of `nearside models`: what goes from the package, and from the sources it names, into a site. */

import { copyFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { digestOf, fetchModel } from "./fetch.mjs";
import { size } from "./progress.mjs";

/**
 * An entry of the catalogue, `models/catalogue.json`.
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} title
 * @property {string} file
 * @property {string} architecture
 * @property {number} bytes
 * @property {string} sha256
 * @property {string} licence
 * @property {string} good_for
 * @property {string[]} roles
 * @property {boolean} run_here
 * @property {({hub: string} | {wheels: Wheel[]})[]} sources in order of preference
 */

/** A piece of a file, in a package of the Python package index. @typedef {{package: string, version: string, member: string}} Wheel */

/**
 * @typedef {object} Options
 * @property {string} folder where models go
 * @property {{text: string, models: Entry[]}} catalogue
 */

/** As the repository has them, and as the package does. */
const OWN = fileURLToPath(new URL("../../models/", import.meta.url));
const MEASURED = "smollm2-qwen.json";

/** @param {string} [file] the package's own, unless told otherwise */
export async function readCatalogue(file = `${OWN}catalogue.json`) {
  const text = await readFile(file, "utf8");
  const { version, models } = JSON.parse(text);
  if (version !== 1 || !Array.isArray(models))
    throw new Error(`${file} is no catalogue of version 1, with a list of models.`);
  return { text, models: /** @type {Entry[]} */ (models) };
}

/** @param {Options} options */
export async function listModels({ folder, catalogue }) {
  const width = Math.max(...catalogue.models.map(({ name }) => name.length));
  for (const entry of catalogue.models) {
    const { name, bytes, good_for, architecture, licence, run_here } = entry;
    const here = (await sizeOf(path.join(folder, entry.file))) === bytes ? "here" : "";
    const tried = run_here ? "" : " (not tried by this project)";
    const what = `${good_for}${tried} ${architecture}, ${licence}.`;
    console.log(`${name.padEnd(width)}  ${size(bytes).padStart(8)}  ${here.padEnd(4)}  ${what}`);
  }
  console.log("\nFetch one with `nearside models fetch NAME`.");
}

/** @param {string[]} names @param {Options} options */
export async function fetchModels(names, { folder, catalogue }) {
  if (names.length === 0)
    throw new Error("Which one? `nearside models list` lists the names.");
  // Wrong names are told before anything is fetched.
  const entries = names.map((name) => entryOf(catalogue.models, name));
  await mkdir(folder, { recursive: true });
  for (const entry of entries) await fetchModel(entry, folder);
  await writeFile(path.join(folder, "catalogue.json"), catalogue.text);
  const [{ name }] = entries;
  say(`a page loads it with <nearside-chat device-model="${name}" models-base="${url(folder)}">`);
}

/** @param {Options} options */
export async function copyManifest({ folder, catalogue }) {
  const manifest = JSON.parse(await readFile(OWN + MEASURED, "utf8"));
  await mkdir(folder, { recursive: true });
  for (const file of manifest.files) {
    file.url = path.posix.basename(file.url);
    if (file.role === "device") {
      const entry = catalogue.models.find(({ sha256 }) => sha256 === file.sha256);
      if (!entry) throw new Error(`This catalogue has no model with the SHA-256 of ${file.name}.`);
      await fetchModel(entry, folder);
    } else {
      await copyChecked(file, folder);
    }
  }
  await writeManifest(manifest, folder);
}

/** @param {Options} options */
export async function copyEmbedded({ folder }) {
  const manifest = JSON.parse(await readFile(`${OWN}manifest.json`, "utf8"));
  await mkdir(folder, { recursive: true });
  for (const file of manifest.files) await copyChecked(file, folder);
  await writeManifest(manifest, folder);
}

/** A file that the package carries. @param {{url: string, sha256: string}} file @param {string} folder */
async function copyChecked({ url, sha256 }, folder) {
  if ((await digestOf(OWN + url)) !== sha256)
    throw new Error(`${url} of this package is damaged; install the package again.`);
  await copyFile(OWN + url, path.join(folder, url));
}

/** @param {object} manifest @param {string} folder */
async function writeManifest(manifest, folder) {
  const file = path.join(folder, "manifest.json");
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
  say(`a page loads them with <nearside-chat manifest="${url(folder)}manifest.json">`);
}

/** @param {Entry[]} models @param {string} name */
function entryOf(models, name) {
  const entry = models.find((model) => model.name === name);
  if (entry) return entry;
  const names = models.map((model) => model.name).join(", ");
  throw new Error(`${name} is not in the catalogue, which has ${names}.`);
}

/** Most tools serve what is in `public` or `static` from the site's root. @param {string} folder */
function url(folder) {
  const parts = path.relative(".", folder).split(path.sep);
  const root = Math.max(parts.lastIndexOf("public"), parts.lastIndexOf("static"));
  return `/${parts.slice(root + 1).join("/")}/`.replace(/\/+/g, "/");
}

/** @param {string} file */
async function sizeOf(file) {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/** @param {string} line */
function say(line) {
  console.error(`nearside: ${line}`);
}
