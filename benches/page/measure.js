/**
 * What benches/browser.mjs calls: a task names an engine's module and one of its jobs.
 */

/** @param {{engine: string, module: string, job: string}} task */
async function measure(task) {
  if (!crossOriginIsolated) throw new Error("the page is not isolated, so it has no threads");
  const engine = await import(`./${task.module}.js`);
  return engine[task.job](task);
}

Object.assign(window, { measure });
