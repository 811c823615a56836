/** The router of an example: the demo's models, and the mode that the address says, as in ?mode=edge-only. */

export const routerOptions = {
  baseUrl: "/v1",
  manifest: "/models/manifest.json",
  workerUrl: "/www/worker.js",
  mode: new URLSearchParams(location.search).get("mode") ?? "auto",
};

/** Says at the page's root how far the device's model is: `data-device` is "none", "loading", "ready" or "failed". */
export function showDevice(state) {
  document.documentElement.dataset.device = state.device;
}
