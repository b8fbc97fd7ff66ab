/**
 * Loops that run in the graph: a value that is made in rounds, as many as its inputs call for.
 *
 * @module
 */
import { input, node, type Shape, type Tensor } from "./tensor.ts";

/**
 * Makes a value round by round. What a round does not change is worked out once, before the first.
 * A loop may not stand in another.
 *
 * @param rounds how many, int64, shape (1).
 * @param initial the value before the first.
 * @param next makes a round's value from the number of the round, int64, shape (1), from 0, and the
 * value before it, whose dimensions may differ in size from round to round.
 * @param shape the dimensions after the last round.
 * @returns the value of the last round; it has no gradient rule.
 */
export function loop(
  rounds: Tensor,
  initial: Tensor,
  next: (round: Tensor, before: Tensor) => Tensor,
  shape: Shape,
): Tensor {
  const round = input("round", [1], "int64");
  const before = input("before", initial.shape, initial.dtype);
  const body = { round, before, after: next(round, before) };
  return { ...node("Loop", [rounds, initial], {}, shape, { dtype: initial.dtype }), body };
}
