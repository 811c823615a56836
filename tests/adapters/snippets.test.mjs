/** The snippets of docs/adapters.md, as they stand there, run in a real page. */

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { bundle } from "../../examples/build.mjs";
import { repositoryRoot } from "../e2e/harness.mjs";
import { siteForEachTest } from "../e2e/test-site.mjs";
import { shows } from "./apps.mjs";

/** @typedef {import("playwright-core").Page} Page */

const OUT = path.join(repositoryRoot, "target/examples/snippets");
const PAGE = await readFile(path.join(repositoryRoot, "docs/adapters.md"), "utf8");
const stage = siteForEachTest();

/** The n-th piece of code under a heading. @param {string} heading @param {number} [n] */
function snippet(heading, n = 0) {
  const section = PAGE.split(/^## /m).find((section) => section.startsWith(heading)) ?? "";
  const blocks = [...section.matchAll(/```jsx?\n(.*?)```/gs)].map(([, code]) => code);
  return blocks[n] ?? "";
}

/** The page that all of them go into makes the router before. */
const ROUTER = PAGE.match(/```js\n(import \{ Router \}.*?)```/s)?.[1] ?? "";
const MESSAGES = 'const messages = [{ role: "user", content: "What is 17 + 25?" }];\n';
const ELEMENT = 'document.body.append(document.createElement("deep-chat"));\n';

/** What a page of assistant-ui's has around a thread. */
const THREAD = `
  import { ThreadPrimitive, ComposerPrimitive, MessagePrimitive } from "@assistant-ui/react";
  const Message = () => <MessagePrimitive.Root><MessagePrimitive.Parts /></MessagePrimitive.Root>;
  const Thread = () => <>
    <ThreadPrimitive.Messages components={{ Message }} />
    <ComposerPrimitive.Root><ComposerPrimitive.Input aria-label="Message" /></ComposerPrimitive.Root>
  </>;`;

/** @param {string} component */
const mount = (component) => `
  import { createRoot } from "react-dom/client";
  createRoot(document.body).render(<${component} />);`;

/** The hooks of the AI SDK stand in a component. */
const USE_CHAT = `
  import { useChat } from "@ai-sdk/react";
  import { DirectChatTransport, ToolLoopAgent } from "ai";
  import { nearside } from "nearside/ai-sdk";
  const tools = {};
  function Chat() {
    ${snippet("Vercel", 1).split("\n").at(-2)}
    return <><button onClick={() => sendMessage({ text: "Hi" })}>Ask</button>{JSON.stringify(messages)}</>;
  }`;

/** @param {Page} page */
async function typeIn(page) {
  await page.getByRole("textbox").click();
  await page.keyboard.type("What is 17 + 25?");
  await page.keyboard.press("Enter");
}

/** @type {[string, string, (page: Page) => Promise<unknown>][]} */
const CASES = [
  ["streamText", ROUTER + snippet("Vercel"), async () => {}],
  ["useChat", ROUTER + USE_CHAT + snippet("Vercel", 1).split("\n").slice(0, -2).join("\n") + mount("Chat"), (page) => page.getByText("Ask").click()],
  ["openai", ROUTER + MESSAGES + snippet("openai"), async () => {}],
  ["react", snippet("React") + mount("Chat"), typeIn],
  ["deep-chat", `${ROUTER}${ELEMENT}${snippet("deep-chat")}`, typeIn],
  ["assistant-ui", ROUTER + snippet("assistant-ui") + THREAD + mount("Assistant"), typeIn],
];

for (const [name, code, act] of CASES) {
  test(`${name}: the snippet answers`, async () => {
    await mkdir(OUT, { recursive: true });
    const here = code
      .replaceAll("https://edge.example/v1", "/v1")
      .replaceAll('manifest: "/models/manifest.json"', '$&, workerUrl: "/www/worker.js", device: false, mode: "edge-only"');
    assert.notEqual(here, code);
    await writeFile(`${OUT}/${name}.jsx`, here);
    await bundle(`${OUT}/${name}.jsx`, `${OUT}/${name}.js`, { define: { "process.env.NODE_ENV": '"production"' } });
    const page = await stage.browser.context.newPage();
    await page.goto(`${stage.site.url}free.html`);
    await page.addScriptTag({ url: `/target/examples/snippets/${name}.js`, type: "module" });
    await act(page);
    await shows(page.locator("body"), stage.site.answer);
  });
}
