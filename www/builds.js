/**
 * Which build of the wasm module this browser gets, and the threads of the
 * threaded one.
 *
 * There are three: with relaxed SIMD and threads, for pages that are
 * cross-origin isolated; with relaxed SIMD; and with plain SIMD, for browsers
 * that have no other. One that cannot be loaded gives way to the next.
 */

import { startOwn } from "./own-workers.js";

/** @typedef {import("./types.js").CoreModule} CoreModule */
/** @typedef {import("./types.js").ThreadStart} ThreadStart */

const MAX_THREADS = 8;

/** A function with one relaxed instruction: `i8x16.relaxed_swizzle`. */
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253,
  15, 65, 2, 253, 15, 253, 128, 2, 11,
]);

/** The builds that this browser can run, the best first. @returns {("threads" | "relaxed" | "simd128")[]} */
function usableBuilds() {
  if (!WebAssembly.validate(RELAXED_SIMD)) return ["simd128"];
  return crossOriginIsolated ? ["threads", "relaxed"] : ["relaxed"];
}

/** The paths are written out in full because bundlers look for exactly that. */
const BUILDS = {
  threads: {
    path: "threads/nearside_bg.wasm",
    wasm: () => new URL("../pkg/threads/nearside_bg.wasm", import.meta.url),
    // @ts-ignore: pkg/ is generated and may not be there when types are checked.
    load: () => import("../pkg/threads/nearside.js"),
  },
  relaxed: {
    path: "nearside_bg.wasm",
    wasm: () => new URL("../pkg/nearside_bg.wasm", import.meta.url),
    // @ts-ignore: as above.
    load: () => import("../pkg/nearside.js"),
  },
  simd128: {
    path: "simd128/nearside_bg.wasm",
    wasm: () => new URL("../pkg/simd128/nearside_bg.wasm", import.meta.url),
    // @ts-ignore: as above.
    load: () => import("../pkg/simd128/nearside.js"),
  },
};

/**
 * The best build that loads, with its threads started.
 * @param {string | null} [folder] the URL of the folder that holds the wasm of all builds, as pkg/ does
 * @returns {Promise<CoreModule>}
 */
export async function loadBuild(folder = null) {
  /** @type {unknown} */
  let failure;
  for (const name of usableBuilds()) {
    try {
      const { path, wasm, load } = BUILDS[name];
      return await startModule(await load(), folder === null ? wasm() : new URL(path, folder), null);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

/**
 * The build without threads, from the one wasm file there is.
 * @param {string} wasmUrl
 */
export async function loadWasm(wasmUrl) {
  return startModule(await BUILDS.relaxed.load(), wasmUrl, null);
}

/**
 * Instantiates a module and, if it has them, starts its threads. Nobody waits
 * for a thread: one that is late or refused is one that does not help.
 * @param {CoreModule} module
 * @param {URL | string | null} wasm null: beside the module
 * @param {string | null} url where the module is, for the threads; null: one of ours
 */
export async function startModule(module, wasm, url) {
  await module.default(wasm === null ? undefined : { module_or_path: wasm });
  const nThreads = Math.min(navigator.hardwareConcurrency || 1, MAX_THREADS);
  const start = module.prepareThreads?.(nThreads);
  for (let i = 1; start && i < nThreads; i += 1) startThread({ url, ...start });
  return module;
}

/** @param {ThreadStart} start */
function startThread(start) {
  try {
    const thread = startOwn(
      () => new Worker(new URL("./thread.js", import.meta.url), { type: "module" }),
    );
    thread.onerror = (event) => event.preventDefault();
    thread.postMessage(start);
  } catch {
    // A policy that refuses workers leaves the one that there is.
  }
}
