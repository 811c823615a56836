/** Once per frame: a model writes more words a second than a screen shows. */

/** A page in the background draws no frames; it is told all the same, a little later. */
const HIDDEN_MILLIS = 100;

/**
 * `next` calls `draw` at the next frame, however often it is called before; `now` calls it at once.
 * @param {() => void} draw
 */
export function eachFrame(draw) {
  let frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const now = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = undefined;
    draw();
  };
  const next = () => {
    if (timer !== undefined) return;
    frame = requestAnimationFrame(now);
    timer = setTimeout(now, HIDDEN_MILLIS);
  };
  return { now, next };
}
