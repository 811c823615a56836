/** Model files in the browser's own file system, as a page that was visited before finds them. */

const NAME = "model.gguf";

/** @param {string} url */
export async function storeInOpfs(url) {
  const root = await navigator.storage.getDirectory();
  const writable = await (await root.getFileHandle(NAME, { create: true })).createWritable();
  const { body } = await fetch(url);
  if (!body) throw new Error(`${url} is empty`);
  await body.pipeTo(writable);
}

/** @returns {Promise<FileSystemFileHandle>} */
export async function storedFile() {
  return (await navigator.storage.getDirectory()).getFileHandle(NAME);
}

/**
 * @template T
 * @param {string} name
 * @param {(write: (bytes: Uint8Array) => void) => Promise<T>} writeAll
 */
export async function writeStored(name, writeAll) {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle(name, { create: true });
  const access = await /** @type {any} */ (handle).createSyncAccessHandle();
  access.truncate(0);
  const result = await writeAll((bytes) => access.write(bytes));
  access.flush();
  access.close();
  return result;
}

/** @param {string} name */
export async function storedSource(name) {
  const handle = await (await navigator.storage.getDirectory()).getFileHandle(name);
  const access = await /** @type {any} */ (handle).createSyncAccessHandle();
  return {
    size: access.getSize(),
    /** @param {number} at @param {Uint8Array} into */
    readAt: (at, into) => access.read(into, { at }),
    close: () => access.close(),
  };
}
