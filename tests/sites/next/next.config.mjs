/** @type {import("next").NextConfig} */
export default { output: "export", basePath: "/sub", turbopack: { root: new URL("../", import.meta.url).pathname } };
