/**
 * Makes the npm package `nearside` in target/npm, ready for `npm publish`:
 *
 *     cargo xtask build && node www/pack.mjs
 *
 * package.json lives beside the sources it names; here they get the layout of
 * the package, in which pkg/ and www/ are neighbours as they are in this tree.
 */

import { execFileSync } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}target/npm/`;
const SOURCES = ["index", "element", "worker"].map((name) => `${root}www/${name}.js`);
const OWN =
  /(package\.json|custom-elements\.json|pack\.mjs|demo\.(js|css)|charts\.js|favicon\.svg)$/;

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const file of ["package.json", "custom-elements.json"])
  await cp(`${root}www/${file}`, out + file);
await cp(`${root}www`, `${out}www`, { recursive: true, filter: (file) => !OWN.test(file) });
await cp(`${root}pkg`, `${out}pkg`, {
  recursive: true,
  filter: (file) => !/\.(gitignore|made-from)$|package\.json$/.test(file),
});
execFileSync(
  `${root}node_modules/.bin/tsc`,
  [
    ...SOURCES,
    "--ignoreConfig",
    "--allowJs",
    "--declaration",
    "--emitDeclarationOnly",
    "--skipLibCheck",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--lib",
    "es2024,webworker,dom,dom.iterable,dom.asynciterable",
    "--rootDir",
    root,
    "--outDir",
    `${out}types`,
  ],
  { stdio: "inherit" },
);
console.log(`the package is in ${out}`);
