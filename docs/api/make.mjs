/**
 * Writes the API's pages from the types in www/, as their JSDoc has them:
 *
 *     npm ci --prefix docs/api && npm run make --prefix docs/api
 *
 * With `check` in place of `make` nothing is written, and it fails where a page is not what it should be.
 */

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("./", import.meta.url));
/** What a reader of the API need not know: the grammar between page and worker, and the element's insides. */
const LEFT_OUT = ["README.md", "messages.md"];

const made = await mkdtemp(path.join(tmpdir(), "nearside-api-"));
try {
  execFileSync(path.join(here, "node_modules/.bin/typedoc"), ["--out", made], { cwd: here, stdio: "inherit" });
  const names = (await readdir(made)).filter((name) => name.endsWith(".md") && !LEFT_OUT.includes(name));
  const stale = [];
  for (const name of names) {
    const page = (await readFile(path.join(made, name), "utf8")).trimEnd();
    const kept = await readFile(path.join(here, name), "utf8").catch(() => "");
    if (kept.trimEnd() === page) continue;
    stale.push(name);
    if (!process.argv.includes("--check")) await writeFile(path.join(here, name), `${page}\n`);
  }
  if (process.argv.includes("--check") && stale.length > 0) {
    console.error(`not as the types say: ${stale.join(", ")}; run: npm run make --prefix docs/api`);
    process.exitCode = 1;
  }
  console.log(stale.length > 0 ? `pages that have changed: ${stale.join(", ")}` : "the API's pages are as the types say");
} finally {
  await rm(made, { recursive: true, force: true });
}
