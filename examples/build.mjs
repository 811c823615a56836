/**
 * Builds the example apps into target/examples/:
 *
 *     npm ci --prefix examples && node examples/build.mjs
 *
 * `serve.mjs` serves them too. In a project of your own `nearside` is an installed package; here its names
 * lead to this repository's sources.
 */

import { cp, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The examples, and the file that each begins with. */
export const EXAMPLES = {
  "ai-sdk": "main.jsx",
  "assistant-ui": "main.jsx",
  "deep-chat": "main.js",
  openai: "main.js",
  react: "main.jsx",
};

/** @typedef {keyof typeof EXAMPLES} Example */

/**
 * @param {Example} name
 * @param {{development?: boolean}} [options] whether libraries check themselves, as React's strict mode does
 */
export async function buildExample(name, { development = false } = {}) {
  const out = `${root}target/examples/${name}`;
  await mkdir(out, { recursive: true });
  await cp(`${root}examples/${name}/index.html`, `${out}/index.html`);
  await bundle(`${root}examples/${name}/${EXAMPLES[name]}`, `${out}/app.js`, {
    minify: !development,
    define: { "process.env.NODE_ENV": JSON.stringify(development ? "development" : "production") },
  });
}

/**
 * One file out of one and all that it imports. The worker is not in it: the apps say where it lies.
 * @param {string} entry @param {string} outfile @param {import("esbuild").BuildOptions} [options]
 */
export async function bundle(entry, outfile, options) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    jsx: "automatic",
    sourcemap: true,
    logLevel: "warning",
    alias: aliases(),
    nodePaths: [`${root}examples/node_modules`],
    ...options,
  });
}

/** The package's names, as www/package.json has them. */
function aliases() {
  const adapters = ["ai-sdk", "assistant-ui", "deep-chat", "openai", "react"];
  const files = adapters.map((name) => [`nearside/${name}`, `${root}www/adapters/${name}.js`]);
  return { nearside: `${root}www/index.js`, ...Object.fromEntries(files) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of /** @type {Example[]} */ (Object.keys(EXAMPLES))) await buildExample(name);
  console.log(`the examples are in ${root}target/examples/`);
}
