/** The command line of benches/run.mjs. */

import { parseArgs } from "node:util";

import { ENGINES } from "./engines.mjs";
import { DEFAULT_MODELS, MODELS } from "./models.mjs";

const JOBS = /** @type {const} */ (["limits", "generate", "firstToken", "embed"]);
const FULL_ROUNDS = 5;
const QUICK_ROUNDS = 2;

export const HELP = `node benches/run.mjs [options]
  --only ENGINE[,…]    ${ENGINES.map(({ id }) => id).join(", ")}
  --models MODEL[,…]   ${Object.keys(MODELS).join(", ")}; ${DEFAULT_MODELS.join(", ")} unless told otherwise
  --jobs JOB[,…]       ${JOBS.join(", ")}
  --rounds N           ${FULL_ROUNDS} unless told otherwise
  --quick              ${QUICK_ROUNDS} rounds, without waiting for a quiet machine
  --llama-bench FILE   a native llama-bench to run as well
  --json FILE          target/bench/result.json unless told otherwise
  --docs               remake docs/performance.md and docs/performance.svg from what was measured
  --merge              keep what the JSON file holds of other engines and jobs
  --report-only        measure nothing: remake them from the JSON file`;

/** @param {string[]} args */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      models: { type: "string" },
      jobs: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      "llama-bench": { type: "string" },
      json: { type: "string", default: "target/bench/result.json" },
      docs: { type: "boolean", default: false },
      merge: { type: "boolean", default: false },
      "report-only": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : FULL_ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds} is no number of rounds`);
  return {
    ...values,
    rounds,
    engines: chosen("--only", values.only, ENGINES.map(({ id }) => id)),
    models: values.models ? chosen("--models", values.models, Object.keys(MODELS)) : DEFAULT_MODELS,
    jobs: chosen("--jobs", values.jobs, [...JOBS]),
  };
}

/** @typedef {ReturnType<typeof parseOptions>} Options */

/**
 * @template {string} T
 * @param {string} option @param {string | undefined} list @param {T[]} all @returns {T[]}
 */
function chosen(option, list, all) {
  if (list === undefined) return all;
  const names = list.split(",");
  const unknown = names.find((name) => !all.includes(/** @type {T} */ (name)));
  if (unknown !== undefined) throw new Error(`${option}: ${unknown} is none of ${all.join(", ")}`);
  return all.filter((name) => names.includes(name));
}
