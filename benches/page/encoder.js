/** The one way to time an encoder, whatever the engine: sentences of several lengths, a few times each. */

import { warmUp } from "./warm-up.js";

/** @typedef {{sentences: number[][], repeats: number}} EncoderTask */

/**
 * @param {(ids: number[]) => Float32Array | Promise<Float32Array>} embed gives the first token's state
 * @param {EncoderTask} task
 * @returns {Promise<{millis: number[], states: number[][]}>} per sentence, in its order
 */
export async function timeEncoder(embed, { sentences, repeats }) {
  await warmUp(() => embed(sentences[sentences.length - 1]));
  const millis = [];
  const states = [];
  for (const ids of sentences) {
    states.push(Array.from(await embed(ids), (x) => Number(x.toPrecision(6))));
    const times = [];
    for (let i = 0; i < repeats; i++) times.push(await timeOnce(embed, ids));
    millis.push(median(times));
  }
  return { millis, states };
}

/** @param {(ids: number[]) => unknown} embed @param {number[]} ids */
async function timeOnce(embed, ids) {
  const started = performance.now();
  await embed(ids);
  return performance.now() - started;
}

/** @param {number[]} values */
function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
