/** Pictures, sounds and files among the texts of a message, in OpenAI's words. The edge alone takes them. */

import { RouterError } from "../errors.js";

/** @typedef {import("../options.js").ContentPart} ContentPart */

/** @param {string} text @returns {ContentPart} */
export const textPart = (text) => ({ type: "text", text });

/**
 * A file that has an address, which may be a data URL.
 * @param {string} mediaType @param {string} url @param {string} [filename]
 * @returns {ContentPart}
 */
export function urlPart(mediaType, url, filename) {
  if (mediaType.startsWith("image/")) return { type: "image_url", image_url: { url } };
  const [, base64] = url.match(/^data:[^,]*;base64,(.*)$/s) ?? [];
  const sound = { "audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3" };
  const format = sound[/** @type {keyof typeof sound} */ (mediaType)];
  if (format && base64 !== undefined) return { type: "input_audio", input_audio: { data: base64, format } };
  if (mediaType === "application/pdf" && base64 !== undefined)
    return { type: "file", file: { filename: filename ?? "file.pdf", file_data: url } };
  throw cannotBeSent(mediaType);
}

/** @param {string} mediaType */
export function cannotBeSent(mediaType) {
  return new RouterError(
    "invalid_request",
    `The request is not valid: a file of the type ${mediaType || "unknown"} cannot be sent. Send text, a picture, a sound or a PDF.`,
  );
}

/** Plain text where it is no more than that. @param {ContentPart[]} parts @returns {string | ContentPart[]} */
export function contentOf(parts) {
  const texts = parts.flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []));
  return texts.length === parts.length ? texts.join("\n") : parts;
}

/** A file that a person has chosen. @param {File} file @returns {Promise<ContentPart>} */
export async function fileAsPart(file) {
  if (file.type.startsWith("text/")) return textPart(await file.text());
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return urlPart(file.type, url, file.name);
}
