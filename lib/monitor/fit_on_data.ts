/**
 * `deno task fit`: a monitor of a user's own conversations, or of a suite.
 *
 * @module
 */
import { basename, join } from "node:path";
import { loadLabelledSuite } from "../log/labelled_suite.ts";
import { loadSuite, type Suite } from "../conversation/suite.ts";
import { UsageError } from "../core/errors.ts";
import type { CovarianceKind } from "../detector/covariance_choice.ts";
import type { Table } from "../report/table.ts";
import { givenOf } from "../workbench/pretrained/given_flags.ts";
import type { GivenOptions } from "../workbench/pretrained/given_options.ts";
import { fitMonitor, type FitMonitorOptions, type FitSummary, type PartsMaker } from "./fit.ts";
import type { FusionWish } from "./fit_fusion.ts";
import type { LambdaFusion, SmallestPFusion } from "./fusion.ts";
import { describeGuarantee, promiseOf } from "./guarantee.ts";
import type { Tuning } from "./manifest.ts";
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
  /** Rates that it can flag at, ascending, at least one. */
  rates: number[];
}

/** A fit that can begin. */
export interface OpenFit {
  /** Makes the parts. */
  maker: PartsMaker;
  /** Where to, and how. */
  settings: FitMonitorOptions;
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
  const { maker, settings } = await openFit(options, say);
  const summary = await fitMonitor(maker, settings);
  const { output } = settings;
  const rates = summary.rates.map(({ target }) => target);
  return { output, table: tableOf(summary, maker.suite, output), rates };
}

/**
 * Reads what a monitor is to be fitted on.
 *
 * @param say told what a user should know.
 * @returns the fit; throws a `UserError` where flags do not go together or rows cannot be read.
 */
export async function openFit(
  options: FitOptions,
  say: (message: string) => void,
): Promise<OpenFit> {
  const { train, calibration, suite: name, noThoughts, cache, fpr } = options;
  if (train !== undefined && name !== undefined) {
    throw new UsageError(
      "Cannot use --train and --suite together: each says what to fit on",
      "Leave one out.",
    );
  }
  const fusion = wishOf(options);
  const given = givenOf(options);
  const suite = train === undefined
    ? await loadSuite(name ?? FIT_FLAGS.suite.usual!, { cache, say })
    : await loadLabelledSuite(train, calibration, { thoughts: !noThoughts, say });
  const output = options.output ?? join(".cache", "monitor", folderName(suite, options));
  const maker = await makerFor(suite, given, options, say);
  const settings = {
    output,
    fusion,
    ...fpr && { fprTargets: fpr },
    ...train !== undefined && { thoughts: !noThoughts },
  };
  return { maker, settings };
}

function wishOf({ fusion: kind, share, byLength }: FitOptions): FusionWish {
  if (kind === "lambda" && (share !== undefined || byLength)) {
    throw new UsageError(
      `Cannot use --${byLength ? "by-length" : "share"} with --fusion lambda: it has no p-values`,
      "Leave one out.",
    );
  }
  return { kind, share, byLength };
}

function folderName({ name }: Suite, { quick, model }: FitOptions): string {
  return [name, ...quick ? ["quick"] : [], ...model ? [basename(model)] : []].join("-");
}

/** What calculates is imported here, so that what is wrong with flags or rows shows at once. */
async function makerFor(
  suite: Suite,
  given: GivenOptions | undefined,
  { covariance, quick, seed, threads, cache }: FitOptions,
  say: (message: string) => void,
): Promise<PartsMaker> {
  const options = {
    suite: suite.name,
    ...covariance !== undefined && { covariance },
    quick,
    seeds: 1,
    threads,
    cache,
    say,
  };
  if (given !== undefined) {
    const { tunedMaker } = await import("./tuned_maker.ts");
    return tunedMaker(suite, { ...options, given }, seed);
  }
  const { trainedWorkbench } = await import("../workbench/trained_workbench.ts");
  const { trainedMaker } = await import("./trained_maker.ts");
  return trainedMaker(trainedWorkbench(suite, options), seed ?? FIT_FLAGS.seed.usual!);
}

function tableOf(
  summary: FitSummary,
  suite: { name: string; synthetic: boolean },
  output: string,
): Table {
  const { fusion, tuning, rows: { train, calibration } } = summary;
  const { notes, ...table } = fusion.kind === "lambda"
    ? lambdaTable(fusion)
    : guaranteeTable(fusion, summary);
  return {
    title: `Monitor "${output}", fitted on ${suite.name}`,
    ...table,
    notes: [
      ...tuning ? [describeTuning(tuning)] : [],
      `Trained on ${train.safe} safe and ${train.unsafe} unsafe conversations,`,
      `calibrated on ${calibration.safe} safe and ${calibration.unsafe} unsafe ones that it was not trained on.`,
      ...notes,
      ...suite.synthetic ? ["The conversations of this suite are synthetic."] : [],
    ],
  };
}

/** What a fusion has to say of rates. */
type RateTable = Pick<Table, "columns" | "rows"> & { notes: string[] };

const percent = (share: number) => String(Number((100 * share).toPrecision(3)));

function guaranteeTable(fusion: SmallestPFusion, { rates }: FitSummary): RateTable {
  return {
    columns: ["--fpr", "flagged on average, at most %", "by 97.5% of calibrations %", "recall %"],
    rows: rates.map(({ target, recall }) => {
      const { onAverage, mostly } = promiseOf(fusion, target);
      return [String(target), percent(onAverage), percent(mostly), percent(recall)];
    }),
    notes: [
      ...describeBudget(fusion),
      ...describeGuarantee(fusion),
      "Recall is that on the unsafe calibration rows; of failures of other kinds, expect less.",
    ],
  };
}

function describeBudget({ calibrated: { weights: [guard] }, chosen }: SmallestPFusion): string[] {
  const share = `Perplexity and Mahalanobis distance have ${percent(1 - guard)}% of the alarms`;
  if (chosen === undefined) return [`${share}, the guard the others.`];
  const { alone, recall, loss, fpr } = chosen;
  return [
    `${share}, the guard the others: as much as costs at most ${percent(loss)} points of recall`,
    `at ${percent(fpr)}% FPR on the unsafe calibration rows (${
      percent(recall)
    }%, where the guard alone has ${percent(alone)}%).`,
  ];
}

function lambdaTable({ lambda: { coefficient }, thresholds }: LambdaFusion): RateTable {
  const percent = (share: number) => (100 * share).toFixed(1);
  return {
    columns: ["target FPR %", "flagged above", "FPR reached %", "recall %"],
    rows: thresholds.map(({ target, threshold, fpr, recall }) => [
      percent(target),
      threshold.toFixed(3),
      percent(fpr),
      percent(recall),
    ]),
    notes: [
      `Scores are in standard deviations of the guard on safe rows; weight of the detectors: ${coefficient}.`,
      "Rates are those on the calibration rows, on which fusion and thresholds were chosen: expect less recall elsewhere.",
    ],
  };
}

function describeTuning({ monitors, state: { layer, poolings }, base }: Tuning): string {
  const what = monitors === "head" ? "a head" : "low-rank updates with a head";
  return `The guard is ${what} on layer ${layer} (${
    poolings.join(" and ")
  }) of ${base.name}, which stays where it is.`;
}
