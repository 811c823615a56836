/**
 * The service worker: after one visit the page runs with its server away.
 *
 * It holds assets only, all of one version together: the page, its modules,
 * the wasm and the manifest. Model files are the model store's (OPFS), and
 * whatever goes to the edge passes untouched. Assets come from the cache
 * first, so a visit makes no request that could fail; when the page knows that
 * its server is there it sends `revalidate`. A version that changed is then
 * fetched whole, and every page is told `update-ready`: the next load has it.
 * A page, with its workers, keeps to the version that it began with, whatever
 * it loads later, so that two are never mixed. A request made with
 * `cache: "reload"` goes to the server.
 *
 * A service worker rules the folder that it is served from: the gateway serves
 * this file as /sw.js too. Another site writes one of its own beside its page,
 * with its own list if it likes:
 *
 *     self.nearsideAssets = ["./", "app.js", …];
 *     importScripts("/node_modules/nearside/www/sw.js");
 */

{
  const PREFIX = "nearside-assets-";
  /** Written last: a cache without it was never finished. */
  const COMPLETE = "complete";
  /** Which version each page and worker has begun with. */
  const PINS = "nearside-pins";
  const MODULES = [
    "builds",
    "calibration",
    "charts",
    "chat-view",
    "completion",
    "conversation",
    "copy-button",
    "decision-styles",
    "decision-view",
    "demo",
    "device-loader",
    "dialogue-keeper",
    "dialogue-shelf",
    "dialogues/claims",
    "dialogues/days",
    "dialogues/desk",
    "dialogues/drawer",
    "dialogues/drawer-item",
    "dialogues/drawer-styles",
    "dialogues/earlier-store",
    "dialogues/editor-styles",
    "dialogues/files",
    "dialogues/kept-dialogue",
    "dialogues/kept-dialogues",
    "dialogues/question-editor",
    "dialogues/search",
    "dialogues/store",
    "dialogues/tree",
    "dom",
    "download",
    "element",
    "element-styles",
    "engines/door",
    "engines/engine",
    "engines/host",
    "errors",
    "format",
    "index",
    "launcher",
    "launcher-styles",
    "manifests",
    "markdown/answer-text",
    "markdown/blocks",
    "markdown/drawing",
    "markdown/libraries",
    "markdown/math-syntax",
    "markdown/renderer",
    "markdown/styles",
    "memory-shelf",
    "message-log",
    "messages",
    "model-store",
    "options",
    "opfs-shelf",
    "outcome-log",
    "own-workers",
    "progress-meter",
    "sent-messages",
    "settings",
    "surroundings",
    "thought",
    "thread",
    "time-charts",
    "turn-foot",
    "turn-view",
    "waiting-questions",
    "words/ar",
    "words/around",
    "words/de",
    "words/en",
    "words/es",
    "words/fr",
    "words/ja",
    "words/words",
    "words/zh",
    "worker",
    "worker-port",
  ];

  const worker = /** @type {ServiceWorkerGlobalScope & {nearsideAssets?: string[]}} */ (
    /** @type {unknown} */ (self)
  );
  const list = worker.nearsideAssets ?? [
    "./",
    "index.html",
    "www/demo.css",
    "www/favicon.svg",
    "www/app.webmanifest",
    "www/icons/icon-192.png",
    ...MODULES.map((name) => `www/${name}.js`),
    ...["highlight", "markdown", "mathematics"].map((name) => `pkg/third-party/${name}.js`),
    ...builds().flatMap((folder) => [`${folder}/nearside.js`, `${folder}/nearside_bg.wasm`]),
    "models/manifest.json",
  ];
  const assets = new Set(list.map((path) => new URL(path, worker.registration.scope).href));

  worker.addEventListener("install", (event) => {
    event.waitUntil(
      fetchVersion()
        .then(keepVersion)
        .then(() => worker.skipWaiting()),
    );
  });

  worker.addEventListener("activate", (event) => {
    event.waitUntil(dropOldVersions().then(() => worker.clients.claim()));
  });

  worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.mode === "navigate") url.search = "";
    url.hash = "";
    if (request.method !== "GET" || request.cache === "reload" || !assets.has(url.href)) return;
    event.respondWith(answer(url.href, event));
  });

  worker.addEventListener("message", (event) => {
    if (event.data?.type === "revalidate") event.waitUntil(revalidate());
  });

  /** @param {string} url @param {FetchEvent} event */
  async function answer(url, { request, clientId, resultingClientId }) {
    const name = request.mode === "navigate" ? await newestVersion() : await versionOf(clientId);
    if (resultingClientId && name) await pin(resultingClientId, name);
    const kept = name ? await (await caches.open(name)).match(url) : undefined;
    return kept ?? fetch(request);
  }

  /** The version that a page or worker has begun with. @param {string} clientId */
  async function versionOf(clientId) {
    const pinned = clientId && (await (await caches.open(PINS)).match(pinOf(clientId)));
    const name = pinned ? await pinned.text() : null;
    return name && (await caches.has(name)) ? name : newestVersion();
  }

  /** @param {string} clientId @param {string} name */
  async function pin(clientId, name) {
    await (await caches.open(PINS)).put(pinOf(clientId), new Response(name));
  }

  /** @param {string} clientId */
  function pinOf(clientId) {
    return new URL(`pinned/${clientId}`, worker.registration.scope).href;
  }

  /** The builds that this browser may load: see builds.js. */
  function builds() {
    /** A function with one relaxed instruction: `i8x16.relaxed_swizzle`. */
    const relaxedSimd = new Uint8Array([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253,
      15, 65, 2, 253, 15, 253, 128, 2, 11,
    ]);
    if (!WebAssembly.validate(relaxedSimd)) return ["pkg/simd128"];
    return self.crossOriginIsolated ? ["pkg/threads", "pkg"] : ["pkg"];
  }

  /** Every asset, freshly checked with the server. Throws if one is missing. */
  async function fetchVersion() {
    return Promise.all(
      [...assets].map(async (url) => {
        const response = await fetch(url, { cache: "no-cache" });
        if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
        return { url, response };
      }),
    );
  }

  /** @param {{url: string, response: Response}[]} version */
  async function keepVersion(version) {
    const name = `${PREFIX}${String(Date.now()).padStart(16, "0")}`;
    const cache = await caches.open(name);
    await Promise.all(version.map(({ url, response }) => cache.put(url, response)));
    await cache.put(new URL(COMPLETE, worker.registration.scope), new Response(""));
  }

  /** Fetches the assets again and keeps them as a new version if anything changed. */
  async function revalidate() {
    const name = await newestVersion();
    const kept = name && (await caches.open(name));
    const version = await fetchVersion();
    const same = await Promise.all(
      version.map(async ({ url, response }) =>
        sameBody(kept ? await kept.match(url) : undefined, response.clone()),
      ),
    );
    if (!same.every(Boolean)) {
      await keepVersion(version);
      for (const client of await worker.clients.matchAll()) client.postMessage({ type: "update-ready" });
    }
    await dropOldVersions();
  }

  /** @param {Response | undefined} kept @param {Response} fresh */
  async function sameBody(kept, fresh) {
    if (!kept) return false;
    const [before, now] = await Promise.all([kept.arrayBuffer(), fresh.arrayBuffer()]);
    const [a, b] = [new Uint8Array(before), new Uint8Array(now)];
    return a.length === b.length && a.every((byte, index) => byte === b[index]);
  }

  /** The last version that is complete. */
  async function newestVersion() {
    const names = await versions();
    for (const name of names.reverse()) {
      const cache = await caches.open(name);
      if (await cache.match(new URL(COMPLETE, worker.registration.scope))) return name;
    }
    return null;
  }

  async function versions() {
    return (await caches.keys()).filter((name) => name.startsWith(PREFIX)).sort();
  }

  /** All but the last, and those that somebody still runs. */
  async function dropOldVersions() {
    const pins = await caches.open(PINS);
    const used = new Set([await newestVersion()]);
    for (const { url } of await pins.keys()) {
      const client = await worker.clients.get(url.slice(url.lastIndexOf("/") + 1));
      if (client) used.add((await (await pins.match(url))?.text()) ?? null);
      else await pins.delete(url);
    }
    const unused = (await versions()).filter((name) => !used.has(name));
    await Promise.all(unused.map((name) => caches.delete(name)));
  }
}
