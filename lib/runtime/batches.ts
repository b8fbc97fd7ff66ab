/**
 * Batches of token sequences of about equal length.
 *
 * A sequence is padded to a multiple of `LENGTH_STEP` that depends on nothing but its own length,
 * so that the arithmetic done for it, and with it every bit of its result, does not depend on what
 * it is batched with.
 *
 * @module
 */
import type { Value } from "./session.ts";

/**
 * Lengths are padded up to a multiple of it. Sixteen floats fill a vector register, and little is
 * wasted.
 */
const LENGTH_STEP = 16;

/** Most tokens in a batch, padding included, where nothing else is said. */
export const TOKEN_BUDGET = 4096;

/**
 * The length that a sequence is padded to.
 *
 * @param length of the sequence, in tokens.
 * @returns the next multiple of `LENGTH_STEP`, in tokens.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { paddedLength } from "./batches.ts";
 * assert.deepEqual([1, 16, 17].map(paddedLength), [16, 16, 32]);
 * ```
 */
export function paddedLength(length: number): number {
  return LENGTH_STEP * Math.ceil(length / LENGTH_STEP);
}

/** Sequences that run together. */
export interface Batch {
  /** Which sequences, by their index. */
  readonly members: readonly number[];
  /** The length that all are padded to. */
  readonly length: number;
}

/**
 * Groups sequences by padded length and cuts the groups into batches.
 *
 * @param lengths of the sequences, in tokens.
 * @param tokenBudget most tokens in a batch, padding included; a longer sequence is a batch of its
 * own.
 * @param order in which sequences are taken; by default as they are numbered.
 * @returns the batches, shortest sequences first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { batchByLength } from "./batches.ts";
 * assert.deepEqual(batchByLength([20, 3, 5, 7], 32), [
 *   { length: 16, members: [1, 2] }, // 2 · 16 tokens fill the budget
 *   { length: 16, members: [3] },
 *   { length: 32, members: [0] },
 * ]);
 * ```
 */
export function batchByLength(
  lengths: readonly number[],
  tokenBudget: number,
  order: readonly number[] = lengths.map((_, i) => i),
): Batch[] {
  const groups = new Map<number, number[]>();
  for (const i of order) {
    const length = paddedLength(lengths[i]);
    const group = groups.get(length);
    if (group === undefined) groups.set(length, [i]);
    else group.push(i);
  }
  return [...groups].sort(([a], [b]) => a - b).flatMap(([length, group]) => {
    const size = Math.max(1, Math.floor(tokenBudget / length));
    const count = Math.ceil(group.length / size);
    return Array.from(
      { length: count },
      (_, k) => ({ length, members: group.slice(k * size, (k + 1) * size) }),
    );
  });
}

/**
 * Sorts sequences by length and cuts them into batches that are about equally full; for training,
 * where what a sequence is padded to may depend on its neighbours.
 *
 * @param lengths of the sequences, in tokens.
 * @param tokenBudget most tokens in a batch, padding included; a longer sequence is a batch of its
 * own.
 * @param order in which sequences of one padded length are taken.
 * @returns the batches, shortest sequences first.
 */
export function packByLength(
  lengths: readonly number[],
  tokenBudget: number,
  order: readonly number[],
): Batch[] {
  const batches: { members: number[]; length: number }[] = [];
  const sorted = [...order].sort((a, b) => paddedLength(lengths[a]) - paddedLength(lengths[b]));
  for (const i of sorted) {
    const length = paddedLength(lengths[i]);
    const open = batches.at(-1);
    if (open !== undefined && (open.members.length + 1) * length <= tokenBudget) {
      open.members.push(i);
      open.length = length;
    } else {
      batches.push({ members: [i], length });
    }
  }
  return batches;
}

/**
 * Sequences of a batch as the rows of a matrix, padded on the right.
 *
 * @param sequences numbers, one list a row.
 * @param length T, the length of the rows, in tokens.
 * @param padding the number that fills up the rows.
 * @returns int64, shape (B, T).
 */
export function padded(
  sequences: readonly ArrayLike<number>[],
  length: number,
  padding: number,
): Value<BigInt64Array> {
  const data = new BigInt64Array(sequences.length * length).fill(BigInt(padding));
  sequences.forEach((sequence, b) => {
    for (let t = 0; t < sequence.length; t++) data[b * length + t] = BigInt(sequence[t]);
  });
  return { data, dims: [sequences.length, length] };
}

/**
 * Vectors of a batch's tokens, padded with zeros on the right.
 *
 * @param states of the tokens of each sequence, one vector after the other, shape (T', C) with T' up to T.
 * @param length T, in tokens.
 * @param width C.
 * @returns shape (B, T, C).
 */
export function paddedStates(
  states: readonly Float32Array[],
  length: number,
  width: number,
): Value<Float32Array> {
  const data = new Float32Array(states.length * length * width);
  states.forEach((own, b) => data.set(own, b * length * width));
  return { data, dims: [states.length, length, width] };
}

/**
 * Where the last numbers of the sequences stand when the rows of {@linkcode padded} are put one
 * after the other.
 *
 * @param sequences one a row; for an empty one, where its row begins.
 * @param length T, the length of the rows, in tokens.
 * @returns int64, shape (B).
 */
export function lastPositions(
  sequences: readonly ArrayLike<number>[],
  length: number,
): Value<BigInt64Array> {
  const data = BigInt64Array.from(
    sequences,
    (s, b) => BigInt(b * length + Math.max(0, s.length - 1)),
  );
  return { data, dims: [data.length] };
}

/**
 * The causal mask: 0 where a position may look, −1e9 where it may not.
 *
 * @param length T, in tokens.
 * @param window how many positions it sees, itself included; all before it by default.
 * @returns shape (T, T).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { causalMask } from "./batches.ts";
 * assert.deepEqual([...causalMask(2).data], [0, -1e9, 0, 0]);
 * ```
 */
export function causalMask(length: number, window = length): Value<Float32Array> {
  const data = new Float32Array(length * length).fill(-1e9);
  for (let i = 0; i < length; i++) {
    data.fill(0, i * length + Math.max(0, i + 1 - window), i * length + i + 1);
  }
  return { data, dims: [length, length] };
}
