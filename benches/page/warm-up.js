/** Runs something until the browser has had the time to optimise the module's inner loops. */

/** Compiling them in the background takes some tenths of a second. */
const WARM_UP_MILLIS = 1500;

/** @param {() => unknown} run */
export async function warmUp(run) {
  const started = performance.now();
  do await run();
  while (performance.now() - started < WARM_UP_MILLIS);
}
