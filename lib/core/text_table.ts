/**
 * Texts in a table, each once, numbered in the order in which they came. A `Map` would hold the same, but would need a string for
 * each and end at 2^24 of them. This table takes texts as they stand among the bytes of a file, and adds 20 to 50 bytes to those
 * of each.
 *
 * @module
 */

/** Texts in a row. */
export interface TextArrays {
  /** All of them, one after the other, as UTF-8, and perhaps more. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where each begins; that of the next is where it ends. */
  starts: Float64Array<ArrayBuffer>;
}

/** A table of distinct texts, held as UTF-8, with open addressing. */
export class TextTable {
  /** All texts, one after the other. */
  #bytes = new Uint8Array(256);
  /** Text n is `#bytes` from `#starts[n]` to `#starts[n + 1]`. */
  #starts = new Float64Array(17);
  /** Of each text. */
  #hashes = new Int32Array(16);
  /** At the place that a text's hash says, or one of the next, its number plus 1; 0 where there is none. Half are free, at least. */
  #slots = new Int32Array(32);
  #size = 0;

  /**
   * Begins with some texts.
   *
   * @param texts well formed.
   */
  constructor(texts: readonly string[] = []) {
    texts.forEach((text) => this.addText(text));
  }

  /** How many texts there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Looks a text up.
   *
   * @param bytes hold it, as UTF-8.
   * @param from where it begins.
   * @param to where it ends, exclusive.
   * @returns its number, from 0; -1 where it is not there.
   */
  find(bytes: Uint8Array, from: number, to: number): number {
    return this.#slots[this.#slotOf(bytes, from, to, hashOf(bytes, from, to))] - 1;
  }

  /**
   * Adds a text, if it is not there.
   *
   * @param bytes hold it, as UTF-8.
   * @param from where it begins.
   * @param to where it ends, exclusive.
   * @returns its number: the size until now where it is new, else less.
   */
  add(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    const slot = this.#slotOf(bytes, from, to, hash);
    if (this.#slots[slot] > 0) return this.#slots[slot] - 1;
    const number = this.#size++;
    const start = this.#starts[number];
    const end = start + to - from;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, 2 * end);
    for (let i = from; i < to; i++) this.#bytes[start + i - from] = bytes[i];
    this.#starts[number + 1] = end;
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    if (this.#size === this.#hashes.length) this.#double();
    return number;
  }

  /**
   * Adds a text, if it is not there.
   *
   * @param text well formed.
   * @returns its number, as {@linkcode TextTable.add} does.
   */
  addText(text: string): number {
    const bytes = new TextEncoder().encode(text);
    return this.add(bytes, 0, bytes.length);
  }

  /**
   * Where a text of another table stands in this one.
   *
   * @param other the table.
   * @param number of the text there.
   * @returns its number here; -1 where it is not there.
   */
  findOf(other: TextTable, number: number): number {
    return this.find(other.#bytes, other.#starts[number], other.#starts[number + 1]);
  }

  /**
   * A text.
   *
   * @param number of the text, below the size.
   * @returns it, as a string.
   */
  text(number: number): string {
    const bytes = this.#bytes.subarray(this.#starts[number], this.#starts[number + 1]);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /**
   * All texts.
   *
   * @returns the arrays that hold them, which a later addition changes.
   */
  arrays(): TextArrays {
    return { bytes: this.#bytes, starts: this.#starts };
  }

  /** The place of a text, or the free one where it would stand. */
  #slotOf(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] > 0 && !this.#isAt(this.#slots[slot] - 1, bytes, from, to, hash)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isAt(number: number, bytes: Uint8Array, from: number, to: number, hash: number): boolean {
    const start = this.#starts[number];
    if (this.#hashes[number] !== hash || this.#starts[number + 1] - start !== to - from) {
      return false;
    }
    for (let i = from; i < to; i++) if (this.#bytes[start + i - from] !== bytes[i]) return false;
    return true;
  }

  #double(): void {
    const most = 2 * this.#size;
    this.#starts = grown(this.#starts, most + 1);
    this.#hashes = grown(this.#hashes, most);
    this.#slots = new Int32Array(2 * most);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = this.#hashes[number] & mask;
      while (this.#slots[slot] > 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** FNV-1a (Fowler, Noll, Vo), its upper bits mixed into the lower, which choose the place. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash ^ (hash >>> 15);
}

/**
 * A larger array.
 *
 * @param array any.
 * @param length of the larger one.
 * @returns the same values, and zeros behind them.
 */
export function grown<A extends Uint8Array | Int32Array | Float64Array>(
  array: A,
  length: number,
): A {
  const larger = new (array.constructor as new (length: number) => A)(length);
  larger.set(array);
  return larger;
}
