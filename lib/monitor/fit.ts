/**
 * Fitting a monitor to keep. Its parts are made of the training rows, in one of two ways (`trained_maker.ts`, `tuned_maker.ts`); how
 * they are fused, and where conversations are flagged, is chosen on the calibration rows alone, which are scored as any
 * conversation will be.
 *
 * @module
 */
import { type Row, safeRows } from "../conversation/row.ts";
import type { Suite } from "../conversation/suite.ts";
import { UserError } from "../core/errors.ts";
import { type Json, roundNumbers } from "../core/json.ts";
import { startProgress } from "../core/progress.ts";
import type { Cost, Work } from "../workbench/planned/work.ts";
import { fitFusion, type FusionWish, ratesFor } from "./fit_fusion.ts";
import { refuseExistingMonitor, writeMonitor } from "./fitted_monitor.ts";
import { type MonitorFusion, verdictsAt } from "./fusion.ts";
import type { Tuning } from "./manifest.ts";
import { type MonitorParts, openParts } from "./parts.ts";
import type { StoredFiles } from "./stored_parts.ts";

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
  /** Models and passes that have to be there before, which other processes may make. */
  needs(): Promise<Work[]>;
  /** What scoring the calibration rows will take. */
  cost(): Promise<Cost>;
  /** Makes them, and what is missing of that. */
  make(): Promise<MadeParts>;
}

/** Options of {@linkcode fitMonitor}. */
export interface FitMonitorOptions {
  /** The folder to be written; must not exist. */
  output: string;
  /** How the parts are fused. */
  fusion: FusionWish;
  /**
   * False-positive rates, ascending, in (0, 1), that the monitor must be able to flag at; with lambda it can flag at no others. Default:
   * the usual ones, of which smallest p leaves out those that the calibration rows are too few for.
   */
  fprTargets?: readonly number[] | undefined;
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
  /** How its parts are fused. */
  fusion: MonitorFusion;
  /** For each rate the share of unsafe calibration rows flagged. */
  rates: { target: number; recall: number }[];
}

/**
 * Fits and writes a monitor.
 *
 * @param maker makes its parts.
 * @param options where to, which fusion, and which rates.
 * @returns what was chosen; throws a {@linkcode UserError} before any training where there are too few rows, or where
 * the folder exists.
 */
export async function fitMonitor(
  maker: PartsMaker,
  { output, fusion: wish, fprTargets, thoughts }: FitMonitorOptions,
): Promise<FitSummary> {
  const { suite } = maker;
  const { calibration } = suite;
  const targets = requireFittable(maker, { output, fusion: wish, fprTargets });

  const { parts, files, tuning, settings } = await maker.make();
  const scores = await calibrationScores(maker, parts);
  const fusion = fitFusion(wish, calibration, scores, targets);
  const rows = { train: countsOf(suite.train), calibration: countsOf(suite.calibration) };
  const fittedOn = roundNumbers({
    suite: { name: suite.name, synthetic: suite.synthetic, hash: suite.hash },
    rows,
    settings,
  });
  await writeMonitor(output, { fusion, tuning, thoughts, fittedOn }, files);
  const rates = targets.map((target) => ({
    target,
    recall: recallAt(target, fusion, calibration, scores),
  }));
  return { rows, fusion, rates, ...tuning && { tuning } };
}

/**
 * Refuses, before any training, what could not be fitted, calibrated or written after it.
 *
 * @param maker whose rows, and whom to tell.
 * @param options as {@linkcode fitMonitor} takes them.
 * @returns the false-positive rates that the monitor is fitted for.
 */
export function requireFittable(
  { suite, say }: Pick<PartsMaker, "suite" | "say">,
  { output, fusion, fprTargets }: FitMonitorOptions,
): readonly number[] {
  refuseExistingMonitor(output);
  requireClasses(suite);
  return ratesFor(fusion, suite.calibration, fprTargets, say);
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

function recallAt(
  fpr: number,
  fusion: MonitorFusion,
  rows: readonly Row[],
  scores: readonly Float64Array[],
): number {
  const verdicts = verdictsAt(fusion, fpr)(scores, rows.map(({ conversation }) => conversation));
  const unsafe = verdicts.filter((_, i) => rows[i].malign === 1);
  return unsafe.filter(({ flagged }) => flagged).length / unsafe.length;
}

function requireClasses(suite: Suite): void {
  const [train, calibration] = [countsOf(suite.train), countsOf(suite.calibration)];
  const leastSafe = 2; // of one, nothing varies
  if (train.safe >= leastSafe && train.unsafe > 0 && calibration.unsafe > 0) return;
  throw new UserError(
    `Cannot fit a monitor: it takes at least ${leastSafe} safe rows and an unsafe one to train on, and an unsafe one to ` +
      `calibrate on, got ${train.safe}, ${train.unsafe} and ${calibration.unsafe}`,
    "Give more labelled rows: malign 1 where what the assistant does is unsafe, else 0.",
  );
}
