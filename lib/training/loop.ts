/**
 * The training loop: batches in seeded order, a learning rate that warms up and decays, and a state that is saved as it
 * goes, from which a killed run goes on and ends in the same bytes. The state holds a hash of itself: a changed one would end in
 * another model.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists } from "../core/files.ts";
import type { Progress } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import type { Parameters } from "../model/parameters.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import { type Batch, packByLength } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import {
  type BatchPiece,
  initialState,
  openTrainer,
  type TrainerOptions,
  type TrainerState,
} from "./trainer.ts";

/** How long and how fast to train. */
export interface Schedule {
  /** Passes over the data; the last may be a part of one. */
  epochs: number;
  /** Most tokens in a batch, padding included. */
  tokensPerStep: number;
  /** Most tokens in memory at once, padding included; a batch of more is cut. Default: all of the batch. */
  tokensAtOnce?: number;
  /** Highest learning rate. */
  learningRate: number;
  /** Share of the steps in which the learning rate rises from 0. */
  warmup: number;
}

/** What {@linkcode train} needs. */
export interface TrainOptions extends TrainerOptions {
  /** Decides the number of steps, and the learning rate of each. */
  schedule: Schedule;
  /** Initial weights. */
  parameters: Parameters;
  /** Lengths of an epoch's training sequences, in tokens. */
  lengths: (epoch: number) => readonly number[];
  /** Makes the objective's inputs from the batch of a step, or a piece of it. */
  feed: (batch: Batch, at: StepAt) => Record<string, Value>;
  /** How much a member of a batch weighs in its loss. Default 1. */
  weightOf?: (member: number, epoch: number) => number;
  /** Names the random stream of the batch order. */
  name: string;
  /** Folder for the state of an unfinished run; without it, an interrupted run starts over. */
  scratch?: string;
  /** Told the share of steps that is done, from 0 to 1, and the latest loss. */
  progress: Progress;
  /** Told that a saved state was changed since, so that training starts over. */
  say?: (message: string) => void;
}

/** Where a piece of a batch stands in a run. */
export interface StepAt {
  /** Number of the step, from 0. */
  step: number;
  /** Number of the epoch, from 0. */
  epoch: number;
  /** Number of the piece among those of its batch, from 0. */
  piece: number;
}

/** What training ends in. */
export interface Trained {
  /** Weights after the last step. */
  parameters: Parameters;
  /** Loss of every step, in nats. */
  losses: Float32Array;
}

/** A killed run loses no more than so many milliseconds of work, and a step. */
const SAVE_INTERVAL = 5000;

/** And no more than so many steps. */
const STEPS_BETWEEN_SAVES = 100;

/**
 * Trains a model.
 *
 * @param options model, data, schedule.
 * @returns weights and losses; the same for the same options, whether or not the run was interrupted.
 */
export async function train(options: TrainOptions): Promise<Trained> {
  const { schedule, specs, scratch, progress, say = () => {} } = options;
  const plan = planBatches(options);
  const saved = scratch === undefined ? undefined : readState(scratch, plan.length, say);
  const losses = saved?.losses ?? new Float32Array(plan.length);
  await using trainer = await openTrainer(
    { ...options, inPieces: schedule.tokensAtOnce !== undefined },
    saved?.state ?? initialState(options.parameters, specs),
  );
  let savedAt = performance.now();
  for (let step = trainer.state().step; step < plan.length; step++) {
    const rate = learningRateAt(step, plan.length, schedule);
    losses[step] = (await trainer.step(piecesOf(options, plan[step], step), rate)).loss;
    progress.update((step + 1) / plan.length, `loss ${losses[step].toFixed(3)}`);
    const due = (step + 1) % STEPS_BETWEEN_SAVES === 0 ||
      performance.now() - savedAt > SAVE_INTERVAL;
    if (scratch === undefined || !due) continue;
    writeState(scratch, trainer.state(), losses);
    savedAt = performance.now();
  }
  return { parameters: trainer.parameters(), losses };
}

/** The batch of a step, cut where it has more tokens than may be in memory at once. */
function piecesOf(
  { schedule, feed, weightOf = () => 1 }: TrainOptions,
  { epoch, members, length }: Batch & { epoch: number },
  step: number,
): BatchPiece[] {
  const { tokensAtOnce = schedule.tokensPerStep } = schedule;
  const size = Math.max(1, Math.floor(tokensAtOnce / length));
  const cuts = Array.from(
    { length: Math.ceil(members.length / size) },
    (_, k) => members.slice(k * size, (k + 1) * size),
  );
  const weigh = (some: readonly number[]) => some.reduce((sum, m) => sum + weightOf(m, epoch), 0);
  return cuts.map((own, piece) => ({
    feed: feed({ members: own, length }, { step, epoch, piece }),
    share: weigh(own) / weigh(members),
  }));
}

/** All batches of all epochs, in the order in which they are trained on. */
function planBatches({ schedule, lengths, name }: TrainOptions): (Batch & { epoch: number })[] {
  return Array.from({ length: Math.ceil(schedule.epochs) }, (_, epoch) => {
    const random = stream(`${name}/epoch-${epoch}`);
    const ofEpoch = lengths(epoch);
    const order = random.shuffle(ofEpoch.map((_, i) => i));
    const batches = random.shuffle(packByLength(ofEpoch, schedule.tokensPerStep, order));
    const used = batches.slice(0, Math.ceil(batches.length * (schedule.epochs - epoch)));
    return used.map((batch) => ({ ...batch, epoch }));
  }).flat();
}

/** Where the learning rate ends, as a share of its height. */
const LOWEST_RATE = 0.1;

/**
 * The learning rate rises linearly, then falls along a half cosine towards a tenth of its height.
 *
 * @param step number of the step, from 0.
 * @param steps how many there are.
 * @param schedule highest rate, and share of steps in which it rises.
 * @returns the rate of that step.
 */
export function learningRateAt(
  step: number,
  steps: number,
  { learningRate, warmup }: Pick<Schedule, "learningRate" | "warmup">,
): number {
  const rising = Math.ceil(warmup * steps);
  if (step < rising) return learningRate * (step + 1) / rising;
  const fallen = (step - rising) / Math.max(1, steps - rising);
  return learningRate * (LOWEST_RATE + (1 - LOWEST_RATE) / 2 * (1 + Math.cos(Math.PI * fallen)));
}

const STATE_FILE = "state.safetensors";

function writeState(
  scratch: string,
  { step, theta, mean, square }: TrainerState,
  losses: Float32Array,
): void {
  const arrays = { theta, mean, square, losses };
  const list = Object.entries(arrays).map(([name, data]) => ({ name, shape: [data.length], data }));
  const hash = hashOfState(step, Object.values(arrays));
  writeSafetensors(join(scratch, STATE_FILE), list, { step: String(step), hash });
}

/** SHA-256 of all that a run goes on from. */
function hashOfState(step: number, arrays: readonly Float32Array[]): string {
  const hash = createHash("sha256").update(`${step}\n`);
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

/** The saved state, if it is whole and of a run of the same length; without it training starts over, and ends in the same bytes. */
function readState(
  scratch: string,
  steps: number,
  say: (message: string) => void,
): { state: TrainerState; losses: Float32Array } | undefined {
  const path = join(scratch, STATE_FILE);
  if (!exists(path)) return undefined;
  try {
    const { parameters, metadata } = readSafetensors(path);
    const arrays = ["theta", "mean", "square", "losses"].map((name) => parameters.get(name)?.data);
    if (arrays.every((data) => data !== undefined)) {
      const [theta, mean, square, losses] = arrays;
      const step = Number(metadata.step);
      if (hashOfState(step, arrays) === metadata.hash) {
        return losses.length === steps
          ? { state: { step, theta, mean, square }, losses }
          : undefined;
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  say(`The saved state "${path}" was changed since it was written; this training starts over.`);
  return undefined;
}
