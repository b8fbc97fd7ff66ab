/**
 * Picking rows of a matrix.
 *
 * @module
 */
import {
  constant,
  customGradient,
  dimProduct,
  node,
  showShape,
  type Tensor,
  wholeNumber,
} from "./tensor.ts";
import { reshape } from "./shape_ops.ts";

/**
 * Rows of a matrix.
 *
 * @param table shape (n, C).
 * @param indices int64, any shape, values in [0, n).
 * @returns shape (…indices, C).
 */
export function gather(table: Tensor, indices: Tensor): Tensor {
  if (table.shape.length !== 2 || indices.dtype !== "int64") {
    throw new RangeError(
      `Cannot gather rows of "${table.name}" by "${indices.name}": a matrix and int64 indices are needed, ` +
        `got ${showShape(table.shape)} and ${indices.dtype} ${showShape(indices.shape)}`,
    );
  }
  return node("Gather", [table, indices], { axis: 0 }, [...indices.shape, table.shape[1]]);
}

/**
 * Rows of a matrix at indices that all differ, so that its gradient writes each row once.
 *
 * @param table shape (n, C), of known size.
 * @param indices int64, shape (u), no value twice.
 * @returns shape (u, C).
 */
export function gatherDistinct(table: Tensor, indices: Tensor): Tensor {
  const rows = gather(table, indices);
  return customGradient("rows", rows, [table], (_, g) => [scatterRows(g, indices, table)]);
}

/** A matrix of zeros of the table's shape, with rows written at indices that all differ. */
function scatterRows(rows: Tensor, indices: Tensor, table: Tensor): Tensor {
  const [n, c] = table.shape;
  if (typeof n !== "number" || typeof c !== "number") {
    throw new RangeError(`Cannot scatter into "${table.name}": its shape must be known`);
  }
  const zeros = constant(new Float32Array(n * c), [n, c], "zeros");
  const places = reshape(indices, [indices.shape[0], 1]);
  return node("ScatterND", [zeros, places, rows], {}, [n, c]);
}

/**
 * One-hot vectors as columns: S[i, j] is 1 where indices[j] = i, else 0.
 *
 * @param table gives the number of rows n, shape (n, C).
 * @param indices int64, any shape; flattened.
 * @returns shape (n, j).
 */
export function oneHotColumns(table: Tensor, indices: Tensor): Tensor {
  const flat = reshape(indices, [dimProduct(indices.shape)]);
  const sizes = node("Shape", [table], {}, [2], { dtype: "int64" });
  const depth = node("Gather", [sizes, wholeNumber(0)], { axis: 0 }, [1]);
  const values = constant([0, 1], [2], "off and on");
  return node("OneHot", [flat, depth, values], { axis: 0 }, [table.shape[0], ...flat.shape], {
    dtype: "float32",
  });
}
