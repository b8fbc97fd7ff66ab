/**
 * The body of an answer from the network, read up to a limit and no further: what has no end would fill the memory.
 *
 * @module
 */

/** A body is longer than what is read of it. */
export class BodyTooLong extends Error {
  /**
   * Makes the error.
   *
   * @param limit how much is read, in bytes.
   */
  constructor(limit: number) {
    super(`a body of more than ${limit / 2 ** 20} MiB, which is all that is read of one`);
    this.name = "BodyTooLong";
  }
}

/**
 * Reads a body as UTF-8 text.
 *
 * @param response whose body, not touched before.
 * @param limit how much is read, in bytes.
 * @returns the text; throws a {@linkcode BodyTooLong} as soon as more is announced or comes.
 */
export async function boundedText(response: Response, limit: number): Promise<string> {
  if (Number(response.headers.get("content-length")) > limit) {
    await response.body?.cancel();
    throw new BodyTooLong(limit);
  }
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLong(limit); // leaving the loop cancels the body
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}

/**
 * Whether a body is a page for people, as a login or an error page is.
 *
 * @param text the body.
 * @returns true where it begins as HTML does.
 */
export function isHtml(text: string): boolean {
  return /^\s*(?:<!--[\s\S]*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(
    text.slice(0, 2000),
  );
}
