/** A small site, built with each tool from the packed package, answers a turn: with threads, and without. */

import assert from "node:assert/strict";
import { cpus } from "node:os";
import { after, before, test } from "node:test";

import { launchBrowser } from "../e2e/harness.mjs";
import { ANSWER, Site, TOOLS, answerAt, buildSite, copyOf, digestOf, install, nearside } from "./sites.mjs";

/** @type {import("../e2e/harness.mjs").Browser} */
let browser;

before(async () => {
  await install();
  browser = await launchBrowser();
});
after(() => browser?.close());

for (const [name, { base }] of Object.entries(TOOLS)) {
  test(`${name}: the site answers`, async () => {
    const folder = await copyOf(await buildSite(name), name);
    await nearside(["models", "embedded", "--to", "models"], folder);
    const bases = base === "any" ? ["/", "/some/where/"] : [base];
    const [relaxed, threads] = await Promise.all(
      ["dist/pkg/nearside_bg.wasm", "dist/pkg/threads/nearside_bg.wasm"].map(digestOf),
    );
    for (const [isolated, at] of [...bases.map((at) => [false, at]), [true, bases[0]]]) {
      const site = await Site.open({ folders: { [String(at)]: folder }, isolated: Boolean(isolated) });
      try {
        const { report, complaints } = await answerAt(browser.context, site.origin + at);
        assert.match(report.text, ANSWER);
        assert.deepEqual(complaints, []);
        assert.deepEqual(
          site.requests.filter(({ status }) => status !== 200),
          [],
        );
        const modules = site.requests.filter(({ path }) => path.endsWith(".wasm"));
        assert.deepEqual(modules.map(({ sha256 }) => sha256), [isolated ? threads : relaxed]);
        const scripts = site.requests.filter(({ worker }) => worker);
        if (isolated && cpus().length > 1) assert.ok(scripts.length > 1, "no thread was started");
      } finally {
        await site.close();
      }
    }
  });
}
