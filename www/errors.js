/**
 * The one error the package throws.
 *
 * Codes are stable and shared with the Rust core (`src/error.rs`); the ones
 * listed here are those that only the page side can meet.
 */

/**
 * @typedef {"worker_unavailable" | "worker_failed" | "wasm_unavailable" | "core_crashed"
 *   | "manifest_invalid" | "model_unknown" | "download_failed" | "download_paused"
 *   | "connection_metered" | "model_damaged" | "digest_mismatch" | "storage_unavailable"
 *   | "engine_unavailable" | "previous_load_crashed" | "memory_low" | "disposed" | "busy" | "aborted"
 *   | "invalid_request" | "invalid_config" | "calibration_invalid"} PageErrorCode
 */

/** An error as it crosses a boundary: a stable code and a sentence for a person.
 * @typedef {{code: string, message: string}} ErrorReport
 */

export class RouterError extends Error {
  /**
   * @param {PageErrorCode | (string & {})} code stable, for programs
   * @param {string} message a sentence that says what to do next
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "RouterError";
    this.code = code;
  }

  /** @param {ErrorReport} report */
  static fromReport(report) {
    return new RouterError(report.code, report.message);
  }

  /**
   * Any thrown value as a RouterError; one that already has a code keeps it.
   * @param {unknown} thrown
   * @param {PageErrorCode} otherwise the code for a value that carries none
   */
  static from(thrown, otherwise) {
    if (thrown instanceof RouterError) return thrown;
    const { code, message } = reportOf(thrown, otherwise);
    return new RouterError(code, message, { cause: thrown });
  }
}

/**
 * Any thrown value as a code and a sentence that survive `postMessage`.
 * @param {unknown} thrown
 * @param {PageErrorCode} otherwise the code for a value that carries none
 * @returns {ErrorReport}
 */
export function reportOf(thrown, otherwise) {
  const { code, message } = /** @type {{code?: unknown, message?: unknown}} */ (thrown ?? {});
  return {
    code: typeof code === "string" ? code : otherwise,
    message: typeof message === "string" ? message : String(thrown),
  };
}
