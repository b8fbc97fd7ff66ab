/**
 * Combines the scores of several monitors into one, as MOOD (arXiv 2605.21602) does. Scores rise with danger, so `min`
 * keeps the least suspicious monitor and `max` the most suspicious one. Lambda standardises every monitor by its
 * scores on safe in-distribution (ID) rows and adds the others to an anchor,
 *
 *     score = anchor + c · mean(others)
 *
 * with the largest c on a grid for which recall on ID rows is not below that of the anchor alone. MOOD's release
 * fits c, means and deviations on the rows that it reports on; {@linkcode fitLambda} fits on any rows.
 *
 * @module
 */
import { ID_DOMAINS } from "../conversation/domains.ts";
import { UserError } from "../core/errors.ts";
import { meanOf } from "../stats/mean.ts";
import { tprAtFpr } from "../stats/tpr_at_fpr.ts";
import type { Labelled } from "../conversation/row.ts";

/** A combiner that needs no fit. */
export type Pointwise = "min" | "max" | "mean";

/** How each takes in one score after the other, from where. */
const POINTWISE: Record<Pointwise, { start: number; add: (sum: number, score: number) => number }> =
  {
    min: { start: Infinity, add: Math.min },
    max: { start: -Infinity, add: Math.max },
    mean: { start: 0, add: (sum, score) => sum + score },
  };

/** Deviations below this count as this, so that a constant monitor divides by no zero. */
const LEAST_DEVIATION = 1e-6;

/**
 * Combines row by row.
 *
 * @param how the combiner.
 * @param scores of at least one monitor, each of shape (rows).
 * @returns one score a row, shape (rows).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { combine } from "./fusion.ts";
 * const scores = [Float64Array.of(1, 5), Float64Array.of(3, 4)];
 * assert.deepEqual([...combine("max", scores)], [3, 5]);
 * ```
 */
export function combine(how: Pointwise, scores: readonly Float64Array[]): Float64Array {
  requireAligned(scores);
  const { start, add } = POINTWISE[how];
  const combined = new Float64Array(scores[0].length).fill(start);
  for (const of of scores) {
    for (let i = 0; i < of.length; i++) combined[i] = add(combined[i], of[i]);
  }
  return how === "mean" ? combined.map((sum) => sum / scores.length) : combined;
}

/** Settings of {@linkcode fitLambda}. */
export interface LambdaOptions {
  /** Index of the anchor among the monitors. Defaults to 0. */
  anchor?: number;
  /** Values of c to try beside 0. Defaults to 21 log-spaced ones from 10^-2 to 10^2. */
  grid?: readonly number[];
  /** Domains of the training split. Defaults to MOOD's. */
  idDomains?: readonly string[];
  /** The false-positive rate at which recall may not fall. Defaults to 0.01. */
  fpr?: number;
}

/** A fitted lambda combiner. */
export interface Lambda {
  /** The weight c of the others' mean. */
  coefficient: number;
  /** Index of the anchor among the monitors. */
  anchor: number;
  /** For each monitor, its mean score on the safe ID rows. */
  means: number[];
  /** For each monitor, the population standard deviation there, at least 1e-6. */
  deviations: number[];
}

/**
 * Chooses c, means and deviations.
 *
 * @param rows labelled rows to fit on; those outside ID are not looked at.
 * @param scores of at least two monitors, each of shape (rows).
 * @param options anchor, grid, ID domains and target rate.
 * @returns what {@linkcode combineLambda} needs; throws a {@linkcode UserError} where ID rows lack a class.
 */
export function fitLambda(
  rows: readonly Labelled[],
  scores: readonly Float64Array[],
  { anchor = 0, grid = logGrid(-2, 2, 21), idDomains = ID_DOMAINS, fpr = 0.01 }: LambdaOptions = {},
): Lambda {
  if (scores.length < 2) {
    throw new RangeError(`Cannot fit lambda: it takes at least two monitors, got ${scores.length}`);
  }
  if (scores[anchor] === undefined) {
    throw new RangeError(
      `Cannot fit lambda: the anchor must be below ${scores.length}, got ${anchor}`,
    );
  }
  requireAligned([...scores, { length: rows.length }]);
  const ofId = (malign: number) =>
    [...rows.keys()].filter((i) => idDomains.includes(rows[i].domain) && rows[i].malign === malign);
  const [safe, unsafe] = [ofId(0), ofId(1)];
  if (safe.length === 0 || unsafe.length === 0) {
    throw new UserError(
      `Cannot fit lambda: it needs safe and unsafe rows of the ID domains, got ${safe.length} and ${unsafe.length}`,
      `Score rows of both classes from ${idDomains.join(", ")}, or name other ID domains.`,
    );
  }
  const select = (of: readonly number[]) =>
    scores.map((monitor) => Float64Array.from(of, (i) => monitor[i]));
  const [safeScores, unsafeScores] = [select(safe), select(unsafe)];
  const means = safeScores.map((monitor) => meanOf(monitor));
  const deviations = safeScores.map((monitor, m) =>
    Math.max(LEAST_DEVIATION, Math.sqrt(meanOf(monitor.map((x) => (x - means[m]) ** 2))))
  );
  const scale = { anchor, means, deviations };
  const [safeTerms, unsafeTerms] = [terms(scale, safeScores), terms(scale, unsafeScores)];
  const recall = (coefficient: number) =>
    tprAtFpr(weighted(safeTerms, coefficient), weighted(unsafeTerms, coefficient), fpr).tpr;
  const least = recall(0);
  const coefficient = Math.max(0, ...grid.filter((c) => recall(c) >= least));
  return { coefficient, anchor, means, deviations };
}

/**
 * Combines by a fitted lambda.
 *
 * @param lambda what was fitted.
 * @param scores of the same monitors in the same order, each of shape (rows).
 * @returns one score a row, shape (rows), in standard deviations of the anchor on safe ID rows.
 */
export function combineLambda(lambda: Lambda, scores: readonly Float64Array[]): Float64Array {
  return weighted(terms(lambda, scores), lambda.coefficient);
}

/** What the coefficient weighs: standardised scores of the anchor, and the mean of the others', each of shape (rows). */
type Terms = Record<"anchored" | "others", Float64Array>;

function weighted({ anchored, others }: Terms, coefficient: number): Float64Array {
  const sums = anchored.map((score, i) => score + coefficient * others[i]);
  if (sums.every(Number.isFinite)) return sums;
  throw new UserError(
    "Cannot combine: scores must be small enough to be standardised, got some beyond what a number holds",
    "Scale the scores down; recall and AUROC of each alone do not change with it.",
  );
}

function terms(
  { anchor, means, deviations }: Omit<Lambda, "coefficient">,
  scores: readonly Float64Array[],
): Terms {
  if (scores.length !== means.length) {
    throw new RangeError(
      `Cannot combine: lambda was fitted to ${means.length} monitors, got ${scores.length}`,
    );
  }
  requireAligned(scores);
  const standard = scores.map((of, m) => of.map((score) => (score - means[m]) / deviations[m]));
  const others = combine("mean", standard.filter((_, m) => m !== anchor));
  return { anchored: standard[anchor], others };
}

/** Steps in a standard deviation: shares are whole steps, so that as they are printed they add up to the score. */
const STEPS = 1e6;

/** A fused score taken apart. */
export interface Shares {
  /** For each monitor, what it adds to the scores, shape (rows), in standard deviations of the anchor on safe ID rows. */
  shares: Float64Array[];
  /** Their sums, which are those of {@linkcode combineLambda} but for the rounding, shape (rows). */
  scores: Float64Array;
}

/**
 * Combines by a fitted lambda and says what each monitor adds.
 *
 * @param lambda what was fitted.
 * @param scores of the same monitors in the same order, each of shape (rows).
 * @returns shares and scores, multiples of 10^-6.
 */
export function lambdaShares(
  { coefficient, anchor, means, deviations }: Lambda,
  scores: readonly Float64Array[],
): Shares {
  requireAligned(scores);
  const steps = scores.map((of, m) => {
    const weight = m === anchor ? 1 : coefficient / (scores.length - 1);
    return of.map((x) => Math.round(weight * (x - means[m]) / deviations[m] * STEPS));
  });
  const sums = steps[0].map((_, i) => steps.reduce((sum, of) => sum + of[i], 0));
  const inUnits = (x: number) => x / STEPS; // x * 1e-6 would be longer numbers
  return { shares: steps.map((of) => of.map(inUnits)), scores: sums.map(inUnits) };
}

/**
 * Log-spaced coefficients.
 *
 * @param minExponent the power of ten of the first.
 * @param maxExponent the power of ten of the last.
 * @param points how many, at least 1.
 * @returns the coefficients, ascending.
 */
export function logGrid(minExponent: number, maxExponent: number, points: number): number[] {
  if (!(minExponent <= maxExponent) || !(points >= 1)) {
    throw new RangeError(
      `Cannot make a grid: exponents must rise and have points, got ${minExponent} to ${maxExponent} in ${points}`,
    );
  }
  const step = points > 1 ? (maxExponent - minExponent) / (points - 1) : 0;
  return Array.from({ length: points }, (_, i) => 10 ** (minExponent + i * step));
}

function requireAligned(scores: readonly { length: number }[]): void {
  const lengths = scores.map(({ length }) => length);
  if (lengths.some((length) => length !== lengths[0])) {
    throw new RangeError(
      `Cannot combine: all must have one score a row, got ${lengths.join(", ")}`,
    );
  }
}
