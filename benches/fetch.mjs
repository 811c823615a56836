/**
 * The first token of a 1,500-token prompt: read by the device, or with keys and values that a gateway
 * computes and sends over 100 Mbit/s with a round trip of 20 ms. The shape of SmolLM2-135M; gateway
 * and device have a core each. Beside it, candle's own engine in the same browser.
 *
 *     node benches/fetch.mjs [ROUNDS]
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { LinkShaper, newPage, launchBrowser, repositoryRoot, startGateway } from "../tests/e2e/harness.mjs";
import { startSite } from "../tests/e2e/test-site.mjs";
import { launch } from "./browser.mjs";
import { ENGINES } from "./engines.mjs";
import { MODELS } from "./models.mjs";
import { serve } from "./server.mjs";
import { waitUntilQuiet } from "./quiet.mjs";
import { quantile } from "./summary.mjs";

/** @typedef {{ttft_s: number, total_s: number, plan: any, fetched: number, error: string | null}} Turn */

const rounds = Number(process.argv[2] ?? 5);
const file = MODELS.q8_0.file;
const link = { oneWayDelayMillis: 10, bytesPerSecond: 100e6 / 8 };
const N_DIGITS = 1460;

const site = await startSite();
const origin = new URL(site.url).origin;
const gateway = await startGateway({ args: ["--device-model", file, "--allow-origin", origin] });
const shaper = await new LinkShaper(gateway.port).open();
shaper.shape(link);
const browser = await launchBrowser();

/** @param {string} role @param {string} name */
async function entry(role, name) {
  const bytes = await readFile(path.join(repositoryRoot, name));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { role, name: path.basename(name), url: `/${name}`, bytes: bytes.length, sha256 };
}

const files = [await entry("scorer", "models/scorer.gguf"), await entry("device", file)];
const page = await newPage(browser.context);
await page.goto(`${site.url}free.html`);
await page.evaluate(
  async ({ manifest, baseUrl }) => {
    const { Router } = await import(/* @vite-ignore */ `${location.origin}/www/index.js`);
    const router = Router.create({ manifest, baseUrl, mode: "prefer-device", storage: "memory" });
    Object.assign(window, { router });
    await router.ready;
    await router.deviceReady;
    await router.probe();
  },
  { manifest: { version: 1, name: "bench", files }, baseUrl: `${shaper.url}v1` },
);

/** A prompt that nobody has seen, one digit a token. @param {number} seed @param {boolean} fetches */
async function turn(seed, fetches) {
  await waitUntilQuiet();
  const digits = Array.from({ length: N_DIGITS }, (_, i) => (i * 7 + i * i * seed + seed) % 10).join("");
  return /** @type {Promise<Turn>} */ (
    page.evaluate(
      async ({ content, enabled }) => {
        const { router } = /** @type {any} */ (window);
        await router.configure({ core: { handoff: { enabled, dtype: "int8", max_kv_mib: 128 }, catch_up_tokens: 0 } });
        await router.clearDialogue();
        await router.probe();
        const request = { messages: [{ role: "user", content }], max_tokens: 2, temperature: 0 };
        const { x_turn } = await router.chat.completions.create(request);
        const { ttft_s, total_s, usage, decision, fetch_error } = x_turn;
        const { plan } = decision.device;
        return { ttft_s, total_s, plan, fetched: usage.fetched_tokens, error: fetch_error };
      },
      { content: digits, enabled: fetches },
    )
  );
}

/** @type {{computed: Turn[], fetched: Turn[]}} */
const turns = { computed: [], fetched: [] };
await turn(1, true); // The engine warms up, and the gateway says what it offers.
await page.waitForFunction(() => /** @type {any} */ (window).router.state.core.link.bandwidth_known);
for (let i = 0; i < rounds; i++) {
  turns.computed.push(await turn(2 * i + 3, false));
  turns.fetched.push(await turn(2 * i + 4, true));
}
await browser.close();
await shaper.cut();
await gateway.stop();
await site.close();

const median = (/** @type {number[]} */ values) => quantile(values, 0.5);
const first = (/** @type {Turn[]} */ all) => median(all.map(({ ttft_s }) => ttft_s));
const [computed, fetched] = [first(turns.computed), first(turns.fetched)];
for (const { ttft_s, plan, fetched, error } of turns.fetched) {
  const parts = `${plan.first} computed, ${plan.fetched} fetched, ${plan.last} computed`;
  console.log(`plan: ${parts}, ${plan.total_s.toFixed(2)} s (all computed: ${plan.compute_s.toFixed(2)} s); took ${ttft_s.toFixed(2)} s, ${fetched} came${error ? `, ${error}` : ""}`);
}
const benchSite = await serve(repositoryRoot);
const benchBrowser = await launch(benchSite.url);
const ids = Array.from({ length: N_DIGITS }, (_, i) => MODELS.q8_0.zeroId + ((i * 7) % 10));
const candle = await benchBrowser.measure({
  engine: "candle", module: "candle", job: "generate", threads: 1, model: "q8_0", file: `/${file}`,
  package: `/${ENGINES.find(({ id }) => id === "candle")?.packages?.[1]}`, prompt: ids, text: "", continuation: [MODELS.q8_0.zeroId],
});
await benchBrowser.close();
await benchSite.close();

const candle_s = candle.prefillMillis / 1000;
console.log(`first token, median of ${rounds}: with the edge ${fetched.toFixed(2)} s, read here ${computed.toFixed(2)} s (${(computed / fetched).toFixed(2)} ×), by candle ${candle_s.toFixed(2)} s (${(candle_s / fetched).toFixed(1)} ×)`);
console.log(`predicted over measured, median: ${median(turns.fetched.map(({ plan, ttft_s }) => plan.total_s / ttft_s)).toFixed(2)}`);
