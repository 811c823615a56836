/**
 * One more thread of the threaded build: an instance of the same module over
 * the same memory, which takes parts of matrix products and does nothing else.
 */

/** @typedef {import("./types.js").ThreadStart} ThreadStart */

addEventListener(
  "message",
  async ({ data }) => {
    const { url, module, memory, helper } = /** @type {ThreadStart} */ (data);
    const wasm =
      url === null
        ? // @ts-ignore: pkg/ is generated and may not be there when types are checked.
          await import("../pkg/threads/nearside.js")
        : await import(/* webpackIgnore: true */ /* @vite-ignore */ url);
    wasm.initSync({ module, memory });
    // Returns when the worker is ended.
    wasm.help(helper);
  },
  { once: true },
);
