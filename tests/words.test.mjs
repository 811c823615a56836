/** What the element says in each language: whole, and said of the same things as in English. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import english from "../www/words/en.js";

const LANGUAGES = ["ar", "de", "es", "fr", "ja", "zh"];

/** Phrases of en.js that may be missing elsewhere for a while: they are said in English until then. @type {string[]} */
const AWAITED = [];

/** What reads as in English, and is right all the same. @type {Record<string, string[]>} */
const SAME = {
  all: ["rule_theta"],
  fr: ["conversation", "message", "per_second", "total"],
  de: ["chat", "in_s", "per_second"],
  es: ["chat", "per_second", "total"],
};

/** In the languages with a script of their own, what may stand in Latin letters. */
const LATIN = /Markdown|JSON|\{\w+\}|Enter|Esc|prefill|decode|token|OpenAI|WebAssembly|CSP|\b[pT]\b/g;
const OWN_SCRIPT = ["ar", "ja", "zh"];

/** @param {string} file */
const source = (file) => readFile(new URL(`../${file}`, import.meta.url), "utf8");

/** @param {string} text @param {RegExp} pattern with one group */
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

/** @param {string} text @returns {string[]} the names that values stand for */
const placeholders = (text) => all(text, /\{(\w+)\}/g).sort();

/** @param {string} name */
const snake = (name) => name.replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();

/** What the core and the page can fail with. */
async function errorCodes() {
  const core = all(await source("src/error.rs"), /=> "(\w+)",/g);
  const [, union] = (await source("www/errors.js")).match(/@typedef \{("[^}]+)\} PageErrorCode/) ?? [];
  const codes = [...new Set([...core, ...all(union, /"(\w+)"/g)])].sort();
  assert.ok(core.length > 35 && codes.length > core.length + 10, `${codes}`);
  return codes;
}

/** Why the core decides for a side, and whether it says how likely the edge is needed. */
async function decisionReasons() {
  const policy = await source("src/routing/policy.rs");
  const [, variants] = policy.match(/pub enum Reason \{([^}]+)\}/) ?? [];
  const [, sentences] = policy.match(/fn sentence\(.+?match reason \{(.+?)\n {4}\}/s) ?? [];
  const names = all(variants, /^ +(\w+),/gm);
  assert.ok(names.length > 15, `${names}`);
  return names.map((name) => {
    const [, said] = sentences.match(new RegExp(`Reason::${name} =>(.+?)(?=Reason::|$)`, "s")) ?? [];
    assert.ok(said, name);
    return { reason: snake(name), percent: said.includes("{percent}") };
  });
}

/** Why a turn moves that no error has moved. */
async function switchReasons() {
  const reasons = all(await source("src/turn/answer.rs"), /^const \w+: &str = "(\w+)";/gm);
  assert.ok(reasons.length >= 3, `${reasons}`);
  return reasons;
}

/** @param {string} language @returns {Promise<Record<string, string>>} */
const tableOf = async (language) => (await import(`../www/words/${language}.js`)).default;

test("the tables are those that are loaded, and the ones tested here", async () => {
  const loaded = all(await source("www/words/words.js"), /import\("\.\/(\w+)\.js"\)/g).sort();
  assert.deepEqual(loaded, LANGUAGES);
});

for (const language of LANGUAGES) {
  test(`${language}: every phrase, every reason and every error, and nothing else`, async () => {
    const errors = await errorCodes();
    const reasons = [...(await decisionReasons()).map(({ reason }) => reason), ...(await switchReasons())];
    const wanted = [
      ...Object.keys(english),
      ...errors.map((code) => `error_${code}`),
      ...reasons.map((reason) => `reason_${reason}`),
    ];
    const table = await tableOf(language);
    assert.deepEqual(wanted.filter((name) => !table[name] && !AWAITED.includes(name)), [], "missing");
    const known = new Set([...wanted, ...errors.map((code) => `reason_${code}`)]);
    assert.deepEqual(Object.keys(table).filter((name) => !known.has(name)), [], "that nobody says");
  });

  test(`${language}: the same values as in English`, async () => {
    const table = await tableOf(language);
    for (const [name, text] of Object.entries(table)) {
      if (name in english) assert.deepEqual(placeholders(text), placeholders(english[/** @type {keyof typeof english} */ (name)]), name);
    }
    const tellsPercent = new Set((await decisionReasons()).flatMap(({ reason, percent }) => (percent ? [`reason_${reason}`] : [])));
    for (const [name, text] of Object.entries(table)) {
      if (/^(reason|error)_/.test(name)) assert.deepEqual(placeholders(text), tellsPercent.has(name) ? ["percent"] : [], name);
    }
  });

  test(`${language}: no stray blanks, and whole sentences where English has them`, async () => {
    const table = await tableOf(language);
    for (const [name, text] of Object.entries(table)) {
      assert.equal(text, text.trim(), name);
      assert.doesNotMatch(text, /\s\s|\s[,.]/, name);
      assert.doesNotMatch(text, language === "fr" ? / [:;!?»%]/ : / %/, `${name} may break before its sign`);
      const sentence = /^(reason|error)_/.test(name) || english[/** @type {keyof typeof english} */ (name)]?.endsWith(".");
      assert.equal(/[.。]$/.test(text), Boolean(sentence), name);
    }
  });

  test(`${language}: no English by mistake`, async () => {
    const table = await tableOf(language);
    const same = Object.keys(english).filter((name) => table[name] === english[/** @type {keyof typeof english} */ (name)]);
    assert.deepEqual(same.sort(), [...SAME.all, ...(SAME[language] ?? [])].sort());
    for (const [name, text] of OWN_SCRIPT.includes(language) ? Object.entries(table) : [])
      assert.doesNotMatch(text.replace(LATIN, ""), /[A-Za-z]/, name);
  });
}
