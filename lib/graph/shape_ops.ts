/**
 * Ops that move values without changing them.
 *
 * @module
 */
import {
  constant,
  type Dim,
  dimProduct,
  node,
  sameShape,
  type Shape,
  showShape,
  type Tensor,
  wholeNumber,
} from "./tensor.ts";

/**
 * The same values in another shape. Named dimensions must stand at the place where they are in `x`,
 * save for one, which is worked out when the graph runs.
 *
 * @param shape the new dimensions; their product must be that of the old ones.
 * @returns the values in the new shape.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (canonicalProduct(x.shape) !== canonicalProduct(shape)) {
    throw new RangeError(
      `Cannot reshape "${x.name}" from ${showShape(x.shape)} to ${
        showShape(shape)
      }: the sizes differ`,
    );
  }
  return node(
    "Reshape",
    [x, constant(targetOf(x.shape, shape), [shape.length], "shape")],
    {},
    shape,
  );
}

/** ONNX's notation: a size, 0 for "as in the input", -1 for the one that is worked out. */
function targetOf(from: Shape, to: Shape): BigInt64Array {
  const target = to.map((d, i) => typeof d === "number" ? d : d === from[i] ? 0 : -1);
  if (target.filter((d) => d === -1).length > 1) {
    throw new RangeError(
      `Cannot reshape ${showShape(from)} to ${showShape(to)}: two named sizes move`,
    );
  }
  return BigInt64Array.from(target, BigInt);
}

function canonicalProduct(shape: Shape): string {
  const factors = shape.flatMap<Dim>((d) => typeof d === "string" ? d.split("*") : [d]);
  const size = factors.reduce<number>((a, f) => /^\d+$/.test(`${f}`) ? a * Number(f) : a, 1);
  return [...factors.filter((f) => !/^\d+$/.test(`${f}`)).sort(), size].join("*");
}

/**
 * The same values in the shape of another tensor, which may have several named dimensions.
 *
 * @param like gives the shape; as many values.
 * @returns the values in that shape.
 */
export function reshapeLike(x: Tensor, like: Tensor): Tensor {
  return sameShape(x.shape, like.shape) ? x : node("Reshape", [x, shapeOf(like)], {}, like.shape);
}

/** The dimensions of a tensor when the graph runs, int64. */
function shapeOf(x: Tensor): Tensor {
  return node("Shape", [x], {}, [x.shape.length], { dtype: "int64" });
}

/**
 * Reorders the axes.
 *
 * @param perm which old axis stands at each place.
 * @returns the values in the new order.
 */
export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  if ([...perm].sort().join() !== x.shape.map((_, i) => i).join()) {
    throw new RangeError(
      `Cannot transpose "${x.name}": ${
        showShape(x.shape)
      } needs a permutation of its axes, got (${perm})`,
    );
  }
  return node("Transpose", [x], { perm }, perm.map((p) => x.shape[p]));
}

/**
 * Repeats a tensor along its axes of size 1 until it has the shape of another.
 *
 * @param x a tensor of as many axes as `like`.
 * @param like gives the shape.
 * @returns the repeated values.
 */
export function expand(x: Tensor, like: Tensor): Tensor {
  if (sameShape(x.shape, like.shape)) return x;
  return node("Expand", [x, shapeOf(like)], {}, like.shape);
}

/**
 * The size of an axis when the graph runs.
 *
 * @returns int64, shape (1).
 */
export function sizeOf(x: Tensor, axis: number): Tensor {
  return node("Shape", [x], { start: axis, end: axis + 1 }, [1], { dtype: "int64" });
}

/**
 * A stretch of an axis.
 *
 * @param from first index; a tensor, int64, shape (1), where it is known only when the graph runs.
 * @param to after the last, likewise.
 * @param size how the new axis is called, where it is not known before; what reaches beyond the end
 * of `x` is then left out.
 * @returns the values there; it has no gradient rule.
 */
export function slice(
  x: Tensor,
  axis: number,
  from: number | Tensor,
  to: number | Tensor,
  size?: string,
): Tensor {
  const length = x.shape[axis];
  const known = typeof from === "number" && typeof to === "number" && typeof length === "number";
  if (known ? from < 0 || from > to || to > length : size === undefined) {
    throw new RangeError(
      `Cannot slice "${x.name}" of shape ${showShape(x.shape)} along axis ${axis}: it must ${
        known ? `hold what is asked for, got ${from} to ${to}` : "have a name for its new size"
      }`,
    );
  }
  const at = (i: number | Tensor) => typeof i === "number" ? wholeNumber(i) : i;
  const shape = x.shape.with(axis, known ? to - from : size!);
  return node("Slice", [x, at(from), at(to), at(axis)], {}, shape);
}

/**
 * Tensors one after the other.
 *
 * @param parts of one shape, but for the axis along which they are joined.
 * @param size how the sum of their lengths is called, where one of them has a name.
 * @returns the parts in one tensor; it has no gradient rule.
 */
export function concat(parts: readonly Tensor[], axis: number, size?: string): Tensor {
  const [{ shape }] = parts;
  const other = parts.find((part) => !sameShape(part.shape.with(axis, 0), shape.with(axis, 0)));
  if (other !== undefined) {
    throw new RangeError(
      `Cannot concatenate "${other.name}" of shape ${showShape(other.shape)} with "${
        parts[0].name
      }" of shape ${showShape(shape)} along axis ${axis}`,
    );
  }
  const sum = parts.reduce((total, part) => total + Number(part.shape[axis]), 0);
  if (Number.isNaN(sum) && size === undefined) {
    throw new RangeError(
      `Cannot concatenate along axis ${axis}: the sum of named sizes must have a name`,
    );
  }
  return node("Concat", parts, { axis }, shape.with(axis, size ?? sum));
}

/**
 * All axes but the last made into one.
 *
 * @param x shape (…, C).
 * @returns shape (n, C).
 */
export function flattenRows(x: Tensor): Tensor {
  const last: Dim = x.shape[x.shape.length - 1];
  return reshape(x, [dimProduct(x.shape.slice(0, -1)), last]);
}
