/**
 * Builds the example apps and serves them, with an edge behind /v1:
 *
 *     node examples/serve.mjs [EDGE]
 *
 * EDGE is any OpenAI-compatible server; unless told otherwise http://127.0.0.1:8787, where `cargo xtask demo`
 * listens.
 */

import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { EXAMPLES, buildExample } from "./build.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What a page may have of the repository. */
const FOLDERS = ["models", "pkg", "target/examples", "www"];

/** @type {Record<string, string>} */
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

/**
 * @param {{edge: string, port?: number}} options the edge's address, and a port of this machine
 * @returns {Promise<{url: string, close(): void}>}
 */
export async function serve({ edge, port = 0 }) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname.startsWith("/v1/")) return forward(edge, request, response);
    return sendFile(pathname, response);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: listening } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${listening}/`, close: () => (server.close(), server.closeAllConnections()) };
}

/** @param {string} edge @param {http.IncomingMessage} request @param {http.ServerResponse} response */
function forward(edge, request, response) {
  const { method, headers } = request;
  const { host: _, origin: __, ...kept } = headers;
  const asking = http.request(new URL(request.url ?? "/", edge), { method, headers: kept }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  asking.on("error", () => response.headersSent || response.writeHead(502).end());
  response.on("close", () => asking.destroy());
  request.pipe(asking);
}

/** @param {string} pathname @param {http.ServerResponse} response */
async function sendFile(pathname, response) {
  const asked = path.join(root, path.normalize(decodeURIComponent(pathname)));
  const file = asked.endsWith("/") ? `${asked}index.html` : asked;
  const isListed = FOLDERS.some((folder) => file.startsWith(path.join(root, folder) + path.sep));
  const found = isListed ? await stat(file).catch(() => null) : null;
  if (!found?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
    "content-length": found.size,
    "cache-control": "no-cache",
  });
  createReadStream(file).pipe(response);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = /** @type {(keyof typeof EXAMPLES)[]} */ (Object.keys(EXAMPLES));
  for (const name of names) await buildExample(name);
  const { url } = await serve({ edge: process.argv[2] ?? "http://127.0.0.1:8787", port: 8788 });
  for (const name of names) console.log(`${url}target/examples/${name}/`);
}
