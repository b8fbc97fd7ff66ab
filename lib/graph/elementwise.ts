/**
 * Ops that work element by element, with broadcasting as in NumPy.
 *
 * @module
 */
import { type Dim, node, scalar, type Shape, showShape, type Tensor } from "./tensor.ts";

/** a + b. @param a operand. @param b operand; the shapes must broadcast. @returns their sum. */
export function add(a: Tensor, b: Tensor): Tensor {
  return node("Add", [a, b], {}, broadcast("add", a, b));
}

/** a - b. @param a operand. @param b operand; the shapes must broadcast. @returns their difference. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return node("Sub", [a, b], {}, broadcast("subtract", a, b));
}

/** a b. @param a operand. @param b operand; the shapes must broadcast. @returns their product. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return node("Mul", [a, b], {}, broadcast("multiply", a, b));
}

/** a / b. @param a operand. @param b operand; the shapes must broadcast. @returns their quotient. */
export function div(a: Tensor, b: Tensor): Tensor {
  return node("Div", [a, b], {}, broadcast("divide", a, b));
}

/** The smaller of two values. @param a operand. @param b operand. @returns min(a, b); it has no gradient rule. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return node("Min", [a, b], {}, broadcast("take the minimum of", a, b));
}

/** a to the power b. @param a base. @param b exponent. @returns a^b; it has no gradient rule. */
export function pow(a: Tensor, b: Tensor): Tensor {
  return node("Pow", [a, b], {}, broadcast("raise", a, b));
}

/** x times a number. @param x a tensor. @param factor the number. @returns factor * x. */
export function scale(x: Tensor, factor: number): Tensor {
  return mul(x, scalar(factor));
}

/** -x. @param x a tensor. @returns its negative. */
export function neg(x: Tensor): Tensor {
  return node("Neg", [x], {}, x.shape);
}

/** e^x. @param x a tensor. @returns its exponential. */
export function exp(x: Tensor): Tensor {
  return node("Exp", [x], {}, x.shape);
}

/** Natural logarithm. @param x a positive tensor. @returns ln x. */
export function log(x: Tensor): Tensor {
  return node("Log", [x], {}, x.shape);
}

/** Square root. @param x a tensor, not negative. @returns its root. */
export function sqrt(x: Tensor): Tensor {
  return node("Sqrt", [x], {}, x.shape);
}

/** Logistic function. @param x a tensor. @returns 1 / (1 + e^-x). */
export function sigmoid(x: Tensor): Tensor {
  return node("Sigmoid", [x], {}, x.shape);
}

/** Hyperbolic tangent. @param x a tensor. @returns tanh x. */
export function tanh(x: Tensor): Tensor {
  return node("Tanh", [x], {}, x.shape);
}

/** The shape that two operands broadcast to; throws with both names and shapes where they do not. */
function broadcast(verb: string, a: Tensor, b: Tensor): Shape {
  const rank = Math.max(a.shape.length, b.shape.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const [p, q] = [a, b].map(({ shape }) => shape[shape.length - rank + i] ?? 1);
    if (p !== q && p !== 1 && q !== 1) {
      throw new RangeError(
        `Cannot ${verb} "${a.name}" and "${b.name}": shapes must broadcast, ` +
          `got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      );
    }
    result.push(p === 1 ? q : p);
  }
  return result;
}
