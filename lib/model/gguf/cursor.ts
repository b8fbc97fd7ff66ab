/**
 * Reading the beginning of a binary file value by value, a few megabytes at a time.
 *
 * @module
 */
import { readExactly } from "../../core/files.ts";

/** How much is read ahead, in bytes. */
const WINDOW = 1 << 22;

/** A place in a file that moves on with every value read. All numbers are little-endian. Whatever runs beyond the file throws a `RangeError`. */
export class Cursor {
  readonly #file: Deno.FsFile;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // a token may be U+FEFF
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #start = 0; // where in the file the bytes begin
  #at = 0;

  /** Stands at the beginning. @param file open for reading. @param size of the file, in bytes. */
  constructor(file: Deno.FsFile, readonly size: number) {
    this.#file = file;
  }

  /** Where in the file the next value begins, in bytes. */
  get position(): number {
    return this.#at;
  }

  /** A whole number without sign. @param bytes 1, 2, 4 or 8. @returns the number; above 2⁵³ it throws. */
  unsigned(bytes: 1 | 2 | 4 | 8): number {
    const at = this.#take(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    if (bytes === 2) return this.#view.getUint16(at, true);
    if (bytes === 4) return this.#view.getUint32(at, true);
    return safe(this.#view.getBigUint64(at, true));
  }

  /** A whole number with sign. @param bytes 1, 2, 4 or 8. @returns the number; beyond ±2⁵³ it throws. */
  signed(bytes: 1 | 2 | 4 | 8): number {
    const at = this.#take(bytes);
    if (bytes === 1) return this.#view.getInt8(at);
    if (bytes === 2) return this.#view.getInt16(at, true);
    if (bytes === 4) return this.#view.getInt32(at, true);
    return safe(this.#view.getBigInt64(at, true));
  }

  /** A number with fraction. @param bytes 4 or 8. @returns the number. */
  float(bytes: 4 | 8): number {
    const at = this.#take(bytes);
    return bytes === 4 ? this.#view.getFloat32(at, true) : this.#view.getFloat64(at, true);
  }

  /** A text, its length in bytes before it. @returns the text; what is no UTF-8 becomes U+FFFD. */
  text(): string {
    const length = this.unsigned(8);
    const at = this.#take(length);
    return this.#decoder.decode(this.#bytes.subarray(at, at + length));
  }

  /**
   * Says how many things follow.
   *
   * @param what they are, in words.
   * @param least bytes that each takes at least.
   * @returns their number; throws where so many cannot be in the rest of the file.
   */
  count(what: string, least: number): number {
    const count = this.unsigned(8);
    if (count * least <= this.size - this.#at) return count;
    throw new RangeError(`it says that ${count} ${what} follow, more than the rest of it can hold`);
  }

  /** Moves on. @param length in bytes. @returns where the bytes passed over are in the window. */
  #take(length: number): number {
    if (length > this.size - this.#at) throw new RangeError("it ends within its header");
    if (this.#at + length > this.#start + this.#bytes.length) {
      this.#file.seekSync(this.#at, Deno.SeekMode.Start);
      const ahead = Math.min(this.size - this.#at, Math.max(length, WINDOW));
      this.#bytes = readExactly(this.#file, new Uint8Array(ahead));
      this.#view = new DataView(this.#bytes.buffer);
      this.#start = this.#at;
    }
    const at = this.#at - this.#start;
    this.#at += length;
    return at;
  }
}

function safe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`it holds the number ${value}, where none can be so large`);
}
