/**
 * Sums, means and maxima over axes.
 *
 * @module
 */
import { scale } from "./elementwise.ts";
import { constant, node, type Shape, showShape, type Tensor } from "./tensor.ts";

/**
 * Sum over axes, which stay as dimensions of size 1.
 *
 * @param axes which to sum over, negative ones counted from the end.
 */
export function reduceSum(x: Tensor, axes: readonly number[]): Tensor {
  return node("ReduceSum", [x, axesConstant(x, axes)], { keepdims: 1 }, reducedShape(x, axes));
}

/**
 * Sum of squares over axes, which stay as dimensions of size 1.
 *
 * @param axes which to sum over, negative ones counted from the end.
 * @returns the sums; it has no gradient rule.
 */
export function reduceSumSquare(x: Tensor, axes: readonly number[]): Tensor {
  return node(
    "ReduceSumSquare",
    [x, axesConstant(x, axes)],
    { keepdims: 1 },
    reducedShape(x, axes),
  );
}

/**
 * Mean over axes of known size, which stay as dimensions of size 1.
 *
 * @param axes which to average over, negative ones counted from the end.
 */
export function reduceMean(x: Tensor, axes: readonly number[]): Tensor {
  return scale(reduceSum(x, axes), 1 / countAlong(x, axes));
}

/**
 * Maximum over axes, which stay as dimensions of size 1.
 *
 * @param axes which to search, negative ones counted from the end.
 * @returns the maxima; it has no gradient rule.
 */
export function reduceMax(x: Tensor, axes: readonly number[]): Tensor {
  return node("ReduceMax", [x, axesConstant(x, axes)], { keepdims: 1 }, reducedShape(x, axes));
}

/**
 * Softmax over the last axis: y = exp(x) / Σ exp(x).
 *
 * @param x logits, shape (…, C).
 * @returns probabilities, shape (…, C); every row sums to 1.
 */
export function softmax(x: Tensor): Tensor {
  if (x.shape.length === 0) {
    throw new RangeError(`Cannot take softmax of "${x.name}": it must have an axis, got shape ()`);
  }
  return node("Softmax", [x], { axis: -1 }, x.shape);
}

function axesConstant(x: Tensor, axes: readonly number[]): Tensor {
  const normal = normalAxes(x, axes);
  return constant(BigInt64Array.from(normal, BigInt), [normal.length], "axes");
}

function normalAxes(x: Tensor, axes: readonly number[]): number[] {
  const rank = x.shape.length;
  return axes.map((axis) => {
    if (axis < -rank || axis >= rank) {
      throw new RangeError(
        `Cannot reduce "${x.name}" over axis ${axis}: its shape is ${showShape(x.shape)}`,
      );
    }
    return (axis + rank) % rank;
  });
}

function reducedShape(x: Tensor, axes: readonly number[]): Shape {
  const gone = new Set(normalAxes(x, axes));
  return x.shape.map((d, i) => gone.has(i) ? 1 : d);
}

function countAlong(x: Tensor, axes: readonly number[]): number {
  return normalAxes(x, axes).reduce((count, axis) => {
    const size = x.shape[axis];
    if (typeof size === "string") {
      throw new RangeError(
        `Cannot average "${x.name}" over axis ${axis}: its size "${size}" is not known`,
      );
    }
    return count * size;
  }, 1);
}
