/** The element in other languages: at once, in what is there already, from right to left, and English where all else fails. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ask, heard, newPage, waitUntilReady } from "./harness.mjs";
import { siteForFile } from "./test-site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { site, browser } = siteForFile();
/** @type {Page} */
let page;

beforeEach(async () => {
  await page?.close();
  site.edge = "well";
  site.answer = "The edge answers in several words.";
  page = await newPage(browser.context);
});

async function open(query = "?mode=edge-only") {
  await page.goto(site.url + query);
  await waitUntilReady(page);
}

function chat() {
  return page.locator("nearside-chat");
}

/** @param {string} selector of the element whose `lang` it is @param {string | null} lang */
function setLanguage(selector, lang) {
  return page.locator(selector).evaluate((element, lang) => {
    if (lang === null) element.removeAttribute("lang");
    else element.setAttribute("lang", lang);
  }, lang);
}

/** Waits until the button that sends is called so. @param {string} name */
function speaks(name) {
  return chat().locator(`button[part~=send][aria-label="${name}"]`).waitFor({ state: "attached" });
}

/** @param {string} part */
async function text(part) {
  return (await chat().locator(`[part~=${part}]`).last().textContent()) ?? "";
}

/** An edge that fails is asked. @param {string} question */
async function askInVain(question) {
  const before = await heard(page);
  await chat().locator("textarea[part~=input]").fill(question);
  await page.keyboard.press("Enter");
  await page.waitForFunction((errors) => /** @type {any} */ (window).heard.error.length > errors, before.errors);
  await chat().locator("[part=error]").waitFor();
}

/** The placed boxes of some elements. @param {string[]} selectors */
async function boxes(...selectors) {
  const found = await Promise.all(selectors.map((selector) => chat().locator(selector).last().boundingBox()));
  return found.map((box, index) => {
    assert.ok(box, selectors[index]);
    return { ...box, right: box.x + box.width };
  });
}

test("what is shown changes with the language, also in answers and errors that are there", async () => {
  await open();
  await ask(page, "Hello");
  await chat().locator("[part=details] > summary").click();
  await chat().locator(".in-words").waitFor();
  site.edge = 500;
  await askInVain("And now?");
  await setLanguage("nearside-chat", "de");
  await speaks("Senden");
  assert.equal(await text("reason"), "Nur der Server darf antworten.");
  assert.equal(await text("chip"), "Server");
  assert.match(await text("error"), /^Auf dem Server ist ein Fehler aufgetreten\. .*Erneut versuchen$/);
  await chat().getByText("Das erste Wort kam nach").waitFor();
  assert.match((await chat().locator(".timing").textContent()) ?? "", /^\d+,\d+\u00a0s$|^\d+\u00a0ms$/);
  assert.equal(await chat().locator("option[value=edge-only]").textContent(), "Nur Server");
  assert.match(await text("status"), /Server online$/);
  assert.equal(await chat().locator("option[value='4096']").textContent(), "Bis 4.096 Token");
  assert.equal(await chat().locator("[part~=answer]").first().textContent(), site.answer, "what a model writes is its own");

  await setLanguage("nearside-chat", "fr");
  await speaks("Envoyer");
  assert.equal(await text("reason"), "Seul le serveur peut répondre.");
  assert.match(await text("error"), /^Une erreur s’est produite sur le serveur\./);
  await chat().getByText("Le premier mot est arrivé").waitFor();
  await setLanguage("nearside-chat", null);
  await speaks("Send");
  assert.match(await text("error"), /^The edge failed \(HTTP 500\)/);
});

test("messages that were out of the page speak the language of now when they come back", async () => {
  site.answer = "Yes.";
  await open();
  await chat().evaluate((/** @type {any} */ element) => {
    const said = Array.from({ length: 30 }, (_, n) => [{ role: "user", content: `Question ${n}` }, { role: "assistant", content: `Answer ${n}` }]);
    element.messages = said.flat();
  });
  const first = chat().getByText("Question 9", { exact: true });
  await first.waitFor();
  // The log gets too long, and what came before leaves the page.
  await chat().evaluate(async (/** @type {any} */ element) => {
    for (let n = 0; n < 32; n++) await element.ask("And now?");
  });
  await first.waitFor({ state: "detached" });
  await setLanguage("nearside-chat", "fr");
  await speaks("Envoyer");
  await chat().locator("[part=earlier]").click();
  await first.waitFor();
  const names = await chat().locator("article").evaluateAll((articles) => articles.map((article) => article.getAttribute("aria-label")));
  assert.deepEqual([...new Set(names)].sort(), ["Réponse", "Vous"]);
});

test("the details of an error, which are English, are a hint away in the other languages", async () => {
  await open();
  await setLanguage("nearside-chat", "es");
  await speaks("Enviar");
  site.edge = 500;
  await askInVain("Hola");
  assert.match(await text("error"), /^Se produjo un error en el servidor\./);
  const hint = await chat().locator("[part=error] [title]").getAttribute("title");
  assert.match(hint ?? "", /HTTP 500.*as the test wants/);
});

test("the language is that of the page around, also of a shadow tree's host, and the element's own comes first", async () => {
  await open();
  await setLanguage("html", "ja");
  await speaks("送信");
  await setLanguage("main", "zh-Hant-TW");
  await speaks("发送");
  await setLanguage("html", "es");
  await setLanguage("nearside-chat", "fr-CA");
  await speaks("Envoyer");
  await setLanguage("nearside-chat", null);
  await setLanguage("main", null);
  await speaks("Enviar");
  // Now within a shadow tree, whose host speaks.
  await page.evaluate(() => {
    const host = document.createElement("div");
    const element = document.querySelector("nearside-chat");
    document.querySelector("main")?.append(host);
    if (element) host.attachShadow({ mode: "open" }).append(element);
    host.id = "host";
  });
  await setLanguage("#host", "de");
  await speaks("Senden");
  await setLanguage("#host", null);
  await speaks("Enviar");
});

test("a language that there is no table for is English, and says so to screen readers", async () => {
  await open();
  await setLanguage("nearside-chat", "de");
  await speaks("Senden");
  await setLanguage("nearside-chat", "tlh");
  await speaks("Send");
  const spoken = await chat().evaluate((element) => [...(element.shadowRoot?.children ?? [])].map((child) => child.getAttribute("lang")));
  assert.deepEqual([...new Set(spoken)], ["en"]);
});

test("of two languages asked for at once the last one wins, whichever comes first", async () => {
  /** @type {() => void} */
  let release = () => {};
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route("**/words/ja.js", async (route) => (await held, route.continue()));
  await open();
  await setLanguage("nearside-chat", "ja");
  await setLanguage("nearside-chat", "es");
  await speaks("Enviar");
  release();
  await page.waitForResponse(/words\/ja\.js/).catch(() => {});
  await page.evaluate(() => import(/** @type {any} */ ("/www/words/ja.js")));
  await speaks("Enviar");
});

test("a table that does not load leaves English, and the next language is spoken", async () => {
  await page.route("**/words/de.js", (route) => route.abort());
  await open();
  await setLanguage("nearside-chat", "fr");
  await speaks("Envoyer");
  await setLanguage("nearside-chat", "de");
  await speaks("Send");
  await ask(page, "Hello");
  assert.equal(await text("reason"), "Only the edge may answer.");
  await setLanguage("nearside-chat", "es");
  await speaks("Enviar");
});

test("Arabic is laid out from right to left, and each text in its own direction", async () => {
  site.answer = "عاصمة فرنسا هي **باريس**، واسمها Paris.\n\n- أولًا `x = 1`\n\n```python\nprint(1)\n```\n\nThis is English.";
  await open();
  await setLanguage("nearside-chat", "ar");
  await speaks("إرسال");
  const pages = await page.locator(".suggest p").evaluate((text) => getComputedStyle(text).direction);
  assert.equal(pages, "ltr", "what the page puts into it has the direction of its own words");
  await ask(page, "What is the capital of France?");
  await chat().locator("pre").waitFor();

  const [frame] = await boxes("[part=form]");
  const [input, send] = await boxes("textarea", "button[part=send]");
  assert.ok(send.right < input.x, "the button that sends is left of the line to type in");
  const gaps = await chat().locator("[part=form]").evaluate((form) => [getComputedStyle(form).paddingRight, getComputedStyle(form).paddingLeft].map(parseFloat));
  assert.ok(gaps[0] > gaps[1], `the wide padding is where the text begins: ${gaps}`);
  assert.ok(Math.abs(frame.right - gaps[0] - input.right) < 3);
  const [question, chip] = await boxes("[part=question]", "[part=chip]");
  assert.ok(question.x < frame.x + 20, "a question is at the left");
  assert.ok(chip.right > frame.right - 20, "an answer begins at the right");

  const directions = await chat().locator(".markdown").last().evaluate((answer) => {
    const direction = (/** @type {string} */ selector) => getComputedStyle(/** @type {Element} */ (answer.querySelector(selector))).direction;
    return [direction(".blocks > p"), direction("ul"), direction("ul code"), direction("pre"), getComputedStyle([...answer.querySelectorAll(".blocks > p")].at(-1) ?? answer).direction];
  });
  assert.deepEqual(directions, ["rtl", "rtl", "ltr", "ltr", "ltr"]);
  const [list] = await boxes(".markdown ul");
  assert.ok(list.right <= frame.right, "a list's marks are within");

  const direction = () => chat().locator("textarea").evaluate((input) => getComputedStyle(input).direction);
  assert.equal(await direction(), "rtl", "an empty line has its hint at the right");
  await chat().locator("textarea").fill("Hello");
  assert.equal(await direction(), "ltr");
  await setLanguage("nearside-chat", "en");
  await speaks("Send");
  await chat().locator("textarea").fill("مرحبا");
  assert.equal(await direction(), "rtl");
  const [after, before] = await boxes("button[part=send]", "textarea");
  assert.ok(after.x > before.right, "and back");
});

for (const [language, send] of Object.entries({ ar: "إرسال", de: "Senden", es: "Enviar", fr: "Envoyer", ja: "送信", zh: "发送" })) {
  test(`${language}: nothing is wider than a small phone, with all numbers, a warning and an error`, async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await open();
    await setLanguage("nearside-chat", language);
    await speaks(send);
    await ask(page, "Hello");
    await chat().locator("[part=details] > summary").click();
    await chat().locator(".numbers > summary").click();
    await chat().evaluate((/** @type {any} */ element) => {
      element.router.dispatchEvent(new CustomEvent("warning", { detail: { code: "memory_low", message: "Little memory." } }));
    });
    site.edge = 500;
    await askInVain("And now?");
    const wide = await chat().evaluate((element) => {
      const all = [...(element.shadowRoot?.querySelectorAll("*") ?? [])];
      const right = element.getBoundingClientRect();
      return all
        .filter((part) => part instanceof HTMLElement && part.checkVisibility() && !part.closest(".hidden, select, pre"))
        .filter((part) => {
          const box = part.getBoundingClientRect();
          return box.left < right.left - 1 || box.right > right.right + 1 || (part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1);
        })
        .map((part) => `${part.tagName}.${part.className}: ${part.textContent}`);
    });
    assert.deepEqual(wide, []);
  });
}
