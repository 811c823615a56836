/** What a visitor downloads before the first word, gzipped as a server would: it stays below these sizes. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";

import { install, installed } from "./sites.mjs";

const KB = 1000;

before(install);

/** Gzipped bytes. @param {string[]} files of the package */
async function gzipped(files) {
  const sizes = files.map(async (file) => gzipSync(await readFile(installed + file), { level: 9 }).length);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

/** A module of dist/ with what it imports at once; what it loads later is not counted. @param {string} entry */
async function staticModules(entry) {
  const seen = new Set([`dist/${entry}`]);
  for (const file of seen) {
    const text = await readFile(installed + file, "utf8");
    for (const [, name] of text.matchAll(/(?:from|\bimport)"(\.\/[^"]+)"/g))
      seen.add(path.posix.join("dist", name));
  }
  return [...seen];
}

/** It should be 1,500; what it has beyond that is the templates' engine and the tables of Unicode. */
const WASM_KB = 1650;

for (const build of ["", "threads/", "simd128/"]) {
  test(`the wasm of pkg/${build} is at most ${WASM_KB} KB`, async (context) => {
    const bytes = await gzipped([`dist/pkg/${build}nearside_bg.wasm`]);
    context.diagnostic(`${bytes} bytes`);
    assert.ok(bytes <= WASM_KB * KB, `${bytes} bytes`);
  });
}

test("the client is at most 15 KB, and the element 20 KB beyond it", async (context) => {
  const [element, client] = await Promise.all(["element.js", "nearside.js"].map(staticModules));
  const shared = new Set(client);
  const [own, all] = await Promise.all([gzipped(element.filter((file) => !shared.has(file))), gzipped(client)]);
  context.diagnostic(`element ${own} bytes beyond the client's ${all}`);
  assert.ok(own <= 20 * KB, `the element has ${own} bytes`);
  assert.ok(all <= 15 * KB, `the client has ${all} bytes`);
});
