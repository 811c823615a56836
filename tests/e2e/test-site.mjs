/**
 * A small real server for what a gateway would never do: it serves the repository's page, counts
 * every request, lets a test replace any path, and plays an edge that misbehaves on demand.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { launchBrowser, repositoryRoot } from "./harness.mjs";

/** @typedef {http.IncomingMessage} Request */
/** @typedef {http.ServerResponse} Response */
/** @typedef {(request: Request, response: Response) => unknown} Handler */
/** @typedef {"well" | "hangs" | "malformed" | "breaks-off" | 401 | 429 | 500} Behaviour */

/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** As the gateway has them: a service worker rules the folder it is served from. @type {Record<string, string>} */
const ALIASES = { "/": "/index.html", "/sw.js": "/www/sw.js" };

/** What the page of a strict site may do, and no more. */
const STRICT_CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";

const WORD_MILLIS = 30;

/** A server on a free port. Routes go by path; the rest are the repository's files. */
export async function startSite() {
  const site = new TestSite();
  await site.open();
  return site;
}

export class TestSite {
  /** Every request that arrived, in order. @type {{method: string, path: string, body: string}[]} */
  requests = [];
  /** What the edge at /v1 does. @type {Behaviour} */
  edge = "well";
  /** Whether pages are cross-origin isolated, as threads demand. */
  isolated = false;
  /** What it says, word by word. */
  answer = "The edge answers in several words.";
  /** Edge answers whose reader went away before the end. */
  abandoned = 0;
  /** @type {Map<string, Handler>} */
  #routes = new Map();
  #server = http.createServer((request, response) => void this.#serve(request, response));
  #port = 0;

  async open() {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
  }

  async close() {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** @param {string} path @param {Handler} handler */
  route(path, handler) {
    this.#routes.set(path, handler);
  }

  /** @param {string} prefix how many requests began so */
  count(prefix) {
    return this.requests.filter(({ path }) => path.startsWith(prefix)).length;
  }

  /**
   * Replaces a model file and the manifest that names it.
   * @param {"scorer" | "device"} role
   * @param {(bytes: Buffer) => Buffer} change
   * @param {{honest: boolean}} how honest: the manifest describes the changed bytes
   */
  async replaceModel(role, change, { honest }) {
    const manifest = JSON.parse(
      await readFile(path.join(repositoryRoot, "models/manifest.json"), "utf8"),
    );
    const file = manifest.files.find((/** @type {any} */ entry) => entry.role === role);
    const bytes = change(await readFile(path.join(repositoryRoot, "models", file.url)));
    if (honest) Object.assign(file, { bytes: bytes.length, sha256: sha256(bytes) });
    this.route(`/models/${file.url}`, (_, response) => response.end(bytes));
    this.route("/models/manifest.json", (_, response) => response.end(JSON.stringify(manifest)));
  }

  /** Undoes what `route` did. @param {string} path */
  unroute(path) {
    this.#routes.delete(path);
  }

  /** Serves the true models again. */
  restoreModels() {
    for (const path of [...this.#routes.keys()])
      if (path.startsWith("/models/")) this.#routes.delete(path);
  }

  /** @param {Request} request @param {Response} response */
  async #serve(request, response) {
    const { pathname } = new URL(request.url ?? "/", this.url);
    let body = "";
    for await (const piece of request) body += piece;
    this.requests.push({ method: request.method ?? "", path: pathname, body });
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    if (this.isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    const route = this.#routes.get(pathname);
    if (route) return route(request, response);
    if (pathname === "/blank.html")
      return blank(response, { "content-security-policy": STRICT_CSP });
    if (pathname === "/free.html") return blank(response, {});
    if (pathname === "/v1/models") return response.end('{"object":"list","data":[]}');
    if (pathname === "/v1/chat/completions") return this.#complete(response);
    return sendFile(ALIASES[pathname] ?? pathname, response);
  }

  /** @param {Response} response */
  async #complete(response) {
    const { edge } = this;
    if (typeof edge === "number") {
      response.writeHead(edge, { "content-type": "application/json", "retry-after": "1" });
      return response.end('{"error":{"message":"as the test wants"}}');
    }
    if (edge === "hangs") return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.on("close", () => (this.abandoned += response.writableFinished ? 0 : 1));
    if (edge === "malformed") return response.end("data: {not json\n\n");
    await this.#write(response, edge === "breaks-off" ? 3 : Infinity);
  }

  /** @param {Response} response @param {number} nWords after so many the connection breaks */
  async #write(response, nWords) {
    const words = this.answer.match(/\S+\s*/g) ?? [];
    for (const [index, content] of words.entries()) {
      if (response.destroyed) return;
      if (index === nWords) return response.destroy();
      response.write(event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
      await sleep(WORD_MILLIS);
    }
    const usage = {
      prompt_tokens: 10,
      completion_tokens: words.length,
      total_tokens: 10 + words.length,
    };
    response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
    response.write(event({ choices: [], usage }));
    response.end("data: [DONE]\n\n");
  }
}

/** An empty page. @param {Response} response @param {Record<string, string>} headers */
function blank(response, headers) {
  response.writeHead(200, { "content-type": "text/html", ...headers });
  response.end(
    '<!doctype html><html lang="en"><title>Blank</title><link rel="icon" href="data:,">',
  );
}

/** @param {unknown} data */
function event(data) {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** @param {Buffer} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** @param {string} pathname @param {Response} response */
async function sendFile(pathname, response) {
  const file = path.join(repositoryRoot, path.normalize(pathname));
  const bytes = await readFile(file).catch(() => null);
  if (!bytes) return response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
    "cache-control": "no-cache",
  });
  response.end(bytes);
}

/**
 * A browser for a file's tests, and for each test a site of its own: another port is another origin, with
 * storage of its own.
 */
export function siteForEachTest() {
  const stage = /** @type {{site: TestSite, browser: import("./harness.mjs").Browser}} */ ({});
  before(async () => {
    stage.browser = await launchBrowser();
  });
  after(() => stage.browser?.close());
  beforeEach(async () => {
    stage.site = await startSite();
  });
  afterEach(async () => {
    for (const page of stage.browser.context.pages()) await page.close();
    await stage.site.close();
  });
  return stage;
}

/** One site and one browser for all tests of a file. */
export function siteForFile() {
  const site = new TestSite();
  const browser = /** @type {import("./harness.mjs").Browser} */ ({});
  before(async () => {
    const [launched] = await Promise.all([launchBrowser(), site.open()]);
    Object.assign(browser, launched);
  });
  after(async () => {
    await browser.close?.();
    await site.close();
  });
  return { site, browser };
}
