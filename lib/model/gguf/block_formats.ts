/**
 * How the weights of a GGUF file are stored: a table of the element types that we read.
 *
 * @module
 */
import {
  decodeQ4,
  decodeQ4WithMinimum,
  decodeQ5,
  decodeQ5WithMinimum,
  decodeQ8,
  HALF,
} from "./simple_blocks.ts";
import { decodeQ4K, decodeQ5K, decodeQ6K } from "./super_blocks.ts";

/** Turns whole blocks into weights. `into` has room for as many as the bytes hold. */
export type Decode = (bytes: Uint8Array<ArrayBuffer>, into: Float32Array) => void;

/** One way to store weights. */
export interface BlockFormat {
  /** As GGUF calls it. */
  readonly name: string;
  /** Weights in a block. */
  readonly values: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Turns whole blocks, which begin where their buffer begins, into float32. */
  readonly decode: Decode;
}

const decodeFloat32: Decode = ({ buffer, length }, into) =>
  into.set(new Float32Array(buffer, 0, length / 4));

const decodeFloat16: Decode = ({ buffer, length }, into) => {
  const bits = new Uint16Array(buffer, 0, length / 2);
  for (let i = 0; i < bits.length; i++) into[i] = HALF[bits[i]];
};

/** bfloat16 is the upper half of float32. */
const decodeBfloat16: Decode = ({ buffer, length }, into) => {
  const upper = new Uint16Array(buffer, 0, length / 2);
  const bits = new Uint32Array(into.buffer as ArrayBuffer, into.byteOffset, upper.length);
  for (let i = 0; i < bits.length; i++) bits[i] = upper[i] << 16;
};

const format = (name: string, values: number, bytes: number, decode: Decode) => ({
  name,
  values,
  bytes,
  decode,
});

/** By the number that stands for them in the file (`ggml_type` of ggml.h). */
const formats: ReadonlyMap<number, BlockFormat> = new Map([
  [0, format("F32", 1, 4, decodeFloat32)],
  [1, format("F16", 1, 2, decodeFloat16)],
  [2, format("Q4_0", 32, 18, decodeQ4)],
  [3, format("Q4_1", 32, 20, decodeQ4WithMinimum)],
  [6, format("Q5_0", 32, 22, decodeQ5)],
  [7, format("Q5_1", 32, 24, decodeQ5WithMinimum)],
  [8, format("Q8_0", 32, 34, decodeQ8)],
  [12, format("Q4_K", 256, 144, decodeQ4K)],
  [13, format("Q5_K", 256, 176, decodeQ5K)],
  [14, format("Q6_K", 256, 210, decodeQ6K)],
  [30, format("BF16", 1, 2, decodeBfloat16)],
]);

/** Names of some that we do not read, for messages. */
const others: Readonly<Record<number, string>> = {
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

/** Names of all that we read. */
export const FORMAT_NAMES: readonly string[] = [...formats.values()].map(({ name }) => name);

/**
 * Looks up a way to store weights.
 *
 * @param type its number in the file.
 * @returns the way, or undefined where we do not read it.
 */
export function blockFormat(type: number): BlockFormat | undefined {
  return formats.get(type);
}

/**
 * What a way to store weights is called.
 *
 * @param type its number in the file.
 * @returns its name, or `type 99`.
 */
export function formatName(type: number): string {
  return formats.get(type)?.name ?? others[type] ?? `type ${type}`;
}
