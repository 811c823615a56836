/**
 * What the tests of the packed package stand on: the tarball, unpacked as npm does it, small sites that are
 * built with each tool as a person would, and a server for what was built.
 *
 *     cargo xtask pack && npm ci --prefix tests/sites && node --test tests/sites/*.test.mjs
 */

import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { ask, newPage, waitUntilReady } from "../e2e/harness.mjs";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Page} Page */

const here = fileURLToPath(new URL("./", import.meta.url));
const packed = fileURLToPath(new URL("../../target/npm/", import.meta.url));

/** The package where npm would have installed it. */
export const installed = `${here}node_modules/nearside/`;

const BUILD_TIMEOUT_MILLIS = 240_000;

/**
 * A tool: what a person runs in the site's folder, where the result lies, and the path that it is built for
 * (`any`: its own addresses are relative).
 * @typedef {{commands: string[], out: string, base: "any" | "/sub/"}} Tool
 */

/** A site without a bundler, and what esbuild and Rollup do not carry along. */
const COPY = "cp -r ../node_modules/nearside/dist dist/nearside";

/** @type {Record<string, Tool>} */
export const TOOLS = {
  vite: { commands: ["vite build"], out: "dist", base: "any" },
  webpack: { commands: ["webpack", "cp index.html dist"], out: "dist", base: "any" },
  esbuild: {
    commands: ["esbuild main.js --bundle --splitting --format=esm --outdir=dist", COPY, "cp index.html dist"],
    out: "dist",
    base: "any",
  },
  rollup: { commands: ["rollup -c", COPY, "cp index.html dist"], out: "dist", base: "any" },
  parcel: {
    commands: ["parcel build index.html --public-url ./ --dist-dir dist --cache-dir dist/.cache"],
    out: "dist",
    base: "any",
  },
  next: { commands: ["next build"], out: "out", base: "/sub/" },
  sveltekit: { commands: ["vite build"], out: "build", base: "/sub/" },
  astro: { commands: ["astro build"], out: "dist", base: "/sub/" },
  plain: { commands: ["mkdir dist", COPY, "cp index.html dist"], out: "dist", base: "any" },
};

/** Puts the tarball where npm would. */
export async function install() {
  const tarball = (await readdir(packed)).find((name) => /^nearside-.*\.tgz$/.test(name));
  if (!tarball) throw new Error(`${packed} has no tarball; run: cargo xtask pack`);
  await rm(installed, { recursive: true, force: true });
  await mkdir(installed, { recursive: true });
  await run(`tar -xzf ${packed}${tarball} --strip-components=1`, installed);
}

/**
 * Builds a site from nothing and gives the folder of the result.
 * @param {string} name of a tool @param {string[]} [commands] in place of the tool's
 */
export async function buildSite(name, commands = TOOLS[name].commands) {
  const { out } = TOOLS[name];
  const folder = `${here}${name}/`;
  for (const old of [out, ".next", ".svelte-kit", ".astro"])
    await rm(folder + old, { recursive: true, force: true });
  for (const command of commands) await run(command, folder);
  return folder + out;
}

/** What the package's own command prints. @param {string[]} args @param {string} folder to run it in */
export async function nearside(args, folder) {
  const { bin } = JSON.parse(await readFile(`${installed}package.json`, "utf8"));
  return promisify(execFile)(process.execPath, [installed + bin.nearside, ...args], { cwd: folder });
}

/** Runs a command line with the tools of this folder; its output is told where it fails. @param {string} line @param {string} folder */
export async function run(line, folder) {
  const [program, ...args] = line.split(" ");
  const env = {
    ...process.env,
    PATH: `${here}node_modules/.bin${path.delimiter}${process.env.PATH}`,
    ...{ CI: "true", NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
  };
  try {
    return await promisify(execFile)(program, args, { cwd: folder, env, timeout: BUILD_TIMEOUT_MILLIS });
  } catch (error) {
    const { stdout = "", stderr = "" } = /** @type {{stdout?: string, stderr?: string}} */ (error);
    throw new Error(`${line} failed in ${folder}:\n${stdout}${stderr}`, { cause: error });
  }
}

/**
 * A tool's own server.
 * @param {string} line its command, to be followed by the port @param {number} port @param {string} folder
 */
export function serve(line, port, folder) {
  const [program, ...args] = line.split(" ");
  const child = spawn(`${here}node_modules/.bin/${program}`, [...args, String(port)], { cwd: folder, stdio: "pipe" });
  let said = "";
  const url = new Promise((resolve, reject) => {
    const read = (/** @type {Buffer} */ text) => {
      said += text;
      if (said.includes(String(port))) resolve(`http://127.0.0.1:${port}/`);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("close", () => reject(new Error(`${line} ended:\n${said}`)));
  });
  url.catch(() => {});
  return { url: /** @type {Promise<string>} */ (url), stop: () => child.kill() };
}

/** A copy of what was built, to put other files beside it. @param {string} folder @param {string} name */
export async function copyOf(folder, name) {
  const copy = fileURLToPath(new URL(`../../target/sites/${name}`, import.meta.url));
  await rm(copy, { recursive: true, force: true });
  await cp(folder, copy, { recursive: true });
  return copy;
}

// --- The server ---

/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * What a page may do on a strict site: one with no inline scripts and no inline styles.
 * `'wasm-unsafe-eval'` is the package's one wish beyond the page's own origin.
 */
export const STRICT_CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; " +
  "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * @typedef {object} Served
 * @property {Record<string, string>} folders which folder is served under which path, the longest first
 * @property {boolean} [isolated] cross-origin isolated, as threads demand
 * @property {string} [csp]
 * @property {boolean} [cors] whether other origins may read it
 */

/** A plain server of files, on a free port, that remembers what was asked for. */
export class Site {
  /** @type {Served} */
  #served;
  /** @type {{path: string, status: number, sha256: string, worker: boolean}[]} */
  requests = [];
  #server = http.createServer((request, response) => void this.#answer(request, response));

  /** @param {Served} served */
  constructor(served) {
    this.#served = served;
  }

  /** @param {Served} served */
  static async open(served) {
    const site = new Site(served);
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    return site;
  }

  get origin() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer(request, response) {
    const { pathname } = new URL(request.url ?? "/", this.origin);
    const { isolated, csp, cors } = this.#served;
    const file = await this.#find(decodeURIComponent(pathname));
    const bytes = file ? await readFile(file) : Buffer.from("not found");
    const status = file ? 200 : 404;
    const worker = request.headers["sec-fetch-dest"] === "worker";
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.requests.push({ path: pathname, status, sha256, worker });
    response.setHeader("content-type", TYPES[path.extname(file ?? "")] ?? "application/octet-stream");
    response.setHeader("cache-control", "no-cache");
    if (csp) response.setHeader("content-security-policy", csp);
    if (cors) response.setHeader("access-control-allow-origin", "*");
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
      response.setHeader("cross-origin-resource-policy", cors ? "cross-origin" : "same-origin");
    }
    response.writeHead(status).end(bytes);
  }

  /** @param {string} pathname @returns {Promise<string | null>} */
  async #find(pathname) {
    for (const [prefix, folder] of Object.entries(this.#served.folders)) {
      if (!pathname.startsWith(prefix)) continue;
      const file = path.join(folder, path.normalize(`/${pathname.slice(prefix.length)}`));
      for (const candidate of [file, path.join(file, "index.html"), `${file}.html`])
        if ((await stat(candidate).catch(() => null))?.isFile()) return candidate;
    }
    return null;
  }
}

// --- The page ---

/** A sum that the embedded device model knows. */
export const QUESTION = "What is 7 + 8?";
export const ANSWER = /15/;

/**
 * Opens a page with the element, asks it something, and gives the turn's report with all that went wrong on
 * the way.
 * @param {BrowserContext} context @param {string} url
 */
export async function answerAt(context, url) {
  const page = await newPage(context);
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await page.goto(url);
    await waitUntilReady(page);
    return { report: await ask(page, QUESTION), complaints };
  } catch (error) {
    throw new Error(`${url}: ${error}\n${complaints.join("\n")}`);
  } finally {
    await page.close();
  }
}

/** SHA-256 of a file of the package. @param {string} file */
export async function digestOf(file) {
  return createHash("sha256").update(await readFile(installed + file)).digest("hex");
}
