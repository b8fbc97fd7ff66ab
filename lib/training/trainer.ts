/**
 * Training one model: the state of the optimiser, and a step of it. A step is one ONNX graph of forward pass, backward pass
 * and AdamW; or two, where a batch is cut into pieces whose gradients are added up.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
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
  type Weights,
} from "../model/parameters.ts";
import { openSession, type Session, type SessionOptions, type Value } from "../runtime/session.ts";
import { adamw, type AdamwOptions } from "./adamw.ts";
import type { Objective } from "./objectives.ts";

/** All that a training run needs to go on: bytes of it are what a killed run resumes from. */
export interface TrainerState {
  /** Steps done. */
  step: number;
  /** All trained weights, shape (n). */
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
   * @param pieces of the batch; their losses are added up by their shares.
   * @param learningRate of this step.
   * @returns the loss before it, and the length of the gradient before clipping; throws a {@linkcode UserError} where the loss
   * is not finite.
   */
  step(
    pieces: readonly BatchPiece[],
    learningRate: number,
  ): Promise<{ loss: number; gradientNorm: number }>;
  /** Copies of the weights now, by name. */
  parameters(): Parameters;
}

/** A batch, or a piece of one that is too large for memory. */
export interface BatchPiece {
  /** The objective's graph inputs. */
  feed: Readonly<Record<string, Value>>;
  /** The weight of its loss; those of a batch add up to 1. */
  share: number;
}

/** What a trainer is made from. */
export interface TrainerOptions {
  /** The weights that are trained, in the order in which theta holds them. */
  specs: readonly ParameterSpec[];
  /** The model's weights, where others than the trained ones are among them. By default the trained ones are all. */
  weights?: (trained: ReadonlyMap<string, Tensor>) => Weights;
  /** The loss that steps lower. */
  objective: Objective;
  /** Settings of AdamW, the learning rate aside. */
  optimiser: AdamwOptions;
  /** Whether batches come in pieces. Default: each is whole. */
  inPieces?: boolean;
  /** Threads, device and place of frozen weights. The trained weights do not depend on the threads. */
  session: SessionOptions;
}

type Graph = Record<string, Tensor>;

/** A pass over a batch, or a piece of it: its loss, and the gradient by theta. */
function passOf(
  { specs, objective, weights = (trained) => (name) => trained.get(name)! }: TrainerOptions,
  theta: Tensor,
): { loss: Tensor; gradient: Tensor } {
  const trained = unflatten(theta, specs);
  const loss = objective(weights(trained));
  const byWeight = gradients(loss, [...trained.values()]);
  const gradient = concat(byWeight.map((g, i) => reshape(g, [countParameters([specs[i]])])), 0);
  return { loss, gradient };
}

/** An optimiser's step: length of the gradient, and the next theta, mean and square. */
function updateOf({ optimiser }: TrainerOptions, theta: Tensor, gradient: Tensor): Graph {
  const next = adamw(theta, gradient, optimiser);
  return {
    gradientNorm: next.gradientNorm,
    nextTheta: next.theta,
    nextMean: next.mean,
    nextSquare: next.square,
  };
}

/** The graphs of a step: one where batches are whole, which saves a third of a small model's time, or pass and update. */
function graphsOf(options: TrainerOptions): { pass?: Graph; update: Graph } {
  const [theta, gradient] = ["theta", "gradient"].map((name) =>
    input(name, [countParameters(options.specs)])
  );
  const pass = passOf(options, theta);
  return options.inPieces
    ? { pass: { ...pass }, update: updateOf(options, theta, gradient) }
    : { update: { loss: pass.loss, ...updateOf(options, theta, pass.gradient) } };
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
  const { specs, session: settings } = options;
  const graphs = graphsOf(options);
  await using resources = new AsyncDisposableStack();
  const pass = graphs.pass && resources.use(await openSession(graphs.pass, settings));
  const own = pass === undefined ? settings : { threads: settings.threads };
  const update = resources.use(await openSession(graphs.update, own));
  const held = resources.move();
  const n = from.theta.length;
  const value = (data: Float32Array, dims: number[] = [n]) => ({ data, dims });
  // two sets of arrays take turns as input and output of the graph
  let now = { theta: from.theta.slice(), mean: from.mean.slice(), square: from.square.slice() };
  let next = { theta: new Float32Array(n), mean: new Float32Array(n), square: new Float32Array(n) };
  let done = from.step;

  async function gradientOf(pieces: readonly BatchPiece[], pass: Session) {
    let total = 0;
    let sum: Float32Array = new Float32Array(0);
    for (const { feed, share } of pieces) {
      const { loss, gradient } = await pass.run({ ...feed, theta: value(now.theta) });
      total += share * loss.data[0];
      if (pieces.length === 1) sum = gradient.data;
      else addScaled(sum = sum.length > 0 ? sum : new Float32Array(n), gradient.data, share);
    }
    return { loss: total, gradient: sum };
  }

  return {
    state: () => ({ step: done, ...now }),
    parameters: () => splitParameters(now.theta, specs),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
    async step(pieces, learningRate) {
      const summed = pass && await gradientOf(pieces, pass);
      const { loss, gradientNorm } = await update.run({
        ...summed ? { gradient: value(summed.gradient) } : pieces[0].feed,
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
      const found = summed?.loss ?? loss.data[0];
      requireFinite(found, done + 1);
      [now, next] = [next, now];
      done++;
      return { loss: found, gradientNorm: gradientNorm.data[0] };
    },
  };
}

function addScaled(sum: Float32Array, term: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] += factor * term[i];
}

function requireFinite(loss: number, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new UserError(
    `Cannot go on training: the loss must be finite, got ${loss} at step ${step}`,
    "Choose a lower learning rate, or look at the model's weights: one may be damaged.",
  );
}
