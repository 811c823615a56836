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
  const url = JSON.stringify(new URL(script, location.href).href);
  const imports = options?.type === "module" ? `import ${url};` : `importScripts(${url});`;
  const blobUrl = URL.createObjectURL(new Blob([imports], { type: "text/javascript" }));
  const worker = new Worker(blobUrl, options);
  worker.addEventListener("message", () => URL.revokeObjectURL(blobUrl), { once: true });
  return worker;
}
