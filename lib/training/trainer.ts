/**
 * Training one model: the state of the optimiser, and a step, which is one run of one ONNX graph that holds the forward
 * pass, the backward pass and AdamW.
 *
 * @module
 */
import { gradients } from "../graph/gradients.ts";
import { concat, reshape } from "../graph/shape_ops.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import {
  countParameters,
  flattenParameters,
  type Parameters,
  type ParameterSpec,
  splitParameters,
  unflatten,
} from "../model/parameters.ts";
import { openSession, type Value } from "../runtime/session.ts";
import { adamw, type AdamwOptions } from "./adamw.ts";
import type { Objective } from "./objectives.ts";

/** All that a training run needs to go on: bytes of it are what a killed run resumes from. */
export interface TrainerState {
  /** Steps done. */
  step: number;
  /** All weights, shape (n). */
  theta: Float32Array;
  /** AdamW's mean of gradients, shape (n). */
  mean: Float32Array;
  /** AdamW's mean of squared gradients, shape (n). */
  square: Float32Array;
}

/** A model in training, to be held with `await using`, which frees its session. */
export interface Trainer extends AsyncDisposable {
  /** The state now; its arrays are overwritten by later steps. */
  state(): TrainerState;
  /**
   * Does one step.
   *
   * @param batch the objective's graph inputs.
   * @param learningRate of this step.
   * @returns the loss before it, and the length of the gradient before clipping.
   */
  step(
    batch: Readonly<Record<string, Value>>,
    learningRate: number,
  ): Promise<{ loss: number; gradientNorm: number }>;
  /** Copies of the weights now, by name. */
  parameters(): Parameters;
}

/** What a trainer is made from. */
export interface TrainerOptions {
  /** The weights, all trained, in the order in which theta holds them. */
  specs: readonly ParameterSpec[];
  /** The loss that steps lower. */
  objective: Objective;
  /** Settings of AdamW, the learning rate aside. */
  optimiser: AdamwOptions;
  /** Threads that a step uses. The weights do not depend on it. */
  threads: number;
}

/** The graph of one step: loss, length of the gradient, and the next theta, mean and square. */
function stepGraph(
  { specs, objective, optimiser }: Omit<TrainerOptions, "threads">,
): Record<string, Tensor> {
  const theta = input("theta", [countParameters(specs)]);
  const weights = unflatten(theta, specs);
  const loss = objective((name) => weights.get(name)!);
  const byWeight = gradients(loss, [...weights.values()]);
  const gradient = concat(byWeight.map((g, i) => reshape(g, [countParameters([specs[i]])])), 0);
  const next = adamw(theta, gradient, optimiser);
  return {
    loss,
    gradientNorm: next.gradientNorm,
    nextTheta: next.theta,
    nextMean: next.mean,
    nextSquare: next.square,
  };
}

/**
 * A fresh state: no step done.
 *
 * @param parameters initial weights.
 * @param specs their order.
 * @returns the state.
 */
export function initialState(
  parameters: Parameters,
  specs: readonly ParameterSpec[],
): TrainerState {
  const theta = flattenParameters(parameters, specs);
  return {
    step: 0,
    theta,
    mean: new Float32Array(theta.length),
    square: new Float32Array(theta.length),
  };
}

/**
 * Makes a model ready to train.
 *
 * @param options weights, loss, optimiser, threads.
 * @param from where to start or go on.
 * @returns the trainer.
 */
export async function openTrainer(options: TrainerOptions, from: TrainerState): Promise<Trainer> {
  const session = await openSession(stepGraph(options), { threads: options.threads });
  const n = from.theta.length;
  const value = (data: Float32Array, dims: number[] = [n]) => ({ data, dims });
  // two sets of arrays take turns as input and output of the graph
  let now = { theta: from.theta.slice(), mean: from.mean.slice(), square: from.square.slice() };
  let next = { theta: new Float32Array(n), mean: new Float32Array(n), square: new Float32Array(n) };
  let done = from.step;
  return {
    state: () => ({ step: done, ...now }),
    parameters: () => splitParameters(now.theta, options.specs),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    async step(batch, learningRate) {
      const { loss, gradientNorm } = await session.run({
        ...batch,
        theta: value(now.theta),
        mean: value(now.mean),
        square: value(now.square),
        learningRate: value(Float32Array.of(learningRate), []),
        step: value(Float32Array.of(done + 1), []),
      }, {
        nextTheta: value(next.theta),
        nextMean: value(next.mean),
        nextSquare: value(next.square),
      });
      [now, next] = [next, now];
      done++;
      return { loss: loss.data[0], gradientNorm: gradientNorm.data[0] };
    },
  };
}
