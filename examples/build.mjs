/**
 * Builds the example apps into target/examples/:
 *
 *     npm ci --prefix examples && node examples/build.mjs
 *
 * `cargo xtask demo` then serves them: open /target/examples/react/ on its address. In a project of your own
 * `nearside` is an installed package; here its names lead to this repository's sources.
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
  await build({
    entryPoints: [`${root}examples/${name}/${EXAMPLES[name]}`],
    outfile: `${out}/app.js`,
    bundle: true,
    format: "esm",
    target: "es2024",
    jsx: "automatic",
    minify: !development,
    sourcemap: true,
    logLevel: "warning",
    define: { "process.env.NODE_ENV": JSON.stringify(development ? "development" : "production") },
    // The worker is not bundled: the apps say where it lies.
    alias: aliases(),
    nodePaths: [`${root}examples/node_modules`],
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
