/**
 * One step of AdamW (https://arxiv.org/abs/1711.05101) with gradient clipping, as part of a graph. All weights are one
 * vector, so that a step is a dozen ops however many weights there are.
 *
 * @module
 */
import { add, div, minimum, mul, pow, scale, sqrt, sub } from "../graph/elementwise.ts";
import { reduceSumSquare } from "../graph/reduce.ts";
import { reshape } from "../graph/shape_ops.ts";
import { input, scalar, type Tensor } from "../graph/tensor.ts";

/** Settings of {@linkcode adamw}. */
export interface AdamwOptions {
  /** Decay of the mean of gradients. */
  beta1: number;
  /** Decay of the mean of squared gradients. */
  beta2: number;
  /** Added to the root of the latter. */
  epsilon: number;
  /** Share of every weight that a step at learning rate 1 would take off. */
  weightDecay: number;
  /** Largest length of the gradient over all weights; a longer one is shortened to it. */
  clipNorm: number;
}

/** What {@linkcode adamw} computes. */
export interface AdamwStep {
  /** The next weights, shape (n). */
  theta: Tensor;
  /** The next mean of clipped gradients, not yet made up for its start at 0, shape (n). */
  mean: Tensor;
  /** The same of their squares, shape (n). */
  square: Tensor;
  /** Length of the gradient before clipping, a scalar. */
  gradientNorm: Tensor;
}

/**
 * An optimiser step. Reads the graph inputs "mean" and "square" (its state, shape (n)), "learningRate" and "step"
 * (scalars; the first step is 1).
 *
 * @param theta weights, shape (n).
 * @param gradient of the loss by them, shape (n).
 * @param options settings.
 * @returns the next weights and state.
 */
export function adamw(theta: Tensor, gradient: Tensor, options: AdamwOptions): AdamwStep {
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = options;
  const [learningRate, step] = [input("learningRate", []), input("step", [])];
  const gradientNorm = reshape(sqrt(reduceSumSquare(gradient, [0])), []);
  const g = mul(
    gradient,
    minimum(scalar(1), div(scalar(clipNorm), add(gradientNorm, scalar(1e-6)))),
  );
  const mean = add(scale(input("mean", theta.shape), beta1), scale(g, 1 - beta1));
  const square = add(scale(input("square", theta.shape), beta2), mul(scale(g, 1 - beta2), g));
  // the means start at 0, which 1 − βᵗ makes up for
  const correction = (beta: number) => sub(scalar(1), pow(scalar(beta), step));
  const deviation = add(div(sqrt(square), sqrt(correction(beta2))), scalar(epsilon));
  const update = mul(div(mean, deviation), div(learningRate, correction(beta1)));
  const decayed = mul(theta, sub(scalar(1), scale(learningRate, weightDecay)));
  return { theta: sub(decayed, update), mean, square, gradientNorm };
}
