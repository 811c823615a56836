/**
 * Starts the package's own workers, wherever their scripts lie.
 *
 * A browser starts a worker from the page's own origin only. A script on another one, and every script
 * where the page's origin is opaque (a sandboxed frame), is imported by a blob of this origin, if its
 * server allows that by CORS.
 */

/**
 * Bundlers know the script of a worker by one whole expression, `new Worker(new URL("./x.js",
 * import.meta.url), …)`, and put its new address in there and nowhere else. So the expression is
 * evaluated once with a constructor that only listens.
 * @param {() => Worker} start holds this expression
 */
export function startOwn(start) {
  const { script, options } = heard(start);
  return isForeign(script) ? startFromBlob(script, options) : start();
}

/**
 * @param {string | URL} script an absolute URL
 * @param {WorkerOptions} options
 */
export function startFrom(script, options) {
  return isForeign(script) ? startFromBlob(script, options) : new Worker(script, options);
}

/** @param {string | URL} script */
function isForeign(script) {
  return new URL(script, location.href).origin !== self.origin;
}

/** @param {() => Worker} start @returns {{script: string | URL, options?: WorkerOptions}} */
function heard(start) {
  const { Worker } = globalThis;
  /** @type {{script: string | URL, options?: WorkerOptions} | undefined} */
  let found;
  /** @type {any} */ (globalThis).Worker = class {
    /** @param {string | URL} script @param {WorkerOptions} [options] */
    constructor(script, options) {
      found = { script, options };
    }
  };
  try {
    start();
  } finally {
    globalThis.Worker = Worker;
  }
  if (!found) throw new Error("the bundler starts workers in another way");
  return found;
}

/** @param {string | URL} script @param {WorkerOptions} [options] */
function startFromBlob(script, options) {
  const { href } = new URL(script, location.href);
  const source = options?.type === "module" ? importing(href) : `importScripts(${JSON.stringify(href)});`;
  const blobUrl = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(blobUrl, { name: options?.name });
  worker.addEventListener("message", () => URL.revokeObjectURL(blobUrl), { once: true });
  return worker;
}

/**
 * A script that imports a module. It is none itself, since Chromium starts no module from a blob where the
 * origin is opaque; so it keeps what arrives before the module listens.
 * @param {string} url
 */
function importing(url) {
  return `
    const early = [];
    const keep = (event) => early.push(event);
    addEventListener("message", keep);
    import(${JSON.stringify(url)}).then(() => {
      removeEventListener("message", keep);
      for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
    }, (error) => setTimeout(() => { throw error; }));`;
}
