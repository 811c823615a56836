/**
 * Whether an answer is right, by a check that is plain data. `train/everyday/question.py` makes such checks
 * and says what each means; models/eval-questions.jsonl has a few older kinds.
 */

import { spawnSync } from "node:child_process";

/** @typedef {{ type: string, value?: any, flags?: string, [bound: string]: any }} Check */

/** How long an answer's code may run. */
const CODE_MILLIS = 5000;

/** @param {Check} check @param {string} text @returns {boolean} */
export function isRight(check, text) {
  const judge = /** @type {Record<string, (check: any, text: string) => boolean>} */ (CHECKS)[check.type];
  if (!judge) throw new Error(`there is no check "${check.type}": see benches/checks.mjs`);
  return judge(check, text);
}

const CHECKS = {
  /** As written, in any case unless the question asks for one. @param {Check} check @param {string} text */
  matches: ({ value, flags }, text) => new RegExp(value, flags ?? "is").test(text),

  /** The last whole number. @param {Check} check @param {string} text */
  number: ({ value }, text) => Number(text.match(/\d+/g)?.at(-1) ?? NaN) === value,

  /** @param {Check} check @param {string} text */
  contains: ({ value }, text) => text.toLowerCase().includes(String(value).toLowerCase()),

  /** The answer's last words. @param {Check} check @param {string} text */
  words({ value }, text) {
    const said = text.toLowerCase().match(/[a-z]+/g) ?? [];
    return value.every((/** @type {string} */ word, /** @type {number} */ i) => said.at(i - value.length) === word.toLowerCase());
  },

  /** @param {Check} check @param {string} text */
  says: ({ value }, text) => value.some((/** @type {string} */ one) => placeOf(one, text) >= 0),

  /** @param {Check} check @param {string} text */
  quantity({ value, tolerance }, text) {
    const concluded = conclusion(text);
    return concluded !== null && Math.abs(concluded - value) <= Math.max(tolerance * Math.abs(value), 1e-9);
  },

  /** @param {Check} check @param {string} text */
  line({ value, case: exact }, text) {
    const plain = (/** @type {string} */ line) => {
      const bare = line.replace(/^(?:[\s>*_`"'“”‘’#]|-(?!\d))+|[\s*_`"'“”‘’.]+$/g, "").replace(/\s+/g, " ").replace(/[’‘]/g, "'");
      return exact ? bare : bare.toLowerCase();
    };
    const wanted = new Set(value.map(plain));
    return text.split("\n").some((line) => wanted.has(plain(line)) || wanted.has(plain(line.replace(/^[^:]*:/, ""))));
  },

  /** @param {Check} check @param {string} text */
  label({ value, labels }, text) {
    const places = labels.map((/** @type {string} */ one) => ({ one, at: placeOf(one, text) }));
    const named = places.filter((/** @type {{at: number}} */ place) => place.at >= 0);
    named.sort((/** @type {{at: number}} */ a, /** @type {{at: number}} */ b) => a.at - b.at);
    return named[0]?.one === value;
  },

  /** @param {Check} check @param {string} text */
  items({ value, ordered }, text) {
    let rest = text;
    for (const one of value) {
      const at = placeOf(one, rest);
      if (at < 0) return false;
      if (ordered) rest = rest.slice(at + one.length);
    }
    return true;
  },

  /** @param {Check} check @param {string} text */
  json({ value }, text) {
    const found = firstJson(text);
    return found !== undefined && sameJson(found, value);
  },

  /** @param {Check} bounds @param {string} text */
  shape(bounds, text) {
    const bare = unfenced(text).trim();
    const lines = bare.split("\n").filter((line) => line.trim() !== "");
    const words = bare.match(/[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*/gu) ?? [];
    const sentences = bare.match(/[^.!?]*\p{L}[^.!?]*(?:[.!?]+|$)/gu) ?? [];
    const items = lines.filter((line) => /^\s*(?:[-*•]|\d+[.)])\s/.test(line));
    const lower = bare.toLowerCase();
    const { min_words, max_words, n_lines, min_lines, n_sentences, n_items, starts, ends } = bounds;
    return (
      bare !== "" &&
      words.length >= (min_words ?? 0) &&
      words.length <= (max_words ?? Infinity) &&
      lines.length >= (min_lines ?? 0) &&
      lines.length === (n_lines ?? lines.length) &&
      sentences.length === (n_sentences ?? sentences.length) &&
      items.length === (n_items ?? items.length) &&
      lower.startsWith((starts ?? "").toLowerCase()) &&
      lower.endsWith((ends ?? "").toLowerCase()) &&
      (!bounds.upper || bare === bare.toUpperCase()) &&
      (!bounds.lower || bare === lower)
    );
  },

  /** @param {Check} check @param {string} text */
  code({ language, name, tests }, text) {
    const source = codeIn(text, name);
    return source !== null && runs(language, source, name, tests);
  },

  /** @param {Check} check @param {string} text */
  all: ({ value }, text) => value.every((/** @type {Check} */ check) => isRight(check, text)),

  /** @param {Check} check @param {string} text */
  any: ({ value }, text) => value.some((/** @type {Check} */ check) => isRight(check, text)),

  /** @param {Check} check @param {string} text */
  not: ({ value }, text) => !isRight(value, text),
};

/** Where `one` stands in `text` as whole words, or -1. @param {string} one @param {string} text */
function placeOf(one, text) {
  const escaped = one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’]/g, "['’]");
  return text.search(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "iu"));
}

const NUMBER = /-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?/g;

/** What stands in bold is a conclusion where it is a number and its unit, not "Step 2:". */
const ALONE = /^[^\p{L}\p{N}]*(?:=\s*)?\d[\d.,]*(?:[^\p{L}\p{N}]*\p{L}+){0,2}[^\p{L}\p{N}]*$/u;

/** The number that stands alone in bold or in a box, or else the last one. @param {string} text */
function conclusion(text) {
  const read = (/** @type {string} */ part) => {
    const plain = part.replace(/[−–]/g, "-").replace(/(?<=\d)\s?-\s?(?=\d)/g, " - ");
    const found = plain.match(NUMBER);
    return found ? Number(found[found.length - 1].replaceAll(",", "")) : null;
  };
  const marks = [...text.matchAll(/\\boxed\{([^}]*)\}|\*\*([^*]+)\*\*/g)].map((m) => m[1] ?? m[2]);
  const marked = marks.filter((mark) => ALONE.test(mark)).map(read);
  const last = marked.filter((value) => value !== null).at(-1);
  return last ?? read(text);
}

/** The first JSON object or array of a text. @param {string} text @returns {any} */
function firstJson(text) {
  for (let at = text.search(/[[{]/); at >= 0 && at < text.length; ) {
    const close = text[at] === "{" ? "}" : "]";
    for (let end = text.lastIndexOf(close); end > at; end = text.lastIndexOf(close, end - 1)) {
      try {
        return JSON.parse(text.slice(at, end + 1));
      } catch {
        // Another end may close it.
      }
    }
    const next = text.slice(at + 1).search(/[[{]/);
    if (next < 0) return undefined;
    at += 1 + next;
  }
  return undefined;
}

/** @param {any} a @param {any} b @returns {boolean} */
function sameJson(a, b) {
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => sameJson(one, b[i]));
  }
  if (a && b && typeof a === "object" && typeof b === "object") {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameJson(a[key], b[key]));
  }
  if (typeof a === "string" || typeof b === "string") return String(a).trim().toLowerCase() === String(b).trim().toLowerCase();
  return a === b;
}

/** A text without a fence around all of it. @param {string} text */
function unfenced(text) {
  return text.trim().replace(/^```[^\n]*\n([^]*?)\n?```$/, "$1");
}

/**
 * The code of an answer: those of its fenced blocks that name the function, or what looks like code from the first
 * definition on.
 * @param {string} text @param {string} name
 */
function codeIn(text, name) {
  const blocks = [...text.matchAll(/```[^\n]*\n([^]*?)(?:```|$)/g)].map((m) => m[1]);
  const defining = blocks.filter((block) => new RegExp(`\\b${name}\\b`).test(block) && /\bdef\b|\bfunction\b|=>/.test(block));
  if (defining.length > 0) return defining[0];
  if (blocks.length > 0) return blocks.join("\n");
  const at = text.search(/^(?:async )?(?:def|function|const|let|var|import|from)\s/m);
  if (at < 0) return null;
  const lines = text.slice(at).split("\n");
  const prose = lines.findIndex((line) => /^[A-Z*`]\S* /.test(line));
  return lines.slice(0, prose < 0 ? lines.length : prose).join("\n");
}

/** How each language is asked for the results of a function on stdin's tests; whatever it prints itself is not read. */
const RUNNERS = {
  python: ["python3", ["-I", "-c", `
import json, resource, sys, io
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
asked, out = json.load(sys.stdin), sys.stdout
sys.stdout = io.StringIO()
scope = {"__name__": "answer"}
exec(asked["source"], scope)
results = [scope[asked["name"]](*arguments) for arguments, _ in asked["tests"]]
out.write(json.dumps(results, default=lambda x: sorted(x) if isinstance(x, (set, frozenset)) else list(x)))
out.flush()
`]],
  javascript: ["node", ["--max-old-space-size=256", "-e", `
const vm = require("node:vm");
const { source, name, tests } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const quiet = new Proxy({}, { get: () => () => {} });
const scope = vm.createContext({ console: quiet, module: {}, exports: {} });
vm.runInContext(source, scope, { timeout: 3000 });
const results = vm.runInContext("(" + name + ", JSON.stringify(tests.map(([arguments]) => " + name + "(...arguments))))",
  Object.assign(scope, { tests }), { timeout: 3000 });
process.stdout.write(results);
`]],
};

/**
 * Whether code does what is asked. It runs in a process of its own, with little memory and time; it is code that a
 * language model wrote, so judge answers where nothing can be lost.
 *
 * @param {"python" | "javascript"} language @param {string} source @param {string} name @param {[any[], any][]} tests
 */
function runs(language, source, name, tests) {
  const [command, args] = /** @type {[string, string[]]} */ (RUNNERS[language]);
  const { status, stdout, error } = spawnSync(command, args, {
    input: JSON.stringify({ source, name, tests }),
    timeout: CODE_MILLIS,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
    maxBuffer: 1 << 20,
  });
  if (error && /** @type {any} */ (error).code === "ENOENT") throw new Error(`${command} is needed to judge ${language} code`);
  if (status !== 0) return false;
  try {
    const results = JSON.parse(stdout);
    return tests.every(([, wanted], i) => sameResult(results[i], wanted));
  } catch {
    return false;
  }
}

/** @param {any} a @param {any} b @returns {boolean} */
function sameResult(a, b) {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => sameResult(one, b[i]));
  return JSON.stringify(a) === JSON.stringify(b);
}
