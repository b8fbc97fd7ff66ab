/**
 * Where a value stands among sorted ones, by binary search.
 *
 * @module
 */

/**
 * How many entries are at most the value.
 *
 * @param sorted numbers, ascending.
 * @param value in their unit.
 * @returns from 0 to their number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countUpTo } from "./rank.ts";
 * assert.equal(countUpTo([1, 2, 2, 3], 2), 3);
 * ```
 */
export function countUpTo(sorted: ArrayLike<number>, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * How many entries are below the value.
 *
 * @param sorted numbers, ascending.
 * @param value in their unit.
 * @returns from 0 to their number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countBelow } from "./rank.ts";
 * assert.equal(countBelow([1, 2, 2, 3], 2), 1);
 * ```
 */
export function countBelow(sorted: ArrayLike<number>, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
