/**
 * `deno task fit`: a monitor of a user's own conversations, or of a suite.
 *
 * @module
 */
import { join } from "node:path";
import { loadLabelledSuite } from "../log/labelled_suite.ts";
import { loadSuite } from "../conversation/suite.ts";
import { UsageError } from "../core/errors.ts";
import type { CovarianceKind } from "../detector/covariance_choice.ts";
import type { Table } from "../report/table.ts";
import { trainedWorkbench } from "../workbench/trained_workbench.ts";
import { fitMonitor, type FitSummary } from "./fit.ts";
import { FIT_FLAGS, type FitFlags } from "./flags.ts";

/** What to fit on, and how. */
export interface FitOptions extends FitFlags {
  /** How Mahalanobis distance estimates the covariance. Default: as the number of safe training rows allows. */
  covariance?: CovarianceKind;
  /** Smaller models, shorter training. */
  quick: boolean;
  /** Threads; the monitor does not depend on it. */
  threads: number;
  /** Folder of the cache. */
  cache: string;
}

/** A monitor that was written. */
export interface FittedFolder {
  /** Where it is. */
  output: string;
  /** What was fitted, for people. */
  table: Table;
}

/**
 * Fits a monitor and writes it.
 *
 * @param say told what a user should know.
 * @returns where it was written, and a table; throws a `UserError` before any training where it cannot be.
 */
export async function fitOnData(
  options: FitOptions,
  say: (message: string) => void,
): Promise<FittedFolder> {
  const { train, calibration, suite: name, quick, threads, cache, seed, fpr: fprTargets } = options;
  if (train !== undefined && name !== undefined) {
    throw new UsageError(
      "Cannot use --train and --suite together: each says what to fit on",
      "Leave one out.",
    );
  }
  const suite = train === undefined
    ? await loadSuite(name ?? FIT_FLAGS.suite.usual!, { cache, say })
    : await loadLabelledSuite(train, calibration, { thoughts: !options.noThoughts, say });
  const output = options.output ??
    join(".cache", "monitor", quick ? `${suite.name}-quick` : suite.name);
  const bench = trainedWorkbench(suite, {
    suite: suite.name,
    ...options.covariance !== undefined && { covariance: options.covariance },
    quick,
    seeds: 1,
    threads,
    cache,
    say,
  });
  const summary = await fitMonitor(bench, { output, seed, fprTargets });
  return { output, table: tableOf(summary, suite, output) };
}

function tableOf(
  { coefficient, thresholds, rows: { train, calibration } }: FitSummary,
  suite: { name: string; synthetic: boolean },
  output: string,
): Table {
  const percent = (share: number) => (100 * share).toFixed(1);
  return {
    title: `Monitor "${output}", fitted on ${suite.name}`,
    columns: ["target FPR %", "flagged above", "FPR reached %", "recall %"],
    rows: thresholds.map(({ target, threshold, fpr, recall }) => [
      percent(target),
      threshold.toFixed(3),
      percent(fpr),
      percent(recall),
    ]),
    notes: [
      `Trained on ${train.safe} safe and ${train.unsafe} unsafe conversations,`,
      `calibrated on ${calibration.safe} safe and ${calibration.unsafe} unsafe ones that it was not trained on.`,
      `Scores are in standard deviations of the guard on safe rows; weight of the detectors: ${coefficient}.`,
      "Rates are those on the calibration rows, on which fusion and thresholds were chosen: expect less recall elsewhere.",
      ...suite.synthetic ? ["The conversations of this suite are synthetic."] : [],
    ],
  };
}
