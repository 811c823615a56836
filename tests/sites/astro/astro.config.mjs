import { defineConfig } from "astro/config";

export default defineConfig({
  base: "/sub",
  // For `astro dev` alone: Vite before 8 loses the worker of a package that it bundles ahead.
  vite: { optimizeDeps: { exclude: ["nearside"] } },
});
