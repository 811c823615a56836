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
