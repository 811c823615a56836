/** What a person sees of an answer in Markdown, while it comes and when it is there. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { ask, newPage, repositoryRoot, waitUntilReady } from "./harness.mjs";
import { siteForFile } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { site, browser } = siteForFile();
const fixture = await readFile(path.join(repositoryRoot, "tests/fixtures/markdown/answer.md"), "utf8");
const answer = () => page.locator("nearside-chat [part=answer]").last();
/** @type {Page} */
let page;

beforeEach(async () => {
  await page?.close();
  page = await newPage(browser.context);
});

/** @param {string} text what the edge says */
async function answeredWith(text) {
  site.answer = text;
  await page.goto(`${site.url}?mode=edge-only`);
  await waitUntilReady(page);
  return ask(page, "Say it.");
}

/** A picture for whoever wants to look, in the folder that SHOTS names. @param {string} name */
async function shoot(name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

test("Markdown shows as what it means, and is copied as it was written", async () => {
  /** @type {string[]} */
  const refused = [];
  page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
  const { text } = await answeredWith(fixture);
  assert.equal(text, fixture);
  await answer().locator("math").nth(2).waitFor({ state: "attached" });
  await answer().locator(".hljs-keyword").first().waitFor();

  const count = (/** @type {string} */ selector) => answer().locator(selector).count();
  assert.equal(await answer().locator("h4").textContent(), "The short way");
  assert.deepEqual(
    [await count("strong"), await count("em"), await count("ol > li"), await count("ul li"), await count("blockquote")],
    [1, 1, 2, 4, 1],
  );
  assert.deepEqual([await count("table tr"), await count("input[type=checkbox][disabled]")], [3, 2]);
  assert.equal(await count("b"), 0);
  const shown = (await answer().textContent()) ?? "";
  assert.match(shown, /It costs \$5 or \$10, and <b>this<\/b> stays as it is\./);
  assert.ok(!shown.includes("\\frac"));
  assert.equal(
    await answer().locator("figure code").textContent(),
    /```python\n([^]*?)```/.exec(fixture)?.[1],
  );

  const link = answer().locator("a");
  assert.deepEqual(
    await link.evaluate((/** @type {HTMLAnchorElement} */ { href, target, rel }) => ({ href, target, rel })),
    {
      href: "https://docs.python.org/3/library/functions.html#reversed",
      target: "_blank",
      rel: "noopener noreferrer nofollow",
    },
  );
  const messages = await page.locator("nearside-chat").evaluate((/** @type {any} */ chat) => chat.messages);
  assert.equal(messages[1].content, fixture);
  assert.deepEqual(refused, [], "the page's own policy refuses nothing of it");
  for (const theme of ["light", "dark"]) {
    await page.locator("nearside-chat").evaluate((chat, theme) => chat.setAttribute("theme", theme), theme);
    await page.locator("nearside-chat .log").evaluate((log) => (log.scrollTop = 0));
    await shoot(`markdown-${theme}-top`);
    await page.locator("nearside-chat .log").evaluate((log) => (log.scrollTop = 1e6));
    await shoot(`markdown-${theme}-end`);
  }
});

test("an answer without Markdown loads nothing for it", async () => {
  await answeredWith("Two and two are 4, as 2 * 2 and 5 - 1 are.\nThat's all; it's so.");
  assert.equal(await page.locator("nearside-chat .markdown").count(), 0);
  assert.equal(await answer().textContent(), site.answer);
});

test("code and its copy button are there while it is written; what was drawn before stays", async () => {
  await page.goto(`${site.url}?mode=edge-only`);
  await waitUntilReady(page);
  const kept = await page.evaluate(async () => {
    const load = "/www/markdown/drawing.js";
    const { blocks: newBlocks } = await (await import(load)).load();
    const { Words } = await import("" + "/www/words/words.js");
    const words = new Words(document);
    const blocks = newBlocks(words);
    blocks.show("Use **this", false);
    const early = blocks.element.querySelector("strong")?.textContent;
    blocks.show("Use **this**:\n\n```js\nlet x", false);
    const [paragraph, figure] = blocks.element.querySelectorAll("p, figure");
    const text = figure.querySelector("code").firstChild;
    blocks.show("Use **this**:\n\n```js\nlet x = 1;\n```\n\nDone.", false);
    const same = [...blocks.element.querySelectorAll("p, figure")];
    return {
      early,
      button: figure.querySelector("button") !== null,
      paragraph: same[0] === paragraph,
      code: text.isConnected || same[1].textContent,
    };
  });
  assert.equal(kept.early, "this");
  assert.ok(kept.button && kept.paragraph);
});

test("however an answer is cut into pieces, in the end it shows the same", async () => {
  const recorded = gunzipSync(
    await readFile(path.join(repositoryRoot, "train/everyday/outcomes/everyday.qwen2.5-coder-0.5b-instruct.jsonl.gz")),
  );
  const answers = recorded.toString("utf8").split("\n").slice(0, 3000);
  const texts = answers.filter((line, n) => line && n % 10 === 0).map((line) => JSON.parse(line).answer);
  await page.goto(`${site.url}free.html`);
  const wrong = await page.evaluate(async (texts) => {
    const load = "/www/markdown/drawing.js";
    const { blocks: newBlocks } = await (await import(load)).load();
    const { Words } = await import("" + "/www/words/words.js");
    const words = new Words(document);
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    /** Without the colours and formulas, which come a moment later. @param {Element} element */
    const html = (element) => {
      const copy = /** @type {Element} */ (element.cloneNode(true));
      for (const code of copy.querySelectorAll("code, .math")) code.replaceWith(code.textContent ?? "");
      return copy.innerHTML.replace(/<div class="blocks">|<\/div>$/g, "").replace(/<\/div>/g, "");
    };
    return texts.filter((/** @type {string} */ text) => {
      const [grown, whole] = [newBlocks(words), newBlocks(words)];
      for (let at = 0; at < text.length; at += 1 + Math.floor(random() * 24)) grown.show(text.slice(0, at), false);
      grown.show(text, true);
      whole.show(text, true);
      return html(grown.element) !== html(whole.element);
    });
  }, [fixture, ...texts]);
  assert.deepEqual(wrong, []);
});

test("nothing that a model writes runs, loads or leads astray", async () => {
  await answeredWith(
    [
      "**x** <img src=/stolen onerror=\"top.hit=1\"> <script>top.hit=1</script> <svg onload=top.hit=1>",
      "![a picture](/stolen-too) [run](javascript:top.hit=1) [data](data:text/html,<script>top.hit=1</script>)",
      "[here](/admin/delete) [mail](mailto:a@b.example) <style>*{display:none}</style> <a href=\"javascript:top.hit=1\">b</a>",
      "$\\href{javascript:top.hit=1}{x}$ $\\htmlClass{foot}{y}$ $\\includegraphics{/stolen-again}$ $\\def\\x{\\x\\x}\\x$",
      "```html onload=top.hit=1 \"><img src=x>\n<img src=/stolen-code onerror=top.hit=1>\n```",
      "| <img src=/stolen-cell> |\n|--|\n| [x](vbscript:x) |",
    ].join("\n\n"),
  );
  await answer().locator(".math.drawn").first().waitFor({ state: "attached" });
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).hit), undefined);
  assert.deepEqual(site.requests.filter(({ path }) => path.startsWith("/stolen")), []);
  const hrefs = await answer().locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.deepEqual(hrefs, ["mailto:a@b.example"]);
  const names = await answer().evaluate((element) => [...new Set([...element.querySelectorAll("*")].map(({ localName }) => localName))]);
  for (const name of ["img", "script", "style", "iframe", "object", "form"]) assert.ok(!names.includes(name), name);
});
