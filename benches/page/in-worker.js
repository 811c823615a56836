/**
 * Both ends of a job that runs in a dedicated worker: one task in, one result out.
 */

/**
 * The page's end.
 * @param {string} file the worker's module, beside this one
 * @param {object} task @returns {Promise<any>}
 */
export async function inWorker(file, task) {
  const worker = new Worker(new URL(file, import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(data.error)) : resolve(data.result));
      worker.onerror = (event) => reject(new Error(event.message || `${file} could not be started`));
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
  }
}

/**
 * The worker's end.
 * @param {Record<string, (task: any) => unknown>} jobs by name
 */
export function serveJobs(jobs) {
  self.onmessage = async ({ data: task }) => {
    try {
      postMessage({ result: await jobs[task.job](task) });
    } catch (error) {
      postMessage({ error: String(/** @type {any} */ (error)?.message ?? error) });
    }
  };
}
