/**
 * The reverse-mode rule of every differentiable op, in one table. In each, g is the gradient of the
 * loss by the op's value y. No rule adds by scattering: the order of such sums would vary from run
 * to run.
 *
 * @module
 */
import { div, mul, neg, scale, sub } from "./elementwise.ts";
import { oneHotColumns } from "./gather.ts";
import { matmul, type MatmulOptions } from "./matmul.ts";
import type { DifferentiableOp } from "./ops.ts";
import { reduceSum } from "./reduce.ts";
import { expand, flattenRows, reshape, reshapeLike, transpose } from "./shape_ops.ts";
import { sameShape, scalar, type Shape, type Tensor, type Vjp } from "./tensor.ts";

/**
 * Undoes broadcasting: sums a gradient over the axes along which an operand was repeated.
 *
 * @param gradient of the broadcast result.
 * @param shape of the operand.
 * @returns a tensor of that shape.
 */
function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((d, i) =>
    i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []
  );
  return reshape(reduceSum(gradient, axes), shape);
}

/** dL/da = g, dL/db = g. */
const addVjp: Vjp<"Add"> = ({ inputs: [a, b] }, g) => [sumTo(g, a.shape), sumTo(g, b.shape)];

/** dL/da = g, dL/db = -g. */
const subVjp: Vjp<"Sub"> = ({ inputs: [a, b] }, g) => [sumTo(g, a.shape), sumTo(neg(g), b.shape)];

/** dL/da = g b, dL/db = g a. */
const mulVjp: Vjp<"Mul"> = (
  { inputs: [a, b] },
  g,
) => [sumTo(mul(g, b), a.shape), sumTo(mul(g, a), b.shape)];

/** dL/da = g / b, dL/db = -g y / b, where y = a / b. */
const divVjp: Vjp<"Div"> = (y, g) => {
  const [a, b] = y.inputs;
  const byA = div(g, b);
  return [sumTo(byA, a.shape), sumTo(neg(mul(byA, y)), b.shape)];
};

/** dL/dx = -g. */
const negVjp: Vjp<"Neg"> = (_, g) => [neg(g)];

/** dL/dx = g y, where y = e^x. */
const expVjp: Vjp<"Exp"> = (y, g) => [mul(g, y)];

/** dL/dx = g / x. */
const logVjp: Vjp<"Log"> = ({ inputs: [x] }, g) => [div(g, x)];

/** dL/dx = g / (2 y), where y = √x. */
const sqrtVjp: Vjp<"Sqrt"> = (y, g) => [div(scale(g, 0.5), y)];

/** dL/dx = g y (1 - y), where y = sigmoid x. */
const sigmoidVjp: Vjp<"Sigmoid"> = (y, g) => [mul(g, mul(y, sub(scalar(1), y)))];

/** dL/dx = g (1 - y²), where y = tanh x. */
const tanhVjp: Vjp<"Tanh"> = (y, g) => [mul(g, sub(scalar(1), mul(y, y)))];

/** dL/dx = g, repeated along the axes that were summed. */
const reduceSumVjp: Vjp<"ReduceSum"> = ({ inputs: [x] }, g) => [expand(g, x), undefined];

/** dL/dx = y ⊙ (g − Σ g ⊙ y), from ∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ − yⱼ). */
const softmaxVjp: Vjp<"Softmax"> = (y, g) => {
  const weighted = mul(g, y);
  return [sub(weighted, mul(y, reduceSum(weighted, [-1])))];
};

/** dL/dx = g in the old shape. */
const reshapeVjp: Vjp<"Reshape"> = ({ inputs: [x] }, g) => [reshapeLike(g, x), undefined];

/** dL/dx = g with the axes put back. */
const transposeVjp: Vjp<"Transpose"> = (
  { attributes: { perm } },
  g,
) => [transpose(g, perm.map((_, i) => perm.indexOf(i)))];

/** dL/dx = g summed over the repeats. */
const expandVjp: Vjp<"Expand"> = ({ inputs: [x] }, g) => [sumTo(g, x.shape), undefined];

/**
 * A product of matrices, worked out transposed where it is wider than tall. ONNX Runtime shares out
 * the rows of tall products among its threads, but the columns of wide ones, and then adds in an
 * order that depends on the number of threads.
 */
function tallMatmul(a: Tensor, b: Tensor, options: Required<MatmulOptions>): Tensor {
  const product = matmul(a, b, options);
  const [m, n] = product.shape;
  if (product.shape.length > 2 || !(Number(m) < Number(n))) return product; // NaN for named sizes
  const { transA, transB, alpha } = options;
  return transpose(matmul(b, a, { transA: !transB, transB: !transA, alpha }), [1, 0]);
}

/** From Y = α A B: dA = α g Bᵀ and dB = α Aᵀ g, transposed where the operand was. */
const matmulVjp: Vjp<"FusedMatMul"> = ({ inputs: [a, b], attributes }, g) => {
  const [transA, transB] = [attributes.transA === 1, attributes.transB === 1];
  const { float: alpha } = attributes.alpha;
  const byA = transA
    ? matmul(b, g, { transA: transB, transB: true, alpha })
    : matmul(g, b, { transB: !transB, alpha });
  // A matrix B shared by all leading axes gets the sum of their gradients: one product over all
  // rows.
  const shared = b.shape.length === 2 && a.shape.length > 2;
  const [rows, gRows] = shared ? [flattenRows(a), flattenRows(g)] : [a, g];
  const byB = transB
    ? tallMatmul(gRows, rows, { transA: true, transB: transA, alpha })
    : tallMatmul(rows, gRows, { transA: !transA, transB: false, alpha });
  return [byA, byB];
};

/** dL/dtable = Sᵀ g, where the rows of S are the one-hot vectors of the indices. */
const gatherVjp: Vjp<"Gather"> = (
  { inputs: [table, indices] },
  g,
) => [matmul(oneHotColumns(table, indices), flattenRows(g)), undefined];

/**
 * The rule of each op, by the op's name: one that is missing, or there for nothing, is a type
 * error.
 */
export const rules: { readonly [O in DifferentiableOp]: Vjp<O> } = {
  Add: addVjp,
  Div: divVjp,
  Exp: expVjp,
  Expand: expandVjp,
  FusedMatMul: matmulVjp,
  Gather: gatherVjp,
  Log: logVjp,
  Mul: mulVjp,
  Neg: negVjp,
  ReduceSum: reduceSumVjp,
  Reshape: reshapeVjp,
  Sigmoid: sigmoidVjp,
  Softmax: softmaxVjp,
  Sqrt: sqrtVjp,
  Sub: subVjp,
  Tanh: tanhVjp,
  Transpose: transposeVjp,
};
