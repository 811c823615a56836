/**
 * Makes the npm package `nearside`: the folder target/npm/nearside/ and its tarball beside it.
 *
 *     cargo xtask pack        # builds what is missing, then runs this
 *
 * The modules of www/ go in as they are. dist/ is the same for pages without a bundler: few files,
 * minified, with everything beside them that they load, so that copying this one folder is all it takes.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const target = `${root}target/npm/`;
const out = `${target}nearside/`;

/** What of www/ is the repository's own: the demo page, and what makes the package. */
const OWN =
  /(^|\/)(package\.json|custom-elements\.json|pack\.mjs|refuse-to-pack\.mjs|demo\.(js|css)|(time-)?charts\.js|favicon\.svg|app\.webmanifest|icons|third-party)$/;
const BESIDE = ["README.md", "LICENSE", "CHANGELOG.md", "www/custom-elements.json"];
/** The catalogue, the embedded pair, and the scorer and manifest of the pair that was measured. */
const MODELS = [
  ...["catalogue.json", "manifest.json", "device.gguf", "device.md", "scorer.gguf", "scorer.md"],
  ...["smollm2-qwen.json", "general.gguf", "general.md"],
];
/** What dist/ has for the page, by the names of modules of www/. */
const FOR_PAGES = { nearside: "index", element: "element" };
/** From a module of www/ to the generated modules. */
const TO_PKG = /(["'`])((?:\.\.\/)+)pkg\//g;

await rm(target, { recursive: true, force: true });
await mkdir(`${out}models`, { recursive: true });
await copyModules();
await cp(`${root}pkg`, `${out}dist/pkg`, {
  recursive: true,
  filter: (file) => !/\.gitignore$|made-from$|package\.json$|_bg\.wasm\.d\.ts$/.test(file),
});
await bundle();
for (const file of BESIDE) await cp(root + file, out + path.basename(file));
for (const file of MODELS) await cp(`${root}models/${file}`, `${out}models/${file}`);
await writeTypes(await writeManifest());
execFileSync("npm", ["pack", "--silent", "--pack-destination", target], { cwd: out, stdio: "inherit" });
console.log(`the package is in ${path.relative(process.cwd(), target)}`);

/**
 * www/ as it is, but for what lies in dist/: pkg/, and the worker, which is one file there. Bundlers that
 * cannot split a worker's code need it so.
 */
async function copyModules() {
  await cp(`${root}www`, `${out}www`, {
    recursive: true,
    filter: (file) => !OWN.test(path.relative(`${root}www`, file)),
  });
  for (const file of await readdir(`${out}www`, { recursive: true })) {
    if (!file.endsWith(".js")) continue;
    const text = (await readFile(`${out}www/${file}`, "utf8")).replace(TO_PKG, "$1$2dist/pkg/");
    const started = 'new Worker(new URL("./worker.js"';
    if (file === "worker-port.js" && !text.includes(started)) throw new Error(`${file} starts no worker`);
    await writeFile(`${out}www/${file}`, text.replace(started, 'new Worker(new URL("../dist/worker.js"'));
  }
}

/** Flat, since a worker is looked for beside the file that starts it. */
async function bundle() {
  const common = { bundle: true, minify: true, sourcemap: true, target: "es2022", outdir: `${out}dist` };
  const pages = Object.entries(FOR_PAGES).map(([name, source]) => [name, `${root}www/${source}.js`]);
  await build({
    ...common,
    entryPoints: Object.fromEntries(pages),
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    plugins: [besidePkg()],
  });
  const workers = ["worker", "thread"].map((name) => `${root}www/${name}.js`);
  // With their white space, for only then esbuild keeps the notes to bundlers beside an `import(url)`.
  const workerForm = { minify: false, minifyIdentifiers: true, minifySyntax: true, format: /** @type {const} */ ("esm") };
  await build({ ...common, ...workerForm, entryPoints: workers, plugins: [withPkg()] });
  await build({ ...common, entryPoints: [`${root}www/sw.js`], format: "iife" });
}

/** Leaves the generated modules where they are, and names them from dist/. @returns {import("esbuild").Plugin} */
function besidePkg() {
  return {
    name: "beside-pkg",
    setup(build) {
      build.onResolve({ filter: /^(\.\.\/)+pkg\// }, ({ path }) => ({
        path: path.replace(/^(\.\.\/)+/, "./"),
        external: true,
      }));
    },
  };
}

/**
 * Takes in the bindings of each wasm module. The modules stay where they are, named from dist/, and only
 * where www/builds.js names them: the bindings would look for theirs beside the bundle.
 * @returns {import("esbuild").Plugin}
 */
function withPkg() {
  const own = "new URL('nearside_bg.wasm', import.meta.url)";
  return {
    name: "with-pkg",
    setup(build) {
      build.onLoad({ filter: /\/www\/builds\.js$/ }, async ({ path }) => ({
        contents: (await readFile(path, "utf8")).replaceAll('new URL("../pkg/', 'new URL("./pkg/'),
      }));
      build.onLoad({ filter: /\/pkg\/.*nearside\.js$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        if (!text.includes(own)) throw new Error(`${path} looks for its wasm in another way`);
        return { contents: text.replace(own, "undefined") };
      });
    },
  };
}

/** package.json as it stands in www/, with the doors whose modules are there. */
async function writeManifest() {
  const manifest = JSON.parse(await readFile(`${root}www/package.json`, "utf8"));
  delete manifest.scripts;
  const doors = Object.entries(manifest.exports).filter(([name, door]) => {
    const file = (typeof door === "string" ? door : door.default).replace(/\*.*/, "");
    return name === "./package.json" || existsSync(out + file);
  });
  manifest.exports = Object.fromEntries(doors);
  await writeFile(`${out}package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  return doors.flatMap(([, door]) => (door.types ? [door.types.replace("./types/", "")] : []));
}

/**
 * Declarations from the JSDoc of every module that has a door, and of what these name. They are made from
 * a copy that has no pkg/ beside it: what is generated has types of its own, and no part in these.
 * @param {string[]} doors paths of declarations
 */
async function writeTypes(doors) {
  const sources = `${target}sources/`;
  await cp(`${root}www`, `${sources}www`, { recursive: true });
  const named = doors.flatMap((door) => {
    if (!door.includes("*")) return [door];
    const modules = readdirSync(sources + path.dirname(door)).filter((name) => name.endsWith(".js"));
    return modules.map((name) => door.replace("*.d.ts", name.replace(/\.js$/, ".d.ts")));
  });
  const files = named.map((door) => sources + door.replace(/\.d\.ts$/, ".js"));
  const options = [
    ["--ignoreConfig", "--allowJs", "--declaration", "--emitDeclarationOnly", "--skipLibCheck"],
    ["--target", "es2024", "--module", "nodenext", "--types", "node"],
    ["--lib", "es2024,webworker,dom,dom.iterable,dom.asynciterable"],
    ["--rootDir", sources, "--outDir", `${target}declarations`],
  ];
  execFileSync(`${root}node_modules/.bin/tsc`, [...files, ...options.flat()], { stdio: "inherit" });
  for (const file of await reachable(named)) {
    await cp(`${target}declarations/${file}`, `${out}types/${file}`);
  }
  for (const folder of ["sources", "declarations"]) await rm(target + folder, { recursive: true });
}

/** @param {string[]} files declarations, and what they name one after the other */
async function reachable(files) {
  const seen = new Set(files);
  for (const file of seen) {
    const text = await readFile(`${target}declarations/${file}`, "utf8");
    for (const [, name] of text.matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g))
      seen.add(path.join(path.dirname(file), `${name}.d.ts`));
  }
  return seen;
}
