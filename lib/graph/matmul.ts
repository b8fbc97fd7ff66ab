/**
 * Matrix products, with either side transposed in place (ONNX Runtime's FusedMatMul).
 *
 * @module
 */
import { type Dim, float, node, sameShape, showShape, type Tensor } from "./tensor.ts";

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /** Use Aᵀ (its last two axes swapped). Default false. */
  transA?: boolean;
  /** Use Bᵀ. Default false. */
  transB?: boolean;
  /** Factor on the product. Default 1. */
  alpha?: number;
}

/**
 * alpha · A B. Either both have the same leading axes, or B is a matrix that every matrix in A is
 * multiplied by.
 *
 * @param a shape (…, m, k), or (…, k, m) with transA.
 * @param b shape (…, k, n), or (…, n, k) with transB.
 * @param options which side is transposed, and a factor.
 * @returns shape (…, m, n).
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transA = false, transB = false, alpha = 1 }: MatmulOptions = {},
): Tensor {
  const [m, k] = lastTwo(a, transA);
  const [k2, n] = lastTwo(b, transB);
  const leading = a.shape.slice(0, -2);
  const sharedB = b.shape.length === 2;
  if (
    k !== k2 || !(sharedB || sameShape(leading, b.shape.slice(0, -2))) ||
    (sharedB && transA && leading.length > 0)
  ) {
    const [ta, tb] = [transA ? "ᵀ" : "", transB ? "ᵀ" : ""];
    throw new RangeError(
      `Cannot multiply "${a.name}"${ta} by "${b.name}"${tb}: inner sizes and leading axes must agree, ` +
        `got ${showShape(a.shape)}${ta} and ${showShape(b.shape)}${tb}`,
    );
  }
  const attributes = { transA: Number(transA), transB: Number(transB), alpha: float(alpha) };
  return node("FusedMatMul", [a, b], attributes, [...leading, m, n], { domain: "com.microsoft" });
}

function lastTwo(x: Tensor, transposed: boolean): [Dim, Dim] {
  if (x.shape.length < 2) {
    throw new RangeError(
      `Cannot multiply "${x.name}": it must be a matrix, got ${showShape(x.shape)}`,
    );
  }
  const [p, q] = x.shape.slice(-2);
  return transposed ? [q, p] : [p, q];
}
