/**
 * The older quantisations: 32 weights share a factor d and, in some, a lowest value m, both float16.
 *
 *     w = d q + m
 *
 * Every value is rounded to float32 where the reference implementation rounds it (`gguf` 0.19 of Python, `gguf/quants.py`), so
 * that results are the same to the bit.
 *
 * @module
 */

/** The float32 value of every float16, by its bits, shape (65536). */
export const HALF: Float32Array = Float32Array.from(
  new Float16Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer),
);

const half = (bytes: Uint8Array, at: number) => HALF[bytes[at] | bytes[at + 1] << 8];

/** Q8_0, 34 bytes: d, then 32 bytes q with a sign. @param bytes the blocks. @param into the weights. */
export function decodeQ8(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  for (let from = 0, to = 0; from < bytes.length; from += 34, to += 32) {
    const d = half(bytes, from);
    for (let i = 0; i < 32; i++) into[to + i] = d * (bytes[from + 2 + i] << 24 >> 24);
  }
}

/** Q4_0, 18 bytes: d, then 16 bytes with q + 8 of weights i and i + 16. @param bytes the blocks. @param into the weights. */
export function decodeQ4(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  for (let from = 0, to = 0; from < bytes.length; from += 18, to += 32) {
    const d = half(bytes, from);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 2 + i];
      into[to + i] = d * ((pair & 15) - 8);
      into[to + 16 + i] = d * ((pair >> 4) - 8);
    }
  }
}

/** Q4_1, 20 bytes: d, m, then 16 bytes with q of weights i and i + 16. @param bytes the blocks. @param into the weights. */
export function decodeQ4WithMinimum(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  for (let from = 0, to = 0; from < bytes.length; from += 20, to += 32) {
    const d = half(bytes, from);
    const m = half(bytes, from + 2);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 4 + i];
      into[to + i] = d * (pair & 15) + m; // d q is exact: 11 bits by 4
      into[to + 16 + i] = d * (pair >> 4) + m;
    }
  }
}

/** The fifth bits of 32 weights, weight i's at bit i. */
const fifthBits = (bytes: Uint8Array, at: number) =>
  bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;

/** Q5_0, 22 bytes: d, 32 fifth bits, then as Q4_0 with q + 16. @param bytes the blocks. @param into the weights. */
export function decodeQ5(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  for (let from = 0, to = 0; from < bytes.length; from += 22, to += 32) {
    const d = half(bytes, from);
    const fifth = fifthBits(bytes, from + 2);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 6 + i];
      into[to + i] = d * ((pair & 15 | (fifth >> i & 1) << 4) - 16);
      into[to + 16 + i] = d * ((pair >> 4 | (fifth >> 16 + i & 1) << 4) - 16);
    }
  }
}

/** Q5_1, 24 bytes: d, m, 32 fifth bits, then as Q4_1. @param bytes the blocks. @param into the weights. */
export function decodeQ5WithMinimum(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  for (let from = 0, to = 0; from < bytes.length; from += 24, to += 32) {
    const d = half(bytes, from);
    const m = half(bytes, from + 2);
    const fifth = fifthBits(bytes, from + 4);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[from + 8 + i];
      into[to + i] = d * (pair & 15 | (fifth >> i & 1) << 4) + m;
      into[to + 16 + i] = d * (pair >> 4 | (fifth >> 16 + i & 1) << 4) + m;
    }
  }
}
