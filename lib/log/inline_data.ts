/**
 * Bytes within a message: base64 or a data URL. Where their type is one of text, they are words like any other.
 *
 * @module
 */

/** Types of text by their subtype, or as a file's name ends. */
const TEXT = /^(text\/.+|application\/(json|xml|yaml|x-ndjson)|txt|md|csv|html|json|xml|yaml)$/;

/**
 * The text that bytes hold.
 *
 * @param type their media type, or as a file's name ends (`text/plain`, `txt`); that of a data URL stands before it.
 * @param data base64, or a data URL.
 * @returns the text; undefined where the type is none of text, or the bytes are no UTF-8.
 */
export function inlineText(type: unknown, data: string): string | undefined {
  const url = /^data:([^;,]*)((?:;[^;,]*)*),/.exec(data);
  const kind = String(url?.[1] || type).toLowerCase().split(";")[0].trim();
  if (!TEXT.test(kind)) return undefined;
  const body = url === null ? data : data.slice(url[0].length);
  try {
    if (url !== null && !/;base64$/i.test(url[2])) return decodeURIComponent(body);
    const base64 = body.replace(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * What something of a media type is called.
 *
 * @param type such as `image/png`.
 * @returns `image`, `audio`, `video`, and `file` for all else.
 */
export function mediaKind(type: unknown): string {
  const [kind] = String(type).split("/");
  return ["image", "audio", "video"].includes(kind) ? kind : "file";
}
