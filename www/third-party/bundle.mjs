/**
 * Bundles the libraries that show answers into pkg/third-party/, one module each, so that a page
 * without a bundler loads them by relative URLs as it loads the rest:
 *
 *     node www/third-party/bundle.mjs
 *
 * Their licences are in *.LEGAL.txt beside them.
 */

import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL("./", import.meta.url));

await build({
  entryPoints: ["markdown", "highlight", "mathematics"].map((name) => `${here}${name}.js`),
  outdir: fileURLToPath(new URL("../../pkg/third-party/", import.meta.url)),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  legalComments: "linked",
  banner: { js: "// @ts-nocheck" },
});
