/**
 * The K-quantisations: 256 weights share float16 factors d, and each small run of them has a whole-number scale of its own.
 *
 *     Q4_K, Q5_K:  w = (d s) q − (dₘ m)   for runs of 32, s and m of 6 bits
 *     Q6_K:        w = (d s) q            for runs of 16, s of 8 bits with a sign
 *
 * Rounded where the reference rounds, as in `simple_blocks.ts`: d s and dₘ m are exact, and the rest is rounded once or as the
 * array of float32 that it is written to does.
 *
 * @module
 */
import { HALF } from "./simple_blocks.ts";

const half = (bytes: Uint8Array, at: number) => HALF[bytes[at] | bytes[at + 1] << 8];

/** Unpacks the 6-bit scales and minima of 8 runs from 12 bytes. */
function unpackScales(bytes: Uint8Array, at: number, scales: Uint8Array, minima: Uint8Array): void {
  for (let j = 0; j < 4; j++) {
    const [a, b, c] = [bytes[at + j], bytes[at + 4 + j], bytes[at + 8 + j]];
    scales[j] = a & 63;
    minima[j] = b & 63;
    scales[4 + j] = c & 15 | a >> 6 << 4; // the upper two bits are where the first four left room
    minima[4 + j] = c >> 4 | b >> 6 << 4;
  }
}

/** Q4_K and Q5_K, which differ in 32 bytes with the fifth bits of q before the 128 with the lower four. */
function decodeRuns(bytes: Uint8Array, into: Float32Array, hasFifth: boolean): void {
  const [scales, minima] = [new Uint8Array(8), new Uint8Array(8)];
  const size = hasFifth ? 176 : 144;
  for (let from = 0, to = 0; from < bytes.length; from += size, to += 256) {
    const [d, dm] = [half(bytes, from), half(bytes, from + 2)];
    unpackScales(bytes, from + 4, scales, minima);
    const pairs = from + size - 128;
    for (let run = 0; run < 8; run++) {
      const scale = d * scales[run];
      const minimum = dm * minima[run];
      const first = pairs + (run >> 1) * 32;
      const shift = (run & 1) * 4;
      const start = to + run * 32;
      for (let i = 0; i < 32; i++) {
        const fifth = hasFifth ? (bytes[from + 16 + i] >> run & 1) << 4 : 0;
        into[start + i] = scale * (bytes[first + i] >> shift & 15 | fifth) - minimum;
      }
    }
  }
}

/** Q4_K, 144 bytes: d, dₘ, scales, q. @param bytes the blocks. @param into the weights. */
export function decodeQ4K(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  decodeRuns(bytes, into, false);
}

/** Q5_K, 176 bytes: d, dₘ, scales, fifth bits, q. @param bytes the blocks. @param into the weights. */
export function decodeQ5K(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  decodeRuns(bytes, into, true);
}

/**
 * Q6_K, 210 bytes: the lower four bits of q + 32, its upper two, scales, d.
 *
 * @param bytes the blocks.
 * @param into the weights.
 */
export function decodeQ6K(bytes: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  for (let from = 0, to = 0; from < bytes.length; from += 210, to += 256) {
    const d = half(bytes, from + 208);
    for (let part = 0; part < 8; part++) { // of 32 weights
      const [inHalf, ofHalf] = [part & 3, part >> 2];
      const low = from + ofHalf * 64 + (inHalf & 1) * 32;
      const high = from + 128 + ofHalf * 32;
      const [lowShift, highShift] = [(inHalf >> 1) * 4, inHalf * 2];
      for (let i = 0; i < 32; i++) {
        const q = bytes[low + i] >> lowShift & 15 | (bytes[high + i] >> highShift & 3) << 4;
        const scale = bytes[from + 192 + part * 2 + (i >> 4)] << 24 >> 24;
        into[to + part * 32 + i] = d * scale * (q - 32);
      }
    }
  }
}
