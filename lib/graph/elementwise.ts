/**
 * Ops that work element by element, with broadcasting as in NumPy.
 *
 * @module
 */
import { type Dim, node, scalar, type Shape, showShape, type Tensor } from "./tensor.ts";

/** a + b; the shapes must broadcast. */
export function add(a: Tensor, b: Tensor): Tensor {
  return node("Add", [a, b], {}, broadcast("add", a, b));
}

/** a - b; the shapes must broadcast. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return node("Sub", [a, b], {}, broadcast("subtract", a, b));
}

/** a b, element by element; the shapes must broadcast. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return node("Mul", [a, b], {}, broadcast("multiply", a, b));
}

/** a / b; the shapes must broadcast. */
export function div(a: Tensor, b: Tensor): Tensor {
  return node("Div", [a, b], {}, broadcast("divide", a, b));
}

/** The smaller of two values; the shapes must broadcast. It has no gradient rule. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return node("Min", [a, b], {}, broadcast("take the minimum of", a, b));
}

/** a to the power b; the shapes must broadcast. It has no gradient rule. */
export function pow(a: Tensor, b: Tensor): Tensor {
  return node("Pow", [a, b], {}, broadcast("raise", a, b));
}

/** x times a number that is stored in the graph. */
export function scale(x: Tensor, factor: number): Tensor {
  return mul(x, scalar(factor));
}

/** -x. */
export function neg(x: Tensor): Tensor {
  return node("Neg", [x], {}, x.shape);
}

/** e^x. */
export function exp(x: Tensor): Tensor {
  return node("Exp", [x], {}, x.shape);
}

/** The natural logarithm of x > 0. */
export function log(x: Tensor): Tensor {
  return node("Log", [x], {}, x.shape);
}

/** √x, for x >= 0. */
export function sqrt(x: Tensor): Tensor {
  return node("Sqrt", [x], {}, x.shape);
}

/** The logistic function, 1 / (1 + e^-x). */
export function sigmoid(x: Tensor): Tensor {
  return node("Sigmoid", [x], {}, x.shape);
}

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return node("Tanh", [x], {}, x.shape);
}

/**
 * The shape that two operands broadcast to; throws with both names and shapes where they do not.
 */
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
