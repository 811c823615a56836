/**
 * Waits until nobody else uses the machine, as far as Linux tells; elsewhere it does not wait.
 */

import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

const SAMPLE_MILLIS = 1000;
/** For one wait; a machine that was once busy to the end is not waited for again. */
const PATIENCE_MILLIS = 120_000;
const QUIET_IDLE_SHARE = 0.9;

let gaveUp = false;

/** @returns {Promise<boolean>} false when the machine was busy to the end */
export async function waitUntilQuiet() {
  const deadline = Date.now() + (gaveUp ? 0 : PATIENCE_MILLIS);
  do {
    const shares = await idleShares();
    if (shares.every((share) => share > QUIET_IDLE_SHARE)) return true;
  } while (Date.now() < deadline);
  gaveUp = true;
  return false;
}

/** Each core's share of a second in which it had nothing to do. */
async function idleShares() {
  const before = await ticks();
  await sleep(SAMPLE_MILLIS);
  const after = await ticks();
  return after.map(({ idle, all }, i) => (idle - before[i].idle) / Math.max(1, all - before[i].all));
}

async function ticks() {
  const text = await readFile("/proc/stat", "utf8").catch(() => undefined);
  return text === undefined ? fromNode() : text.split("\n").filter((line) => /^cpu\d/.test(line)).map(fromProc);
}

/** `cpu0 user nice system idle iowait irq softirq steal …` @param {string} line */
function fromProc(line) {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
  return { idle: idle + iowait, all: user + nice + system + idle + iowait + irq + softirq + steal };
}

const fromNode = () =>
  cpus().map(({ times }) => ({
    idle: times.idle,
    all: times.user + times.nice + times.sys + times.idle + times.irq,
  }));
