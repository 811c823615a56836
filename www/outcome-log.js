/**
 * Which answers a person found right, kept on this device for calibrating on one's own questions.
 *
 * Only what a person has said counts: thumbs, and asking the edge again, which says that the
 * device's answer was not good enough. Nothing is kept unless the page asks for it, and nothing
 * leaves the page unless someone exports it. The rows are those that `cargo xtask calibrate` reads.
 */

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").TurnReport} TurnReport */
/** @typedef {import("./types.js").Verdict} Verdict */

/**
 * One question, with what is known of either model's answer.
 * @typedef {{id: string, prompt: string, time: number,
 *   models: Record<string, {correct: 0 | 1, output_chars: number}>,
 *   answers: Record<string, string>}} LoggedQuestion
 */

/**
 * Text files: `outcomes` has one question a line, with the models whose outcome is known; `answers`
 * what the device's models wrote, by model, one answer a line.
 * @typedef {{outcomes: string, answers: Record<string, string>, questions: number}} OutcomeExport
 */

const DATABASE = "nearside-outcomes";
const TABLE = "questions";
/** The oldest questions give way to new ones. */
export const MAX_QUESTIONS = 1000;
/** As many turns can be rated as the core remembers. */
const MAX_TURNS = 32;

export class OutcomeLog {
  /** Turns that may still be rated. @type {Map<number, {messages: Message[], report: TurnReport}>} */
  #turns = new Map();
  /** Where the browser has no storage. @type {Map<string, LoggedQuestion>} */
  #memory = new Map();
  /** Settles when all verdicts so far are kept. @type {Promise<void>} */
  #written = Promise.resolve();
  /** When the last question was kept, in milliseconds; no two are kept at once. */
  #time = 0;
  /** @type {Promise<IDBDatabase | null> | null} */
  #database = null;

  /** @param {Message[]} messages @param {TurnReport} report */
  remember(messages, report) {
    this.#turns.set(report.turn, { messages, report });
    for (const turn of this.#turns.keys()) {
      if (this.#turns.size <= MAX_TURNS) break;
      this.#turns.delete(turn);
    }
  }

  /** A router that starts anew counts its turns from one. */
  forgetTurns() {
    this.#turns.clear();
  }

  /**
   * Keeps what a verdict says of the turn's answer, if it says something of one model's alone.
   * @param {number} turn @param {Verdict} verdict
   * @param {{device: string, edge: string}} names the models'
   */
  judge(turn, verdict, names) {
    // One after the other: two verdicts on one question are merged into one row.
    const written = this.#written.then(() => this.#write(turn, verdict, names));
    this.#written = written.catch(() => {});
    return written;
  }

  /** @param {number} turn @param {Verdict} verdict @param {{device: string, edge: string}} names */
  async #write(turn, verdict, names) {
    const judged = this.#turns.get(turn);
    const correct = judged ? correctness(judged.report, verdict) : null;
    if (!judged || correct === null) return;
    const { messages, report } = judged;
    const prompt = promptOf(messages);
    const id = hash(prompt);
    const before = await this.#get(id);
    const name = names[report.route];
    const outcome = { correct, output_chars: report.text.length };
    const answers = { ...before?.answers };
    if (report.route === "device") answers[name] = report.text;
    const models = { ...before?.models, [name]: outcome };
    this.#time = Math.max(Date.now(), this.#time + 1);
    await this.#put({ id, prompt, time: this.#time, models, answers });
  }

  /** @returns {Promise<OutcomeExport>} */
  async export() {
    await this.#written;
    const rows = (await this.#all()).sort((a, b) => a.time - b.time);
    const outcomes = rows.map(({ id, prompt, models }) => ({
      id,
      dataset: "page",
      subject: "chat",
      prompt,
      models,
    }));
    /** @type {Record<string, string>} */
    const answers = {};
    for (const { id, answers: written } of rows) {
      for (const [model, answer] of Object.entries(written)) {
        answers[model] = (answers[model] ?? "") + lines([{ id, answer }]);
      }
    }
    return { outcomes: lines(outcomes), answers, questions: rows.length };
  }

  async clear() {
    await this.#written;
    this.#memory.clear();
    const table = await this.#table("readwrite");
    if (table) await done(table.clear());
  }

  /** @param {string} id @returns {Promise<LoggedQuestion | undefined>} */
  async #get(id) {
    const table = await this.#table("readonly");
    return table ? done(table.get(id)) : this.#memory.get(id);
  }

  /** @returns {Promise<LoggedQuestion[]>} */
  async #all() {
    const table = await this.#table("readonly");
    return table ? done(table.getAll()) : [...this.#memory.values()];
  }

  /** @param {LoggedQuestion} question */
  async #put(question) {
    const table = await this.#table("readwrite");
    if (!table) {
      this.#memory.delete(question.id);
      this.#memory.set(question.id, question);
      const [oldest] = this.#memory.keys();
      if (this.#memory.size > MAX_QUESTIONS) this.#memory.delete(oldest);
      return;
    }
    const written = committed(table.transaction);
    await done(table.put(question));
    const n = await done(table.count());
    if (n > MAX_QUESTIONS) {
      const oldest = await done(table.index("time").getAllKeys(null, n - MAX_QUESTIONS));
      for (const id of oldest) table.delete(id);
    }
    await written;
  }

  /** @param {IDBTransactionMode} mode @returns {Promise<IDBObjectStore | null>} */
  async #table(mode) {
    this.#database ??= openDatabase().catch(() => null);
    const database = await this.#database;
    return database?.transaction(TABLE, mode).objectStore(TABLE) ?? null;
  }
}

/**
 * What a verdict says of the answer; null where it says nothing, or both sides wrote a part of it.
 * @param {TurnReport} report @param {Verdict} verdict @returns {0 | 1 | null}
 */
function correctness({ route, switched, text, finish_reason }, verdict) {
  const ofOneSide = !switched || (switched.to === "edge" && switched.draft !== null);
  if (!ofOneSide || text === "" || finish_reason === "abort") return null;
  if (verdict === "again") return route === "device" ? 0 : null;
  return verdict === "up" ? 1 : 0;
}

/** A question as one text: the message alone, or the dialogue that leads to it. @param {Message[]} messages */
function promptOf(messages) {
  if (messages.length === 1) return messages[0].content;
  return messages.map(({ role, content }) => `${role}: ${content}`).join("\n\n");
}

/** @param {object[]} rows */
function lines(rows) {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** 64 bits of FNV-1a, so that the same question is the same row. @param {string} text */
function hash(text) {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return `page-${value.toString(16).padStart(16, "0")}`;
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () =>
    request.result.createObjectStore(TABLE, { keyPath: "id" }).createIndex("time", "time");
  return done(request);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
