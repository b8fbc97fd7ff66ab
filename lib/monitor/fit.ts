/**
 * Fitting a monitor to keep. Its parts are made of the training rows, in one of two ways (`trained_maker.ts`, `tuned_maker.ts`); how
 * they are fused, and where conversations are flagged, is chosen on the calibration rows alone, which are scored as any
 * conversation will be.
 *
 * @module
 */
import { ID_DOMAINS } from "../conversation/domains.ts";
import { type Row, safeRows } from "../conversation/row.ts";
import type { Suite } from "../conversation/suite.ts";
import { UserError } from "../core/errors.ts";
import { type Json, roundNumbers } from "../core/json.ts";
import { startProgress } from "../core/progress.ts";
import { fitLambda, type Lambda, lambdaShares } from "../detector/fusion.ts";
import { shareAbove, tprAtFpr } from "../stats/tpr_at_fpr.ts";
import { sayFewRows } from "../workbench/beforehand.ts";
import { refuseExistingMonitor, writeMonitor } from "./fitted_monitor.ts";
import type { Threshold, Tuning } from "./manifest.ts";
import { type MonitorParts, openParts } from "./parts.ts";
import type { StoredFiles } from "./stored_parts.ts";

/** The paper's rate at which the fusion may cost no recall. */
const LAMBDA_FPR = 0.01;

/** Parts that were made. */
export interface MadeParts {
  /** At work. */
  parts: MonitorParts;
  /** As files. */
  files: StoredFiles;
  /** How they were made of a pretrained model, if they were. */
  tuning?: Tuning;
  /** What else they depend on, besides the rows. */
  settings: Json;
}

/** A way to make the parts of a monitor. */
export interface PartsMaker {
  /** Whose training rows they are made of. */
  readonly suite: Suite;
  /** Threads, on which they do not depend. */
  readonly threads: number;
  /** Folder of the cache. */
  readonly cache: string;
  /** Told what a user should know. */
  readonly say: (message: string) => void;
  /** Makes them. */
  make(): Promise<MadeParts>;
}

/** Options of {@linkcode fitMonitor}. */
export interface FitMonitorOptions {
  /** The folder to be written; must not exist. */
  output: string;
  /** False-positive rates to have thresholds for, ascending, in (0, 1). */
  fprTargets: readonly number[];
  /** Whether the rows were rendered with thoughts, to be remembered; not where they were text already. */
  thoughts?: boolean;
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
  /** How it was made of a pretrained model, if it was. */
  tuning?: Tuning;
  /** The weight of the detectors. */
  coefficient: number;
  /** One for every target. */
  thresholds: Threshold[];
}

/**
 * Fits and writes a monitor.
 *
 * @param maker makes its parts.
 * @param options where to, and which rates.
 * @returns what was chosen; throws a {@linkcode UserError} before any training where there are too few rows, or where
 * the folder exists.
 */
export async function fitMonitor(
  maker: PartsMaker,
  { output, fprTargets, thoughts }: FitMonitorOptions,
): Promise<FitSummary> {
  const { suite, say } = maker;
  refuseExistingMonitor(output);
  requireRows(suite, fprTargets);
  sayFewRows(countsOf(suite.calibration).safe, "safe calibration rows", fprTargets[0], say);

  const { parts, files, tuning, settings } = await maker.make();
  const scores = await calibrationScores(maker, parts);
  // rounded as it is written, so that thresholds are those of the monitor that is read again
  const lambda = roundNumbers(lambdaOf(suite.calibration, scores, fprTargets));
  const fused = lambdaShares(lambda, scores).scores;
  const thresholds = fprTargets.map((target) => thresholdOf(suite.calibration, fused, target));
  const rows = { train: countsOf(suite.train), calibration: countsOf(suite.calibration) };
  const fittedOn = roundNumbers({
    suite: { name: suite.name, synthetic: suite.synthetic, hash: suite.hash },
    rows,
    settings,
  });
  await writeMonitor(output, { lambda, thresholds, tuning, thoughts, fittedOn }, files);
  return { rows, coefficient: lambda.coefficient, thresholds, ...tuning && { tuning } };
}

/** What each part finds in the calibration rows. */
async function calibrationScores(
  { suite, threads, cache }: PartsMaker,
  parts: MonitorParts,
): Promise<Float64Array[]> {
  await using open = await openParts(parts, { threads, cache, tokens: false });
  using progress = startProgress("scoring the calibration rows");
  const texts = suite.calibration.map(({ conversation }) => conversation);
  return (await open.read(texts, { progress })).scores;
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
function requireRows(suite: Suite, fprTargets: readonly number[]): void {
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
