/**
 * A dialogue's first token after a reload, against reading all of it again: the shape of SmolLM2-135M,
 * a dialogue of 1,500 tokens, keys and values from the browser's file system.
 *
 *     node benches/resume.mjs [ROUNDS]
 */

import { repositoryRoot } from "../tests/e2e/harness.mjs";
import { launch } from "./browser.mjs";
import { MODELS } from "./models.mjs";
import { serve } from "./server.mjs";
import { waitUntilQuiet } from "./quiet.mjs";
import { quantile } from "./summary.mjs";

const rounds = Number(process.argv[2] ?? 5);
// A digit is a token.
const text = Array.from({ length: 1480 }, (_, i) => (i * 7) % 10).join("");
const site = await serve(repositoryRoot);
const browser = await launch(site.url);
/** @type {Record<string, number>[]} */
const runs = [];
try {
  for (let i = 0; i < rounds; i++) {
    await waitUntilQuiet();
    const file = `/${MODELS.q8_0.file}`;
    const task = { engine: "nearside", module: "nearside", job: "resume", threads: 1, file, text };
    runs.push(await browser.measure({ ...task, package: "/pkg/nearside.js" }));
  }
} finally {
  await browser.close();
  await site.close();
}
const median = (/** @type {string} */ what) => quantile(runs.map((run) => run[what]), 0.5);
const after = median("resumeMillis") + median("nextMillis");
console.log(`${median("promptTokens")} tokens read in ${(median("coldMillis") / 1000).toFixed(2)} s;`);
console.log(
  `kept ${median("keptTokens")} in ${(median("keptBytes") / 1e6).toFixed(1)} MB and ${median("keptMillis").toFixed(0)} ms; ` +
    `back in ${median("resumeMillis").toFixed(0)} ms; the next turn's ${median("readTokens")} tokens: ${median("nextMillis").toFixed(0)} ms`,
);
console.log(`first token after a reload: ${((100 * after) / median("coldMillis")).toFixed(1)} % of the cold one (median of ${rounds})`);
