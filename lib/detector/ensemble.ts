/**
 * Several guards, trained from different seeds, as one monitor. With the members' log-odds of "unsafe" z, p = σ(z) and the
 * binary entropy H, in nats:
 *
 *     max                  the most suspicious member
 *     mean                 log-odds of mean p
 *     variance             of p, population
 *     mutual information   H(mean p) − mean H(p): large where members are sure of different things
 *     min                  the least suspicious member
 *
 * MOOD's release (arXiv 2605.21602) means to keep the most suspicious member, but takes `min` after it has turned safety
 * scores into unsafety: `min` is here to measure what that costs. Scores of max, mean and min stay log-odds, which rank as
 * probabilities do, but do not all become 1 where guards are sure.
 *
 * @module
 */
import { mean, variance } from "mathjs/number";
import { combine } from "./fusion.ts";
import type { Detector } from "./detector.ts";

/** How members become one score. */
export type EnsembleScore = "max" | "mean" | "variance" | "mutual information" | "min";

const SCORES: Record<EnsembleScore, (members: readonly Float64Array[]) => Float64Array> = {
  max: (members) => combine("max", members),
  min: (members) => combine("min", members),
  mean: (members) => byRow(members, meanLogOdds),
  variance: (members) => byRow(members, (z) => Number(variance(z.map(sigmoid), "uncorrected"))),
  "mutual information": (members) => byRow(members, mutualInformation),
};

/**
 * An ensemble of guards.
 *
 * @param how members become one score.
 * @returns a detector that looks at the logit differences, unsafe − safe, of each member, all of shape (n).
 */
export function ensemble(how: EnsembleScore): Detector<readonly Float64Array[]> {
  return {
    name: `ensemble ${how}`,
    score(members) {
      requireMembers(members);
      return SCORES[how](members);
    },
  };
}

function byRow(
  members: readonly Float64Array[],
  of: (logOdds: number[]) => number,
): Float64Array {
  return members[0].map((_, i) => of(members.map((member) => member[i])));
}

/** ln Σ p − ln Σ (1 − p), in logarithms throughout, so that it holds where p rounds to 0 or 1. */
function meanLogOdds(z: number[]): number {
  return logSumExp(z.map(logSigmoid)) - logSumExp(z.map((x) => logSigmoid(-x)));
}

function mutualInformation(z: number[]): number {
  const information = entropy(meanLogOdds(z)) - mean(z.map(entropy));
  return Math.max(0, information); // by rounding, members that agree may differ by less than nothing
}

/** −p ln p − (1 − p) ln(1 − p). */
function entropy(z: number): number {
  return -sigmoid(z) * logSigmoid(z) - sigmoid(-z) * logSigmoid(-z);
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** ln σ(z) = −ln(1 + exp(−z)), without overflow. */
function logSigmoid(z: number): number {
  return Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
}

function logSumExp(x: number[]): number {
  const largest = Math.max(...x);
  return largest + Math.log(x.reduce((sum, v) => sum + Math.exp(v - largest), 0));
}

function requireMembers(members: readonly Float64Array[]): void {
  if (members.length < 2) {
    throw new RangeError(
      `Cannot score an ensemble: it takes at least two members, got ${members.length}`,
    );
  }
  members.forEach((member, m) => {
    const bad = member.findIndex((z) => !Number.isFinite(z));
    if (member.length !== members[0].length || bad >= 0) {
      throw new RangeError(
        `Cannot score an ensemble: member ${m} must have ${
          members[0].length
        } finite log-odds, got ` +
          (bad >= 0 ? `${member[bad]} in row ${bad}` : `${member.length}`),
      );
    }
  });
}
