/** The types of the packed package, in the strictest of projects and with each way to find modules. */

import { execFile } from "node:child_process";
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { install, installed } from "./sites.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));

before(install);

for (const [module, resolution] of [
  ["preserve", "bundler"],
  ["nodenext", "nodenext"],
]) {
  test(`a strict project that resolves modules as ${resolution} compiles`, async () => {
    const options = ["-p", `${here}typescript`, "--module", module, "--moduleResolution", resolution];
    await promisify(execFile)(tsc, options).catch(({ stdout }) => assert.fail(stdout));
  });
}

test("each door leads to a file, its types first", async () => {
  const { exports, bin, main, types, customElements } = JSON.parse(await readFile(`${installed}package.json`, "utf8"));
  for (const door of Object.values(exports)) {
    if (typeof door !== "string") assert.equal(Object.keys(door)[0], "types");
  }
  const doors = Object.values(exports).flatMap((door) => (typeof door === "string" ? [door] : Object.values(door)));
  for (const file of [...doors, bin.nearside, main, types, customElements])
    await stat(installed + file.replace(/\*.*/, ""));
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "dist/nearside.js.map", "dist/worker.js.map"])
    await stat(installed + file);
});
