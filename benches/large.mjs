/**
 * Whether a file of a billion weights fits: loads it from the browser's file system and reads a token.
 *
 *     python benches/models/make.py target/bench/models --large
 *     node benches/large.mjs
 */

import { stat } from "node:fs/promises";
import path from "node:path";

import { repositoryRoot } from "../tests/e2e/harness.mjs";
import { launch } from "./browser.mjs";
import { MODELS_FOLDER } from "./models.mjs";
import { serve } from "./server.mjs";

const FILE = `${MODELS_FOLDER}/llama-3.2-1b-q8_0.gguf`;
const PROMPT = [48];

const { size } = await stat(path.join(repositoryRoot, FILE));
const site = await serve(repositoryRoot);
const browser = await launch(site.url);
try {
  for (const [threads, folder] of /** @type {[number, string][]} */ ([[1, "pkg"], [2, "pkg/threads"]])) {
    const task = { engine: "nearside", module: "nearside", job: "firstToken", threads, prompt: PROMPT };
    const { loadMillis, totalMillis, peakBytes } = await browser.measure({
      ...task,
      package: `/${folder}/nearside.js`,
      file: `/${FILE}`,
    });
    const gigabytes = (/** @type {number} */ bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
    console.log(
      `${threads} thread${threads > 1 ? "s" : ""}: ${gigabytes(size)} loaded in ${(loadMillis / 1000).toFixed(1)} s, ` +
        `first token after ${(totalMillis / 1000).toFixed(1)} s, memory ${gigabytes(peakBytes)}`,
    );
  }
} finally {
  await browser.close();
  await site.close();
}
