#!/usr/bin/env node
/**
 * `nearside models`: brings models into the folder of a site, for pages to load.
 *
 *     npx nearside models list
 *     npx nearside models fetch smollm2-135m-instruct --to public/models
 */

import { parseArgs } from "node:util";

import { copyEmbedded, copyManifest, fetchModels, listModels, readCatalogue } from "./models.mjs";

const HELP = `nearside models: brings models into the folder of a site, for pages to load.

  nearside models list               what the catalogue has, and what is in the folder
  nearside models fetch NAME…        models by name, and the catalogue in which a page looks them up:
                                       <nearside-chat device-model="NAME" models-base="/models/">
  nearside models manifest           the pair that was measured, with the scorer that knows it; fetches
                                     smollm2-135m-instruct: <nearside-chat manifest="/models/manifest.json">
  nearside models embedded           the small pair that this package carries (1.1 MB): for trying things
                                     out, it knows a few kinds of questions; its page as above

  --to FOLDER        where they go; public/models unless told otherwise
  --catalogue FILE   another catalogue than the package's
  --help

A file gets its name only after its size and its SHA-256 were checked. A download that broke off goes on
where it was.`;

/** What each task does. @type {Record<string, (names: string[], options: import("./models.mjs").Options) => Promise<void>>} */
const TASKS = {
  list: (_, options) => listModels(options),
  fetch: (names, options) => fetchModels(names, options),
  manifest: (_, options) => copyManifest(options),
  embedded: (_, options) => copyEmbedded(options),
};

async function run() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      to: { type: "string", default: "public/models" },
      catalogue: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [subject, task, ...names] = positionals;
  if (values.help || positionals.length === 0) return console.log(HELP);
  if (subject !== "models" || !Object.hasOwn(TASKS, task ?? ""))
    throw new Error(`${positionals.join(" ")} is not understood; \`nearside --help\` tells what is.`);
  if (task !== "fetch" && names.length > 0)
    throw new Error(`\`nearside models ${task}\` takes no names, and got ${names.join(", ")}.`);
  const catalogue = await readCatalogue(values.catalogue);
  await TASKS[task](names, { folder: values.to, catalogue });
}

run().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
