/**
 * For tests: the value of a graph, and gradients checked against central differences.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { mul } from "../graph/elementwise.ts";
import { gradients } from "../graph/gradients.ts";
import { reduceSum } from "../graph/reduce.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { openSession, type Value } from "./session.ts";

/**
 * Computes a tensor.
 *
 * @param feeds the inputs that it depends on.
 * @returns its values, row by row.
 */
export async function evaluate(
  x: Tensor,
  feeds: Record<string, Value> = {},
): Promise<Float32Array> {
  await using session = await openSession({ x }, { threads: 1 });
  const { x: value } = await session.run(feeds);
  return value.data;
}

/**
 * Asserts that the gradient of a function agrees with central differences along a random direction,
 * for each of its arguments.
 *
 * @param f makes a graph from its arguments.
 * @param shapes of the arguments, which are drawn from a standard normal distribution.
 * @param options `positive` draws arguments from (0.5, 1.5) instead; `tolerance` is relative.
 */
export async function assertGradient(
  f: (...x: Tensor[]) => Tensor,
  shapes: readonly (readonly number[])[],
  { positive = false, tolerance = 2e-3 }: { positive?: boolean; tolerance?: number } = {},
): Promise<void> {
  const random = stream(`gradient check of ${f}`);
  const draw = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return Float32Array.from(
      { length: size },
      () => positive ? 0.5 + random.uniform() : random.normal(),
    );
  };
  const xs = shapes.map((shape, i) => input(`x${i}`, shape));
  const y = f(...xs);
  const weights = constant(draw(y.shape as number[]), y.shape as number[]);
  const loss = reduceSum(mul(y, weights), y.shape.map((_, i) => i));
  const outputs = { loss, ...Object.fromEntries(gradients(loss, xs).map((g, i) => [`g${i}`, g])) };
  await using session = await openSession(outputs, { threads: 1 });
  const point = shapes.map(draw);
  const at = (values: Float32Array[]) =>
    session.run(Object.fromEntries(values.map((data, i) => [`x${i}`, { data, dims: shapes[i] }])));
  const result = await at(point);
  for (const [i, shape] of shapes.entries()) {
    assert.deepEqual(result[`g${i}`].dims, shape, `gradient ${i} has the shape of its argument`);
    const direction = draw(shape);
    const step = 1e-2;
    const moved = async (sign: number) => {
      const values = point.map((x, j) =>
        j === i ? x.map((v, k) => v + sign * step * direction[k]) : x
      );
      return (await at(values)).loss.data[0];
    };
    const difference = (await moved(1) - await moved(-1)) / (2 * step);
    const derivative = result[`g${i}`].data.reduce((sum, g, k) => sum + g * direction[k], 0);
    const scale = Math.max(1, Math.abs(difference), Math.abs(derivative));
    assert.ok(
      Math.abs(difference - derivative) <= tolerance * scale,
      `gradient ${i}: central difference ${difference}, derivative ${derivative}`,
    );
  }
}
