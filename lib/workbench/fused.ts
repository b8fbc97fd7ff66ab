/**
 * Monitors fused by MOOD's lambda: an anchor plus c times the mean of the others, all standardised.
 *
 * @module
 */
import type { Row } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { combineLambda, fitLambda, type Lambda } from "../detector/fusion.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import { mahalanobisScores } from "./mahalanobis_scores.ts";
import { guardScores, perplexityScores } from "./scores.ts";
import type { Workbench } from "./workbench.ts";

/** The monitors that the paper fuses, the anchor first. */
export const PARTS: readonly string[] = ["guard", "perplexity", "mahalanobis"];

/** The name of their fusion. */
export const FUSED: string = PARTS.join("+");

/** Rows and the scores of monitors on them. */
export interface ScoredRows {
  /** In the order of the scores. */
  rows: readonly Row[];
  /** For each monitor and seed, shape (rows); danger points up. */
  scores: SeedScores;
}

/** A fused monitor. */
export interface Fused {
  /** Its scores on the scored rows, one list a seed. */
  scores: Float64Array[];
  /** The weight c of each seed. */
  coefficients: number[];
}

/**
 * Scores of {@linkcode PARTS}.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns the rows, and each monitor's scores of them.
 */
export async function scoredParts(bench: Workbench, split: Split): Promise<ScoredRows> {
  const scores = {
    guard: await guardScores(bench, split),
    perplexity: (await perplexityScores(bench, split)).perplexity,
    mahalanobis: await mahalanobisScores(bench, split),
  };
  return { rows: bench.suite[split], scores };
}

/**
 * Fuses monitors, the first of which is the anchor, seed by seed.
 *
 * @param names of the monitors; those with one seed serve all seeds of the others.
 * @param fitted where c, means and deviations are chosen.
 * @param scored what is scored; with the paper's protocol, the same rows.
 * @returns scores and weights; throws a `UserError` where the ID rows to fit on lack a class.
 */
export function fuse(names: readonly string[], fitted: ScoredRows, scored: ScoredRows): Fused {
  const [toFit, toScore] = [bySeed(names, fitted), bySeed(names, scored)];
  const lambdas = toFit.map((monitors): Lambda => fitLambda(fitted.rows, monitors));
  return {
    scores: lambdas.map((lambda, seed) => combineLambda(lambda, toScore[seed])),
    coefficients: lambdas.map(({ coefficient }) => coefficient),
  };
}

/**
 * Scores seed by seed.
 *
 * @param names of monitors; those with one seed serve all seeds of the others.
 * @param scored what they score.
 * @returns for each seed the scores of each monitor, in the order of the names.
 */
export function bySeed(names: readonly string[], { scores }: ScoredRows): Float64Array[][] {
  const unknown = names.find((name) => !(name in scores));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot fuse "${unknown}": monitors must be among ${Object.keys(scores).join(", ")}`,
    );
  }
  const seeds = Math.max(...names.map((name) => scores[name].length));
  return Array.from(
    { length: seeds },
    (_, seed) =>
      names.map((name) => scores[name].length === 1 ? scores[name][0] : scores[name][seed]),
  );
}
