/**
 * The arithmetic mean.
 *
 * @module
 */

/**
 * The mean of values, summed in their order.
 *
 * @param values numbers in any unit.
 * @returns their mean, in that unit; NaN where there are none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { meanOf } from "./mean.ts";
 * assert.equal(meanOf([1, 2, 6]), 3);
 * ```
 */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
