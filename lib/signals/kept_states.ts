/**
 * States of tokens kept in a file in half precision: float16 of x / s, with a power of two s for every token, so that no state
 * is too large for it. The largest error of a value is 2⁻¹¹ of the largest in its vector.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { readBytes, readExactly, writeFileAtomic } from "../core/files.ts";

/**
 * Writes states.
 *
 * @param path the file.
 * @param states of the tokens of each sequence, shape (T, C).
 * @param width C.
 */
export function writeStates(path: string, states: readonly Float32Array[], width: number): void {
  const tokens = states.reduce((sum, { length }) => sum + length, 0) / width;
  const file = new Uint8Array(bytesOf(tokens, width));
  const scales = new Float32Array(file.buffer, 0, tokens);
  const halves = new Float16Array(file.buffer, 4 * tokens);
  let t = 0;
  for (const own of states) {
    for (let at = 0; at < own.length; at += width, t++) {
      const vector = own.subarray(at, at + width);
      scales[t] = scaleOf(vector);
      for (let c = 0; c < width; c++) halves[t * width + c] = vector[c] / scales[t];
    }
  }
  writeFileAtomic(path, file);
}

/**
 * Reads states.
 *
 * @param path a file that {@linkcode writeStates} wrote.
 * @param lengths how many tokens each sequence has.
 * @param width C.
 * @returns the states of each sequence, shape (T, C); throws a {@linkcode UserError} where the file is of another size.
 */
export function readStates(
  path: string,
  lengths: readonly number[],
  width: number,
): Float32Array[] {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const file = readBytes(path);
  if (file.length !== bytesOf(tokens, width)) {
    throw new UserError(
      `Cannot read states from "${path}": ${tokens} tokens take ${
        bytesOf(tokens, width)
      } bytes, got ${file.length}`,
      "Remove the file's folder, so that it is made again.",
    );
  }
  const scales = new Float32Array(file.buffer, 0, tokens);
  const halves = new Float16Array(file.buffer, 4 * tokens);
  let t = 0;
  return lengths.map((length) => {
    const own = decode(scales.subarray(t, t + length), halves.subarray(t * width), width);
    t += length;
    return own;
  });
}

/**
 * Reads the states of one sequence.
 *
 * @param file one that {@linkcode writeStates} wrote, open for reading.
 * @param place how many tokens stand in it before the sequence, how many it has, and how many there are in the file.
 * @param width C.
 * @returns its states, shape (T, C).
 */
export function readStatesOf(
  file: Deno.FsFile,
  { before, length, tokens }: { before: number; length: number; tokens: number },
  width: number,
): Float32Array {
  const read = <A extends Float32Array | Float16Array>(array: A, at: number): A => {
    file.seekSync(at, Deno.SeekMode.Start);
    readExactly(file, new Uint8Array(array.buffer as ArrayBuffer));
    return array;
  };
  const scales = read(new Float32Array(length), 4 * before);
  const halves = read(new Float16Array(length * width), 4 * tokens + 2 * before * width);
  return decode(scales, halves, width);
}

function decode(scales: Float32Array, halves: Float16Array, width: number): Float32Array {
  const states = new Float32Array(scales.length * width);
  states.set(halves.subarray(0, states.length));
  for (let i = 0; i < states.length; i++) states[i] *= scales[Math.floor(i / width)];
  return states;
}

/** A power of two not below the largest value of a vector, and 1 for zeros. */
function scaleOf(vector: Float32Array): number {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return largest === 0 ? 1 : 2 ** Math.ceil(Math.log2(largest));
}

/** A scale and C halves for every token. */
function bytesOf(tokens: number, width: number): number {
  return tokens * (4 + 2 * width);
}
