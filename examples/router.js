/** The router of an example: the demo's models, and the mode that the address says, as in ?mode=edge-only. */

export const routerOptions = {
  baseUrl: "/v1",
  manifest: "/models/manifest.json",
  workerUrl: "/www/worker.js",
  mode: new URLSearchParams(location.search).get("mode") ?? "auto",
};
