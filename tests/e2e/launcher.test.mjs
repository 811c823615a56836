/** The chat behind a button in the corner, and what a site may put into it. */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { ask, newPage, repositoryRoot, waitUntilReady } from "./harness.mjs";
import { siteForEachTest } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const stage = siteForEachTest();

/** A page of a site's own with the chat in it. @param {string} attributes @param {string} [inside] */
async function open(attributes, inside = "") {
  const page = await newPage(stage.browser.context);
  stage.site.route("/own.html", (_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,">
      <meta name="viewport" content="width=device-width"><script type="module" src="www/element.js"></script>
      <h1>A shop</h1><button id="own">Buy</button>
      <nearside-chat base-url="v1" mode="edge-only" manifest="models/manifest.json" ${attributes}>${inside}</nearside-chat>`);
  });
  await page.goto(`${stage.site.url}own.html`);
  return page;
}

/** @param {Page} page */
const chat = (page) => page.locator("nearside-chat");
/** @param {Page} page */
const button = (page) => chat(page).locator("button[part=launcher]");
/** @param {Page} page */
const focused = (page) => page.evaluate(() => document.querySelector("nearside-chat")?.shadowRoot?.activeElement?.getAttribute("part"));

test("a button in the corner opens the chat as a dialog, by keyboard alone, and has the focus again", async () => {
  const page = await open('display="launcher"');
  await button(page).waitFor();
  assert.equal(await chat(page).locator("textarea").isVisible(), false);
  const box = await button(page).boundingBox();
  const { width, height } = /** @type {{width: number, height: number}} */ (page.viewportSize());
  assert.ok(box && width - box.x - box.width < 32 && height - box.y - box.height < 32);
  assert.equal(stage.site.count("/models/"), 0, "nothing is loaded before it is opened");

  await page.locator("#own").focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "launcher");
  assert.equal(await button(page).getAttribute("aria-expanded"), "false");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Chat" }).waitFor();
  await page.waitForFunction(() => document.querySelector("nearside-chat")?.shadowRoot?.activeElement?.getAttribute("part") === "input");
  await waitUntilReady(page);
  await page.keyboard.type("Hello");
  await ask(page, "Hello");
  await page.keyboard.press("Escape");
  await button(page).waitFor();
  assert.equal(await focused(page), "launcher");
  await button(page).click();
  await chat(page).getByRole("button", { name: "Close" }).click();
  assert.equal(await chat(page).getAttribute("open"), null);
});

test("Escape stops an answer first; one that comes while the chat is closed is told", async () => {
  stage.site.answer = Array.from({ length: 60 }, (_, n) => `${n * n + 7}`).join(" ");
  const page = await open('display="launcher" open');
  await waitUntilReady(page);
  const asking = chat(page).evaluate((/** @type {any} */ element) => void element.ask("Count."));
  await asking;
  await chat(page).locator("button[part~=stop]").waitFor();
  await chat(page).locator("textarea").press("Escape");
  assert.equal(await chat(page).getAttribute("open"), "");
  await page.locator("nearside-chat[state=ready]").waitFor({ state: "attached" });
  await chat(page).evaluate((/** @type {any} */ element) => (element.ask("Again."), element.close()));
  await chat(page).locator(".unread").waitFor();
  assert.equal(await button(page).getAttribute("aria-label"), "Open the chat: there is a new answer");
  await button(page).click();
  await page.evaluate(() => /** @type {any} */ (document.querySelector("nearside-chat")).close());
  assert.equal(await chat(page).locator(".unread").isVisible(), false);
});

test("on a small phone it takes all of the window, and the line to type in is in sight", async () => {
  const page = await open('display="launcher" open');
  await page.setViewportSize({ width: 320, height: 480 });
  await chat(page).locator("textarea").waitFor();
  // It comes up from below.
  await chat(page).evaluate((element) => Promise.all(element.getAnimations({ subtree: true }).map(({ finished }) => finished)));
  const box = await chat(page).boundingBox();
  assert.deepEqual(box, { x: 0, y: 0, width: 320, height: 480 });
  const line = await chat(page).locator("textarea").boundingBox();
  assert.ok(line && line.y + line.height <= 480);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
});

test("it becomes a part of the page again when the page wants that", async () => {
  const page = await open('display="launcher"');
  await button(page).waitFor();
  await chat(page).evaluate((element) => element.setAttribute("display", "inline"));
  await chat(page).locator("textarea").waitFor();
  assert.equal(await button(page).count(), 0);
  assert.equal(await chat(page).evaluate((element) => getComputedStyle(element).position), "relative");
});

test("a site's own name, notice and footer stand where they belong", async () => {
  const inside = '<b slot="header">Helper</b><p slot="before-input">Ask about orders.</p><small slot="footer">Answers may be wrong.</small>';
  const page = await open("", inside);
  await chat(page).locator("textarea").waitFor();
  const tops = [];
  for (const text of ["Helper", "Ask about orders."]) tops.push((await page.getByText(text).boundingBox())?.y ?? NaN);
  tops.push((await chat(page).locator("textarea").boundingBox())?.y ?? NaN);
  tops.push((await page.getByText("Answers may be wrong.").boundingBox())?.y ?? NaN);
  assert.deepEqual([...tops].sort((a, b) => a - b), tops);
});

test("every part, slot and property that the code has is in custom-elements.json, and no other", async () => {
  const folder = path.join(repositoryRoot, "www");
  const { modules } = JSON.parse(await readFile(path.join(folder, "custom-elements.json"), "utf8"));
  const listed = (/** @type {string} */ kind) => modules[0].declarations[0][kind].map((/** @type {any} */ { name }) => name).sort();
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".js") && !/^(demo|charts|third-party)/.test(name));
  const code = (await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")))).join("\n");
  assert.deepEqual([...new Set([...code.matchAll(/var\((--nearside-[\w-]+)/g)].map(([, name]) => name))].sort(), listed("cssProperties"));
  for (const part of listed("cssParts")) assert.match(code, new RegExp(`"([\\w -]+ )?${part}( [\\w -]+)?"`), part);

  stage.site.answer = "Some `code`:\n\n```js\nlet a = 1;\n```\n";
  const page = await open("keep-dialogue");
  await waitUntilReady(page);
  await ask(page, "Hello");
  await chat(page).getByRole("button", { name: "Edit the question" }).press("Enter");
  await chat(page).locator("[part=edit-input]").waitFor();
  await chat(page).getByRole("button", { name: "Dialogues" }).click();
  await chat(page).locator("[part=dialogue]").waitFor();
  await chat(page).evaluate((element) => element.setAttribute("display", "launcher"));
  await button(page).waitFor();
  const shown = await chat(page).evaluate((element) => {
    const root = /** @type {ShadowRoot} */ (element.shadowRoot);
    const all = (/** @type {string} */ name) => [...root.querySelectorAll(`[${name}]`)].map((one) => one.getAttribute(name) ?? "");
    return { parts: [...new Set(all("part").flatMap((one) => one.split(" ")))], slots: [...root.querySelectorAll("slot")].map((slot) => slot.name) };
  });
  assert.deepEqual(shown.parts.filter((part) => !listed("cssParts").includes(part)), []);
  assert.ok(shown.parts.length > 40, `${shown.parts.length} parts were looked at`);
  // The one of an empty dialogue is away.
  assert.deepEqual([...shown.slots, "empty"].sort(), listed("slots"));
});
