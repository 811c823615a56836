/** `nearside models`, the package's own command, against a server on this machine. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { install, nearside } from "./sites.mjs";

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

/** Requests as they came: their range, or null. @type {(string | null)[]} */
let ranges = [];
/** What the server sends, and after how many bytes it breaks off. */
let sent = { content: CONTENT, breaksOff: Infinity, knowsRanges: true };
let folder = "";

const server = http.createServer((request, response) => {
  ranges.push(request.headers.range ?? null);
  if (request.url === "/missing") return response.writeHead(404).end();
  const from = sent.knowsRanges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
  const rest = sent.content.subarray(from);
  const headers = { "content-length": rest.length };
  const range = `bytes ${from}-${sent.content.length - 1}/${sent.content.length}`;
  response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, "content-range": range } : headers);
  if (rest.length <= sent.breaksOff) return response.end(rest);
  response.write(rest.subarray(0, sent.breaksOff), () => setTimeout(() => response.destroy(), 50));
});

before(async () => {
  await install();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  folder = await mkdtemp(path.join(tmpdir(), "nearside-models-"));
  ranges = [];
  sent = { content: CONTENT, breaksOff: Infinity, knowsRanges: true };
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const hub = (/** @type {string} */ name) => ({ hub: `http://127.0.0.1:${port}/${name}` });
  const model = {
    ...{ name: "tiny", title: "Tiny", file: "tiny.gguf", architecture: "llama", licence: "MIT" },
    ...{ bytes: CONTENT.length, sha256: SHA256, good_for: "A test.", roles: ["device"], run_here: true },
    sources: [hub("missing"), hub("tiny")],
  };
  await writeFile(`${folder}/own.json`, JSON.stringify({ version: 1, models: [model] }));
});

/** @param {string[]} args */
function models(...args) {
  return nearside(["models", ...args, "--to", "public/models", "--catalogue", "own.json"], folder);
}

test("a model comes from the first source that has it, with the catalogue beside it", async () => {
  const { stderr } = await models("fetch", "tiny");
  assert.match(stderr, /not from 127\.0\.0\.1:\d+: HTTP 404/);
  assert.match(stderr, /device-model="tiny" models-base="\/models\/"/);
  assert.deepEqual((await readdir(`${folder}/public/models`)).sort(), ["catalogue.json", "tiny.gguf"]);
  assert.deepEqual(await readFile(`${folder}/public/models/tiny.gguf`), CONTENT);
});

test("a model that is here is not fetched again, and the list says so", async () => {
  await models("fetch", "tiny");
  ranges = [];
  await models("fetch", "tiny");
  assert.deepEqual(ranges, []);
  assert.match((await models("list")).stdout, /tiny +300 KB +here +A test\. llama, MIT\./);
});

for (const knowsRanges of [true, false]) {
  test(`a download that broke off is carried on${knowsRanges ? "" : ", from the start where ranges are unknown"}`, async () => {
    Object.assign(sent, { breaksOff: 100_000, knowsRanges });
    await assert.rejects(models("fetch", "tiny"), /could not be fetched\. What came so far is kept/);
    assert.deepEqual(await readdir(`${folder}/public/models`), [".tiny.gguf.part"]);
    sent.breaksOff = Infinity;
    ranges = [];
    await models("fetch", "tiny");
    assert.equal(ranges.at(-1), "bytes=100000-");
    assert.deepEqual(await readFile(`${folder}/public/models/tiny.gguf`), CONTENT);
  });
}

test("a file with another digest is not kept", async () => {
  sent.content = Buffer.from(CONTENT).fill(7, 0, 10);
  await assert.rejects(models("fetch", "tiny"), /its SHA-256 is/);
  assert.deepEqual(await readdir(`${folder}/public/models`), []);
});

test("wrong words are told before anything is fetched", async () => {
  await assert.rejects(models("fetch", "tiny", "large"), /large is not in the catalogue, which has tiny/);
  await assert.rejects(models("fetch"), /Which one\?/);
  await assert.rejects(nearside(["model"], folder), /model is not understood/);
  assert.deepEqual(ranges, []);
  assert.match((await nearside(["--help"], folder)).stdout, /nearside models fetch NAME/);
});

test("the embedded pair comes from the package itself", async () => {
  await nearside(["models", "embedded", "--to", "static/models"], folder);
  const written = (await readdir(`${folder}/static/models`)).sort();
  assert.deepEqual(written, ["device.gguf", "manifest.json", "scorer.gguf"]);
});
