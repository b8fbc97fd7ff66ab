/**
 * Fitting a monitor to keep: guard, language model and Mahalanobis detector on the training rows; how they are fused, and
 * where conversations are flagged, on the calibration rows alone.
 *
 * @module
 */
import { ID_DOMAINS } from "../conversation/domains.ts";
import { type Row, safeRows } from "../conversation/row.ts";
import { UserError } from "../core/errors.ts";
import { roundNumbers } from "../core/json.ts";
import { fitLambda, type Lambda, lambdaShares } from "../detector/fusion.ts";
import { selectRows } from "../detector/detector.ts";
import { refuseExistingMonitor, type Threshold, writeMonitor } from "./fitted_monitor.ts";
import { fitMahalanobis } from "../detector/mahalanobis.ts";
import { guardScoresOf } from "../signals/signals.ts";
import { shareAbove, tprAtFpr } from "../stats/tpr_at_fpr.ts";
import {
  covarianceFor,
  recordedCovariance,
  sayCovariance,
  sayFewRows,
} from "../workbench/beforehand.ts";
import { guardSignals, perplexityScores } from "../workbench/scores.ts";
import type { SizedWorkbench } from "../workbench/workbench.ts";

/** The paper's rate at which the fusion may cost no recall. */
const LAMBDA_FPR = 0.01;

/** Options of {@linkcode fitMonitor}. */
export interface FitMonitorOptions {
  /** The folder to be written; must not exist. */
  output: string;
  /** Which guard. */
  seed: number;
  /** False-positive rates to have thresholds for, ascending, in (0, 1). */
  fprTargets: readonly number[];
}

/** How many rows there are of each label. */
export interface ClassCounts {
  /** Label 0. */
  safe: number;
  /** Label 1. */
  unsafe: number;
}

/** How a fit went. */
export interface FitSummary {
  /** How many rows it was fitted on. */
  rows: { train: ClassCounts; calibration: ClassCounts };
  /** The weight of the detectors. */
  coefficient: number;
  /** One for every target. */
  thresholds: Threshold[];
}

/**
 * Fits and writes a monitor.
 *
 * @param bench a workbench whose suite has training and calibration rows.
 * @param options where to, which seed, which rates.
 * @returns what was chosen; throws a {@linkcode UserError} before any training where there are too few rows, or where
 * the folder exists.
 */
export async function fitMonitor(
  bench: SizedWorkbench,
  { output, seed, fprTargets }: FitMonitorOptions,
): Promise<FitSummary> {
  const { suite, recipe, options: { quick, threads, say } } = bench;
  const width = recipe.size.hiddenSize;
  refuseExistingMonitor(output);
  requireRows(bench, fprTargets);
  sayCovariance(bench);
  sayFewRows(countsOf(suite.calibration).safe, "safe calibration rows", fprTargets[0], say);

  const guard = await bench.guard(seed);
  const languageModel = await bench.safeLanguageModel();
  const trained = await guardSignals(bench, guard, "train");
  const states = selectRows({ data: trained.hidden[0], width }, safeRows(suite.train));
  const mahalanobis = await fitMahalanobis(states, {
    covariance: covarianceFor(bench, width),
    threads,
  });
  const calibrated = await guardSignals(bench, guard, "calibration");
  const scores = [
    guardScoresOf(calibrated.guard!),
    (await perplexityScores(bench, "calibration")).perplexity[0],
    mahalanobis.score({ data: calibrated.hidden[0], width }),
  ];
  // rounded as it is written, so that thresholds are those of the monitor that is read again
  const lambda = roundNumbers(lambdaOf(suite.calibration, scores, fprTargets));
  const fused = lambdaShares(lambda, scores).scores;
  const thresholds = fprTargets.map((target) => thresholdOf(suite.calibration, fused, target));
  const rows = { train: countsOf(suite.train), calibration: countsOf(suite.calibration) };
  writeMonitor(output, {
    guard: guard.folder,
    languageModel: languageModel.folder,
    mahalanobis,
    lambda,
    thresholds,
    fittedOn: roundNumbers({
      suite: { name: suite.name, synthetic: suite.synthetic, hash: suite.hash },
      rows,
      settings: { quick, seed, recipe, ...recordedCovariance(bench) },
    }),
  });
  return { rows, coefficient: lambda.coefficient, thresholds };
}

function countsOf(rows: readonly Row[]): ClassCounts {
  const safe = safeRows(rows).length;
  return { safe, unsafe: rows.length - safe };
}

/** Whatever a monitor is fitted on is in distribution. */
function lambdaOf(
  rows: readonly Row[],
  scores: readonly Float64Array[],
  fprTargets: readonly number[],
): Lambda {
  const inDistribution = rows.map(({ malign }) => ({ domain: ID_DOMAINS[0], malign }));
  return fitLambda(inDistribution, scores, { fpr: Math.max(LAMBDA_FPR, fprTargets[0]) });
}

function thresholdOf(rows: readonly Row[], scores: Float64Array, target: number): Threshold {
  const [safe, unsafe] = [0, 1].map((label) => scores.filter((_, i) => rows[i].malign === label));
  const { threshold } = tprAtFpr(safe, unsafe, target);
  const kept = roundNumbers(threshold);
  return { target, threshold: kept, fpr: shareAbove(safe, kept), recall: shareAbove(unsafe, kept) };
}

/** Refuses before the training what could not be fitted or calibrated after it. */
function requireRows(
  { suite }: SizedWorkbench,
  fprTargets: readonly number[],
): void {
  const [train, calibration] = [countsOf(suite.train), countsOf(suite.calibration)];
  const leastSafe = 2; // of one, nothing varies
  if (train.safe < leastSafe || train.unsafe === 0 || calibration.unsafe === 0) {
    throw new UserError(
      `Cannot fit a monitor: it takes at least ${leastSafe} safe rows and an unsafe one to train on, and an unsafe one to ` +
        `calibrate on, got ${train.safe}, ${train.unsafe} and ${calibration.unsafe}`,
      "Give more labelled rows: malign 1 where what the assistant does is unsafe, else 0.",
    );
  }
  const [lowest] = fprTargets;
  const least = Math.ceil(1 / lowest);
  if (calibration.safe >= least) return;
  const percent = Math.ceil(100 / Math.max(1, calibration.safe));
  throw new UserError(
    `Cannot find a threshold for FPR ${lowest}: it takes at least ${least} safe calibration rows, got ${calibration.safe}`,
    `Give more rows, or settle for a higher rate: --fpr ${percent / 100}.`,
  );
}
