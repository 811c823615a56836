/**
 * What a turn costs in Chromium beside computing, after dialogues of growing length, on either side.
 *
 *     cargo xtask build && node benches/long-dialogues.mjs
 *
 * docs/long-dialogues.md says what is measured. Fails where a turn after the longest dialogue takes more
 * than 50 ms longer than one after the shortest.
 */

import { launchBrowser, newPage, waitUntilReady } from "../tests/e2e/harness.mjs";
import { startSite } from "../tests/e2e/test-site.mjs";

const LENGTHS = [10, 100, 1000, 10_000];
const N_WORDS = 120;
const N_TURNS = 9;
const N_RELOADS = 5;
const MOST_MORE_MILLIS = 50;

/** What runs in the page. */
const BENCH = `(() => {
const WORDS = "river answer seven because moving light of the morning number question and".split(" ");
function text(seed) {
  let state = seed * 2 + 1;
  const word = () => WORDS[(state = (state * 48271) % 2147483647) % WORDS.length];
  return Array.from({ length: ${N_WORDS} }, word).join(" ");
}
const role = (i) => (i % 2 === 0 ? "user" : "assistant");
const history = (n) => Array.from({ length: n }, (_, i) => ({ role: role(i), content: text(i + 1) }));
const chat = () => document.querySelector("nearside-chat");
const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];

async function turn(messages) {
  messages.push({ role: "user", content: "And then?" });
  const started = performance.now();
  const answer = await chat().router.chat.completions.create({ messages, max_tokens: 1 });
  const millis = performance.now() - started;
  messages.push({ role: "assistant", content: answer.choices[0].message.content || "Yes." });
  return millis;
}

/** Turns by script: each hands over the whole dialogue, as OpenAI's request has it. */
async function byScript(n) {
  const messages = history(n);
  const first = await turn(messages);
  const later = [];
  for (let i = 0; i < ${N_TURNS}; i++) later.push(await turn(messages));
  return { first, later: median(later) };
}

/** Turns as a person takes them, in the element. */
async function byPerson(nTurns) {
  const millis = [];
  for (let i = 0; i < nTurns; i++) {
    const started = performance.now();
    await chat().ask("And then?");
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    millis.push(performance.now() - started);
  }
  return median(millis);
}
Object.assign(globalThis, { dialogueOf: history, chat, byScript, byPerson });
})()`;

const site = await startSite();
site.answer = "Yes.";
const browser = await launchBrowser();

/** @param {string} query */
async function open(query) {
  const page = await newPage(browser.context);
  await page.goto(`${site.url}?${query}`);
  await waitUntilReady(page);
  await page.evaluate(() =>
    /** @type {any} */ (document.querySelector("nearside-chat")).router.configure({
      core: { max_tokens: 1, catch_up_tokens: 0, warm_edge_tokens: 0 },
    }),
  );
  await page.evaluate(BENCH);
  return page;
}

/** @type {Record<string, number[]>} */
const rows = {};
/** @param {string} name @param {number} millis */
const note = (name, millis) => (rows[name] ??= []).push(millis);

try {
  for (const n of LENGTHS) {
    for (const side of ["device", "edge"]) {
      const page = await open(`mode=${side}-only`);
      const { first, later } = /** @type {any} */ (await page.evaluate(`byScript(${n})`));
      note(`${side}, by script`, later);
      note(`  ${side}, the first by script`, first);
      await page.evaluate(`chat().messages = dialogueOf(${n})`);
      await page.evaluate("byPerson(1)");
      note(`${side}, by a person`, /** @type {any} */ (await page.evaluate(`byPerson(${N_TURNS})`)));
      await page.close();
    }
    const page = await open("mode=device-only&keep");
    await page.evaluate(`chat().messages = dialogueOf(${n})`);
    await page.evaluate("byPerson(1)");
    const back = [];
    for (let i = 0; i < N_RELOADS; i++) {
      await page.waitForTimeout(2000);
      await page.reload();
      await waitUntilReady(page);
      await page.evaluate(() =>
        /** @type {any} */ (document.querySelector("nearside-chat")).router.configure({ core: { max_tokens: 1 } }),
      );
      await page.waitForTimeout(1000);
      await page.evaluate(BENCH);
      back.push(/** @type {any} */ (await page.evaluate("byPerson(1)")));
    }
    note("device, first turn after a reload", back.sort((a, b) => a - b)[N_RELOADS >> 1]);
    await page.evaluate("chat().newChat()");
    await page.waitForTimeout(500);
    await page.close();
  }
} finally {
  await browser.close();
  await site.close();
}

console.log(`milliseconds a turn, by messages of ${N_WORDS} words before it`);
console.log(" ".repeat(36) + LENGTHS.map((n) => String(n).padStart(9)).join(""));
for (const [name, all] of Object.entries(rows)) {
  const few = all.length / LENGTHS.length;
  for (let i = 0; i < few; i++) {
    const millis = all.filter((_, at) => at % few === i);
    console.log(name.padEnd(36) + millis.map((value) => value.toFixed(1).padStart(9)).join(""));
    const promised = /^(device|edge), (by|first)/.test(name);
    if (promised && millis[LENGTHS.length - 1] > millis[0] + MOST_MORE_MILLIS) process.exitCode = 1;
  }
}
