/**
 * `deno task plan`: what a run, a fit or a scoring would do, in order, and what it takes.
 *
 * @module
 */
import { duration } from "../core/progress.ts";
import type { Table } from "../report/table.ts";
import { secondsFor } from "./estimate.ts";
import type { Step } from "./steps.ts";

/** A step as it stands before the run. */
export interface PlannedStep {
  /** SHA-256 that names it; `deno task step` and `deno task fit --step` take its first digits. */
  key: string;
  /** For people. */
  name: string;
  /** Keys of the steps that it waits for. */
  after: string[];
  /** Pieces that can be made apart. */
  pieces: number;
  /** How many of them are in the cache; an experiment is run again whether its artifact is there or not. */
  done: number;
  /** Tokens through a model. */
  tokens: number;
  /** Floating-point operations. */
  flops: number;
  /** Weights of the models at work, bytes. */
  weights: number;
  /** Most memory, bytes; rough. */
  memory: number;
  /** Estimate for what is not in the cache, seconds on this machine when it is quiet. */
  seconds: number;
}

/** A run before it begins. */
export interface Plan {
  /** In the order in which they are done on one machine. */
  steps: PlannedStep[];
  /** What the estimates are made from: FLOP/s of a matrix product on this machine. */
  rate: number;
  /** Estimate for all that is not in the cache, seconds. */
  seconds: number;
}

/**
 * Plans a run.
 *
 * @param steps what is to be done, in an order in which it can be done.
 * @param rate of this machine, FLOP/s.
 * @returns the steps, and what they take.
 */
export async function planOf(steps: readonly Step[], rate: number): Promise<Plan> {
  const known = new Set(steps.map(({ key }) => key));
  const planned: PlannedStep[] = [];
  for (const step of steps) {
    const { key, name, after, pieces, cost: { tokens, flops, weights, memory } } = step;
    const done = step.experiment ? 0 : await countDone(step);
    planned.push({
      key,
      name,
      after: after.map(({ key }) => key).filter((key) => known.has(key)),
      pieces,
      done,
      ...{ tokens, flops, weights, memory },
      seconds: secondsFor(step.cost, rate) * (1 - done / pieces),
    });
  }
  return { steps: planned, rate, seconds: planned.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/**
 * How much of a step is made.
 *
 * @param step any.
 * @returns a number of pieces.
 */
export async function countDone(step: Pick<Step, "pieces" | "isDone">): Promise<number> {
  let done = 0;
  for (let piece = 0; piece < step.pieces; piece++) if (await step.isDone(piece)) done++;
  return done;
}

/** Digits of a key that people see. */
const SHOWN = 8;

/**
 * A plan for people.
 *
 * @param plan as made.
 * @param what is planned, such as `this run`.
 * @returns a table, a row a step.
 */
export function planTable({ steps, rate, seconds }: Plan, what: string): Table {
  const places = new Map(steps.map(({ key }, i) => [key, i + 1]));
  return {
    title: `The steps of ${what}`,
    columns: ["step", "key", "after", "in cache", "tokens", "GFLOP", "weights", "memory", "time"],
    rows: steps.map((step, i) => [
      `${i + 1} ${step.name}`,
      step.key.slice(0, SHOWN),
      ranges(step.after.map((key) => places.get(key)!)),
      `${step.done}/${step.pieces}`,
      step.tokens === 0 ? "" : Math.round(step.tokens).toLocaleString("en"),
      step.flops === 0 ? "" : Math.round(step.flops / 1e9).toLocaleString("en"),
      step.weights === 0 ? "" : megabytes(step.weights),
      megabytes(step.memory),
      duration(step.seconds),
    ]),
    notes: [
      `About ${duration(seconds)} on this machine when it is quiet: a product of matrices runs at ${
        (rate / 1e9).toFixed(0)
      } GFLOP/s, the most that was ever measured.`,
      "Tokens are counted; memory is rough. Pieces of a step may be made by several processes.",
    ],
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
}

/** Numbers in words: `1, 4–7`. */
function ranges(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const n of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([from, to]) => from === to ? `${from}` : `${from}–${to}`).join(", ");
}
