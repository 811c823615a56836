/**
 * Asks a model questions, judges its answers, and writes down what became of each.
 *
 *     node train/outcomes/record.mjs --name NAME --questions FILE… --out DIR (--url URL | --gateway PROGRAM --model FILE)
 *
 * With `--samples N` it draws N beginnings of answers by chance instead, into DIR/DATASET.NAME.samples.jsonl.
 * With `--reads DEVICE` it does not answer: it reads what DEVICE has answered (DIR/DATASET.DEVICE.jsonl), and what
 * it thinks of each token goes to DIR/DATASET.DEVICE.read-by.NAME.jsonl. With `--judges DEVICE` it is asked whether that
 * answer is right, in the router's words, and how likely its yes and its no were goes to
 * DIR/DATASET.DEVICE.judged-by.NAME.jsonl.
 *
 * `cargo xtask outcomes` builds the gateway, finds the model and calls this; `--help` there tells the rest. Any
 * server that speaks OpenAI's chat completions will do. What was asked before is not asked again: a run that was
 * stopped goes on where it was.
 */

import { appendFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { isRight } from "../../benches/checks.mjs";
import { startGateway } from "../../tests/e2e/harness.mjs";

/** @typedef {{id: string, dataset: string, subject: string, prompt: string, before?: {role: string, content: string}[], check: import("../../benches/checks.mjs").Check}} Question */

const { values: options } = parseArgs({
  options: {
    name: { type: "string" },
    questions: { type: "string", multiple: true },
    out: { type: "string" },
    url: { type: "string" },
    model: { type: "string" },
    sampling: { type: "string" },
    "key-env": { type: "string" },
    "served-as": { type: "string" },
    parallel: { type: "string", default: "8" },
    threads: { type: "string", default: "1" },
    "max-tokens": { type: "string", default: "256" },
    samples: { type: "string", default: "0" },
    "sample-tokens": { type: "string", default: "24" },
    limit: { type: "string" },
    reads: { type: "string" },
    judges: { type: "string" },
  },
});
const { name, questions: files, out } = options;
if (!name || !files || !out || !(options.url || options.model)) {
  throw new Error("say --name NAME, --questions FILE, --out DIR, and --url URL or --model FILE; `cargo xtask outcomes --help` tells more");
}
const parallel = Number(options.parallel);
const nSamples = Number(options.samples);
const device = options.reads ?? options.judges;

/** @param {string} file @returns {Promise<any[]>} */
async function lines(file) {
  const text = await readFile(file, "utf8");
  return text.split("\n").filter(Boolean).map((line, i) => {
    try {
      return JSON.parse(line);
    } catch (error) {
      throw new Error(`${file}, line ${i + 1}, is not JSON: ${/** @type {Error} */ (error).message}`);
    }
  });
}

/** @param {string} file @returns {Promise<Question[]>} */
async function questionsOf(file) {
  const found = await lines(file);
  const bad = found.findIndex(({ id, prompt, check }) => !id || typeof prompt !== "string" || !check?.type);
  if (bad >= 0) throw new Error(`${file}, line ${bad + 1}: a question has an id, a prompt and a check`);
  return found;
}

/** The end of what is written with three decimals is noise. @param {number} x */
const rounded = (x) => Math.round(x * 1000) / 1000;

/** @param {string} url @param {object} body */
async function complete(url, body) {
  const key = options["key-env"] ? process.env[options["key-env"]] : undefined;
  const response = await fetch(`${url}chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
    body: JSON.stringify({ ...(options["served-as"] ? { model: options["served-as"] } : {}), ...body }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the server answers ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/**
 * What a token's place tells: its own logarithm, and that of the likeliest other.
 * @param {any} place @returns {[number, number | null]}
 */
function probabilities({ token, logprob, top_logprobs: top }) {
  const other = (top ?? []).find((/** @type {any} */ one) => one.token !== token);
  return [rounded(logprob), other ? rounded(other.logprob) : null];
}

/** @param {string} url @param {Question} question */
async function answer(url, question) {
  const messages = [...(question.before ?? []), { role: "user", content: question.prompt }];
  const started = performance.now();
  const { choices, usage } = await complete(url, {
    messages, max_tokens: Number(options["max-tokens"]), logprobs: true, top_logprobs: 2,
  });
  const seconds = (performance.now() - started) / 1000;
  const text = choices[0].message.content ?? "";
  /** @type {[number, number | null][]} */
  const told = choices[0].logprobs?.content?.map(probabilities) ?? [];
  return {
    id: question.id,
    correct: Number(isRight(question.check, text)),
    answer: text,
    finish: choices[0].finish_reason,
    tokens: usage?.completion_tokens ?? null,
    seconds: rounded(seconds),
    // Flat, as two lists: a tenth of the size of one list of pairs.
    logprobs: told.map(([own]) => own),
    others: told.map(([, other]) => other),
  };
}

/** Beginnings of answers that are drawn by chance. @param {string} url @param {Question} question */
async function sample(url, question) {
  const messages = [...(question.before ?? []), { role: "user", content: question.prompt }];
  const started = performance.now();
  const draw = (/** @type {number} */ seed) =>
    complete(url, { messages, max_tokens: Number(options["sample-tokens"]), temperature: 0.7, top_p: 0.95, seed });
  const drawn = await Promise.all(Array.from({ length: nSamples }, (_, i) => draw(i + 1)));
  return {
    id: question.id,
    samples: drawn.map(({ choices }) => choices[0].message.content ?? ""),
    seconds: rounded((performance.now() - started) / 1000),
  };
}

/** A place of a draft: its token's logarithm, the likeliest token's, and the token's rank. @param {any} place */
function place(place) {
  const tokens = Object.values(place);
  const best = tokens.find(({ rank }) => rank === 1) ?? tokens[0];
  const own = tokens.find(({ rank }) => rank > 1) ?? best;
  return [rounded(own.logprob), rounded(best.logprob), own.rank];
}

/** @param {string} url @param {Question & {answer: string}} question */
async function read(url, question) {
  const messages = [
    ...(question.before ?? []), { role: "user", content: question.prompt }, { role: "assistant", content: question.answer },
  ];
  const started = performance.now();
  const { choices, usage, prompt_logprobs: places } = await complete(url, {
    messages, continue_final_message: true, add_generation_prompt: false,
    max_tokens: 1, prompt_logprobs: 1, logprobs: true, top_logprobs: 2,
  });
  if (!Array.isArray(places)) throw new Error("the server tells no probabilities of a prompt");
  return {
    id: question.id,
    places: places.map(place),
    // What it would go on with; nothing where it would end here.
    next: choices[0].logprobs?.content?.map(probabilities) ?? [],
    prompt_tokens: usage?.prompt_tokens ?? null,
    seconds: rounded((performance.now() - started) / 1000),
  };
}

const VERDICT = (await readFile(new URL("../../src/edge/verdict.txt", import.meta.url), "utf8")).trim();

/**
 * How likely the first word is a yes, and a no, in whatever spelling.
 * @param {any[]} top
 */
function yesOrNo(top) {
  const likely = (/** @type {string} */ wanted) =>
    top.filter(({ token }) => token.replace(/[^a-z]/gi, "").toLowerCase() === wanted)
      .reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
  return { yes: rounded(likely("yes")), no: rounded(likely("no")) };
}

/** @param {string} url @param {Question & {answer: string}} question */
async function judge(url, question) {
  const messages = [
    ...(question.before ?? []), { role: "user", content: question.prompt },
    { role: "assistant", content: question.answer }, { role: "user", content: VERDICT },
  ];
  const started = performance.now();
  const { choices, usage } = await complete(url, { messages, max_tokens: 1, temperature: 0, logprobs: true, top_logprobs: 5 });
  const top = choices[0].logprobs?.content?.[0]?.top_logprobs;
  if (!Array.isArray(top)) throw new Error("the server tells no probabilities of its words");
  return {
    id: question.id,
    said: choices[0].message.content,
    ...yesOrNo(top),
    prompt_tokens: usage?.prompt_tokens ?? null,
    seconds: rounded((performance.now() - started) / 1000),
  };
}

/** @param {number} seconds */
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;

/** @param {string} url @param {any[]} waiting @param {string} file @param {(url: string, question: any) => Promise<any>} ask */
async function askAll(url, waiting, file, ask) {
  const started = performance.now();
  let [done, right, shown] = [0, 0, 0];
  const queue = [...waiting];
  async function work() {
    for (let question = queue.shift(); question; question = queue.shift()) {
      const outcome = await ask(url, question);
      await appendFile(file, `${JSON.stringify(outcome)}\n`);
      [done, right] = [done + 1, right + (outcome.correct ?? 0)];
      const took = (performance.now() - started) / 1000;
      if (took - shown > 5 || done === waiting.length) {
        shown = took;
        const left = (took / done) * (waiting.length - done);
        const judged = outcome.correct === undefined ? "" : `${Math.round((100 * right) / done)} % right, `;
        console.error(`${done} of ${waiting.length}, ${judged}${clock(took)} gone, ${clock(left)} left`);
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, work));
}

await mkdir(out, { recursive: true });
const gateway = options.model
  ? await startGateway({
      serves: ["--model", options.model, "--context", "4096", "--threads", String(options.threads)],
      args: [
        "--max-concurrent", String(parallel * Math.max(1, nSamples)), "--max-queue", "1000", "--cache-mb", "4096",
        ...(options.sampling ? ["--sampling", options.sampling] : []),
      ],
    })
  : null;
const url = gateway ? `${gateway.url}v1/` : /** @type {string} */ (options.url).replace(/\/*$/, "/");
try {
  for (const from of files) {
    const questions = (await questionsOf(from)).slice(0, Number(options.limit ?? Infinity));
    const dataset = questions[0]?.dataset ?? path.basename(from, ".jsonl");
    const answered = path.join(out, `${dataset}.${device ?? name}.jsonl`);
    const [ask, suffix] = options.reads ? [read, `.read-by.${name}`]
      : options.judges ? [judge, `.judged-by.${name}`]
      : nSamples ? [sample, ".samples"] : [answer, ""];
    const file = answered.replace(/\.jsonl$/, `${suffix}.jsonl`);
    const known = new Set((await lines(file).catch(() => [])).map(({ id }) => id));
    let waiting = questions.filter(({ id }) => !known.has(id));
    if (device) {
      const drafts = new Map((await lines(answered)).map(({ id, answer }) => [id, answer]));
      waiting = waiting.filter(({ id }) => drafts.get(id)).map((question) => ({ ...question, answer: drafts.get(question.id) }));
    }
    console.error(`${name}: ${waiting.length} of ${questions.length} questions of ${dataset}; what is told goes to ${file}`);
    await askAll(url, waiting, file, ask);
  }
} finally {
  await gateway?.stop();
}
