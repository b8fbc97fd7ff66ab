/**
 * Reverse-mode differentiation: from a scalar loss, the graph of its gradients.
 *
 * @module
 */
import { add } from "./elementwise.ts";
import type { DifferentiableOp, Op } from "./ops.ts";
import { rules } from "./rules.ts";
import { constant, dimProduct, isOp, showShape, type Tensor, type Vjp } from "./tensor.ts";

/**
 * Gradients of a scalar by some of the values it depends on.
 *
 * @param loss a tensor of one element.
 * @param wrt the values to differentiate by, taken as independent of each other.
 * @returns for each, dL/dx in the shape of x; throws where the loss does not depend on it, or where
 * an op on the way has no rule.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (dimProduct(loss.shape) !== 1) {
    throw new RangeError(
      `Cannot differentiate "${loss.name}": it must be a scalar, got ${showShape(loss.shape)}`,
    );
  }
  const leaves = new Set(wrt);
  const order = dependents(loss, leaves);
  const sums = new Map<Tensor, Tensor>([[loss, constant([1], loss.shape.map(() => 1), "1")]]);
  for (const node of order) {
    const gradient = sums.get(node);
    if (gradient === undefined || leaves.has(node)) continue;
    const byInput = inputGradients(node, gradient);
    node.inputs.forEach((x, i) => {
      const term = byInput[i];
      if (term === undefined || !order.has(x)) return;
      const sum = sums.get(x);
      sums.set(x, sum === undefined ? term : add(sum, term));
    });
  }
  return wrt.map((x) => {
    const gradient = sums.get(x);
    if (gradient === undefined) {
      throw new RangeError(
        `Cannot differentiate "${loss.name}" by "${x.name}": it does not depend on it`,
      );
    }
    return gradient;
  });
}

/** What the op's rule says. */
function inputGradients(node: Tensor, gradient: Tensor): ReturnType<Vjp<Op>> {
  if (isOp(node, "CustomGradient")) return node.custom!.vjp(node, gradient);
  if (isDifferentiable(node)) return byTable(node, gradient);
  throw new TypeError(`Cannot differentiate "${node.op}": it has no gradient rule`);
}

function isDifferentiable(node: Tensor): node is Tensor<DifferentiableOp> {
  return Object.hasOwn(rules, node.op);
}

function byTable<O extends DifferentiableOp>(
  node: Tensor<O>,
  gradient: Tensor,
): ReturnType<Vjp<O>> {
  return rules[node.op](node, gradient);
}

/**
 * All nodes on a way from one of `wrt` to the loss, the loss first and every node before its
 * inputs.
 */
function dependents(loss: Tensor, wrt: ReadonlySet<Tensor>): Set<Tensor> {
  const depends = new Map<Tensor, boolean>();
  const order: Tensor[] = [];
  const visit = (node: Tensor): boolean => {
    const known = depends.get(node);
    if (known !== undefined) return known;
    const inputs = [...node.inputs, ...node.body === undefined ? [] : [node.body.after]];
    // map before some: every input must be visited
    const result = wrt.has(node) || inputs.map(visit).some(Boolean);
    depends.set(node, result);
    if (result) order.push(node);
    return result;
  };
  visit(loss);
  return new Set(order.reverse());
}
