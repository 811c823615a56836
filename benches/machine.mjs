/** The machine that was measured on, in words. */

import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";

export async function describeMachine() {
  const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const field = (/** @type {string} */ name) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(info)?.[1];
  const family = field("cpu family");
  const generation = family && `, family ${family} model ${field("model")}`;
  return {
    cpu: `${cpus()[0]?.model.trim() ?? "unknown"}${generation ?? ""}`,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
