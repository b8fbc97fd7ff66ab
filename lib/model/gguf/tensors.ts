/**
 * Tensors of GGUF files as weights of ours: dequantised a stretch at a time whenever they are asked for, and never held.
 *
 * Two things are undone that the conversion to GGUF does. In the llama family a head's rows of queries and keys stand in another
 * order: rotary positions turn rows i and i + d/2 of a head together here and in Hugging Face checkpoints, but neighbours there,
 *
 *     ours[j d/2 + i] = file[2 i + j]   for i = 0 … d/2 − 1 and j = 0, 1.
 *
 * And Gemma's gains have 1 added, which we add only as we calculate.
 *
 * @module
 */
import { readExactly } from "../../core/files.ts";
import { type Parameter, storedParameter } from "../parameters.ts";
import { brokenGguf } from "./errors.ts";
import type { TensorInfo } from "./header.ts";
import { type Scratch, STRETCH, takeScratch } from "./scratch.ts";

/** How a tensor of the file becomes a weight. */
export interface Conversion {
  /** The weight's name in Hugging Face checkpoints. */
  name: string;
  /** d, rows of a head, where neighbouring rows are turned together; even, and a divisor of the rows. Default: they are not. */
  interleaved?: number | undefined;
  /** Taken from every value. Default 0. */
  excess?: number | undefined;
}

/**
 * A tensor as a weight.
 *
 * @param tensor where it is.
 * @param conversion name, and what is undone.
 * @returns the weight, under its new name and in its own shape; reading it throws a `UserError` where the file has changed.
 */
export function tensorParameter(
  tensor: TensorInfo,
  { name, interleaved, excess = 0 }: Conversion,
): Parameter {
  const { shape } = tensor;
  const total = shape.reduce((a, b) => a * b, 1);
  const columns = shape.length === 1 && interleaved ? 1 : shape.at(-1)!;
  const unit = columns * (interleaved ?? 1); // what may not be cut
  const length = Math.min(total, unit * Math.max(1, Math.floor(STRETCH / unit)));
  return storedParameter({ name, shape }, function* () {
    using scratch = takeScratch(length);
    for (const values of stretches(tensor, total, length, scratch)) {
      if (excess !== 0) { for (let i = 0; i < values.length; i++) values[i] -= excess; }
      yield interleaved ? apart(values, columns, interleaved, scratch.sorted) : values;
    }
  });
}

/** A tensor's values, `length` of them at a time, in an array that is used again. */
function* stretches(
  { path, offset, format }: TensorInfo,
  total: number,
  length: number,
  { bytes, values }: Scratch,
): Iterable<Float32Array<ArrayBuffer>> {
  try {
    using file = Deno.openSync(path);
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < total; at += length) {
      const count = Math.min(length, total - at);
      const part = bytes.subarray(0, count / format.values * format.bytes);
      format.decode(readExactly(file, part), values);
      yield values.subarray(0, count);
    }
  } catch (error) {
    throw brokenGguf(path, error);
  }
}

/** Takes the two halves of every head apart, as {@linkcode Conversion.interleaved} says. */
function apart(
  values: Float32Array,
  columns: number,
  size: number,
  into: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  for (let row = 0; row < values.length / columns; row++) {
    const within = row % size;
    const to = row - within + (within & 1) * size / 2 + (within >> 1);
    into.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return into.subarray(0, values.length);
}
