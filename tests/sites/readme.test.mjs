/** README's snippets, as they stand there, in an empty folder: each shows a page that answers. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { freePort, launchBrowser } from "../e2e/harness.mjs";
import { Site, answerAt, install, installed, nearside, run, serve } from "./sites.mjs";

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
const fetched = fileURLToPath(new URL("../../models/fetched/smollm2-135m-instruct.gguf", import.meta.url));
/** Below the tools of the sites, as `npm install` would have put them. */
const empty = fileURLToPath(new URL("./readme/", import.meta.url));

/** @type {import("../e2e/harness.mjs").Browser} */
let browser;

before(async () => {
  await install();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await rm(empty, { recursive: true, force: true });
});

/** The first block of README in this language that has these words. @param {string} language @param {string} words */
function snippet(language, words) {
  const blocks = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))];
  const found = blocks.map(([, text]) => text).find((text) => text.includes(words));
  assert.ok(found, `README has no ${language} block with ${words}`);
  return found;
}

/**
 * Runs the line of a snippet that brings models, with the real one where it was fetched before; elsewhere
 * the embedded pair stands in for it.
 * @param {string} commands @param {string} folder where the line puts them
 */
async function bringModels(commands, folder) {
  const line = /nearside(?:\.mjs)? (models manifest --to (\S+))/.exec(commands);
  assert.equal(line?.[2], folder);
  await mkdir(empty + folder, { recursive: true });
  if (existsSync(fetched)) await link(fetched, `${empty}${folder}/smollm2-135m-instruct.gguf`);
  const words = line[1].split(" ");
  await nearside(existsSync(fetched) ? words : words.map((word) => (word === "manifest" ? "embedded" : word)), empty);
}

/** @param {string} html */
async function emptyFolder(html) {
  await rm(empty, { recursive: true, force: true });
  await mkdir(empty);
  await writeFile(`${empty}index.html`, html);
}

/** @param {string} folder */
async function answers(folder) {
  const site = await Site.open({ folders: { "/": folder } });
  try {
    await answersAt(site.origin);
  } finally {
    await site.close();
  }
}

/** @param {string} url */
async function answersAt(url) {
  const { report } = await answerAt(browser.context, url);
  assert.equal(report.route, "device");
  assert.ok(report.text.length > 0);
}

test("with Vite", async () => {
  const commands = snippet("sh", "npx vite");
  assert.match(commands, /^npm install vite \S+nearside-\S+\.tgz$/m);
  await emptyFolder(snippet("html", 'import "nearside/element"'));
  await bringModels(commands, "public/models");
  const server = serve("vite --host 127.0.0.1 --strictPort --port", await freePort(), empty);
  try {
    await answersAt(await server.url);
  } finally {
    server.stop();
  }
});

test("without a bundler", async () => {
  const commands = snippet("sh", "mv package nearside");
  await emptyFolder(snippet("html", 'src="nearside/dist/element.js"'));
  await run(`cp -r ${installed} nearside`, empty);
  await bringModels(commands, "models");
  await answers(empty);
});

test("without the element", async () => {
  await emptyFolder(snippet("html", "Router.create"));
  await run(`cp -r ${installed} nearside`, empty);
  await bringModels(snippet("sh", "mv package nearside"), "models");
  const site = await Site.open({ folders: { "/": empty } });
  const page = await browser.context.newPage();
  try {
    await page.goto(site.origin);
    await page.waitForFunction(() => document.body.innerText.length > 1, undefined, { timeout: 180_000 });
  } finally {
    await page.close();
    await site.close();
  }
});
