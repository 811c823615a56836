/**
 * This repository's files over HTTP on loopback, with the headers that let a page use threads.
 */

import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";

/** @type {Record<string, string>} */
const CONTENT_TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/**
 * @param {string} root
 * @returns {Promise<{url: string, close(): Promise<void>}>}
 */
export async function serve(root) {
  const server = http.createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** @param {string} root @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function answer(root, request, response) {
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  const file = path.join(root, path.normalize(decodeURIComponent(pathname)));
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return void response.writeHead(404).end();
  response.writeHead(200, {
    "Content-Type": CONTENT_TYPES[path.extname(file)] ?? "application/octet-stream",
    "Content-Length": info.size,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  });
  if (request.method === "HEAD") return void response.end();
  createReadStream(file).pipe(response);
}
