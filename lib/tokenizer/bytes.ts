/**
 * The byte alphabet of GPT-2: one printable character for each of the 256 bytes, so that a vocabulary of
 * strings can hold any bytes. Printable Latin-1 stands for itself, the other 68 bytes, in order, for the
 * characters from U+0100 on (the space is `Ġ`, the newline `Ċ`).
 *
 * @module
 */

const printable = (byte: number) =>
  byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte <= 0xac || byte >= 0xae && byte <= 0xff;

let others = 0x100;
/** The character of every byte, shape (256). */
export const BYTE_CHARS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => String.fromCodePoint(printable(byte) ? byte : others++),
);

const encoder = new TextEncoder();

/**
 * Spells a text in the byte alphabet.
 *
 * @param text any text.
 * @returns one character for each byte of its UTF-8 form.
 */
export function toByteChars(text: string): string {
  return Array.from(encoder.encode(text), (byte) => BYTE_CHARS[byte]).join("");
}
