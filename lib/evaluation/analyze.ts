/**
 * Analyses recorded scores, as `mood analyze` of MOOD's release does: reads one or several files of scored rows,
 * combines them, and writes `results.jsonl` and `analysis.json` in its format. It differs in refusing
 * bad rows by their line, in naming the rows that it leaves out, and in marking scores that it flipped.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { DOMAINS, ID_DOMAINS, isDomain } from "../conversation/domains.ts";
import { suggestName, UsageError, UserError } from "../core/errors.ts";
import { writeFileAtomic, writeLinesAtomic } from "../core/files.ts";
import { combine, combineLambda, fitLambda, logGrid, type Pointwise } from "../detector/fusion.ts";
import type { Table } from "../report/table.ts";
import { type AnalysisReport, reportOn, tablesOf } from "./analysis_report.ts";
import { evaluate, type EvaluatedRow, FPR_TARGETS, type GroupResult } from "./evaluation.ts";
import { alignFiles } from "./align.ts";
import { readScoredColumns, type ScoredColumns } from "./scored_columns.ts";
import { FLIPPED, type ScoredRow } from "./scored_file.ts";

/** The file of scored rows in the output folder. */
const RESULTS = "results.jsonl";

/** Ways to combine several files. */
export const AGGREGATORS = ["min", "mean", "lambda", "max"] as const;

/** Settings of {@linkcode analyze}. */
export interface AnalyzeOptions {
  /** How several files are combined, one of {@linkcode AGGREGATORS}; needed when there are several. */
  aggregator?: string;
  /** Lambda: which file is the anchor, from 0. Defaults to 0. */
  anchor?: number;
  /** Lambda: coefficients to try beside 0. Defaults to 21 log-spaced ones from 10^-2 to 10^2. */
  lambdaGrid?: readonly number[];
  /** Lambda: the false-positive rate at which recall may not fall. Defaults to 0.01. */
  lambdaFpr?: number;
  /** In-distribution domains. Defaults to MOOD's. */
  idDomains?: readonly string[];
  /** Target false-positive rates of the report. Defaults to MOOD's three. */
  fprTargets?: readonly number[];
  /** Whether the scores rise with safety. Defaults to false. */
  predictSafe?: boolean;
  /** Whether estimates get intervals, which takes 2,000 resamples. Defaults to true. */
  intervals?: boolean;
  /** The folder to write `results.jsonl` and `analysis.json` to; nothing is written without. */
  output?: string;
}

/** What {@linkcode analyze} found. */
export interface Analysis {
  /** What `analysis.json` holds. */
  report: AnalysisReport;
  /** The same for people, with intervals. */
  tables: Table[];
  /** What the user should know, a sentence each. */
  warnings: string[];
  /** The lines of `results.jsonl`; a file is read again for them, a row at a time. */
  readRows(): AsyncGenerator<Record<string, unknown>>;
}

/**
 * Analyses one or several files.
 *
 * @param paths files of scored rows, at least one.
 * @param options how to combine and what to report.
 * @returns the report and what goes with it; throws a {@linkcode UserError} on bad input.
 */
export async function analyze(
  paths: readonly string[],
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  const { idDomains = ID_DOMAINS, fprTargets = FPR_TARGETS, predictSafe = false } = options;
  const { intervals = true, output } = options;
  checkOptions(paths, options);
  const files: ScoredColumns[] = [];
  for (const path of paths) {
    files.push(await readScoredColumns(path, { predictSafe, again: output !== undefined }));
  }
  const aligned = alignFiles(files);
  const warnings = [...files.flatMap((file) => file.warnings), ...aligned.warnings];
  if (paths.length === 1 && options.aggregator !== undefined) {
    warnings.push("The aggregator is ignored: there is only one file.");
  }
  const { labels, scores, from, extra } = aggregate(files, aligned.rows, options);
  const about = { idDomains, fprTargets };
  const { results: { scores: found } } = evaluate(labels, { scores: [scores] }, {
    ...about,
    streamName: "analyze",
    ...!intervals && { resamples: 0 },
  });
  requireBothClasses(found.overall, idDomains);
  const mark = predictSafe ? { [FLIPPED]: true } : {};
  async function* readRows() {
    for await (const { columns: { score: _, ...columns }, malign, place } of inOrder(from)) {
      yield { ...columns, malign, ...mark, score: scores[place], ...extra };
    }
  }
  const analysis = {
    report: reportOn(found, about),
    tables: tablesOf(found, about),
    warnings,
    readRows,
  };
  if (output !== undefined) await write(output, analysis);
  return analysis;
}

/** Some rows of a file, in an order of their own. */
interface Selected {
  file: ScoredColumns;
  /** Which, by their index in the file. */
  rows: Int32Array;
}

/** Rows with one score each. */
interface Combined {
  labels: EvaluatedRow[];
  /** Shape (rows). */
  scores: Float64Array;
  /** Where their other columns are. */
  from: Selected;
  /** The columns that the combination adds. */
  extra: Record<string, unknown>;
}

/** One score for each row that all files have. */
function aggregate(
  files: readonly ScoredColumns[],
  rows: readonly Int32Array[],
  { aggregator, anchor = 0, lambdaGrid, lambdaFpr, idDomains }: AnalyzeOptions,
): Combined {
  if (files.length === 1) {
    const [{ labels, scores }] = files;
    return { labels, scores, from: { file: files[0], rows: rows[0] }, extra: {} };
  }
  const isLambda = aggregator === "lambda";
  const from = isLambda
    ? { file: files[anchor], rows: rows[anchor] }
    : { file: files[0], rows: rows[0] };
  const labels = Array.from(from.rows, (row) => from.file.labels[row]);
  const scores = files.map((file, f) => Float64Array.from(rows[f], (row) => file.scores[row]));
  if (!isLambda) {
    return { labels, scores: combine(aggregator as Pointwise, scores), from, extra: {} };
  }
  const lambda = fitLambda(labels, scores, {
    anchor,
    ...lambdaGrid && { grid: lambdaGrid },
    ...lambdaFpr !== undefined && { fpr: lambdaFpr },
    ...idDomains && { idDomains },
  });
  const extra = { lambda: lambda.coefficient };
  return { labels, scores: combineLambda(lambda, scores), from, extra };
}

/**
 * Reads rows of a file again, and gives them in the order in which they were selected. What comes too early waits in memory:
 * nothing, where the order is that of the file.
 */
async function* inOrder({ file, rows }: Selected): AsyncGenerator<ScoredRow & { place: number }> {
  const placeOf = new Int32Array(file.scores.length).fill(-1);
  rows.forEach((row, place) => placeOf[row] = place);
  const early = new Map<number, ScoredRow>();
  let [row, place] = [0, 0];
  for await (const scored of file.readAgain()) {
    early.set(placeOf[row++], scored);
    early.delete(-1); // not selected
    for (let next = early.get(place); next !== undefined; next = early.get(place)) {
      early.delete(place);
      yield { ...next, place: place++ };
    }
  }
}

function checkOptions(paths: readonly string[], options: AnalyzeOptions): void {
  const { aggregator, anchor = 0, idDomains = [], fprTargets = [], lambdaFpr, output } = options;
  const known: readonly string[] = AGGREGATORS;
  if (paths.length === 0) {
    throw new UsageError(
      "Cannot analyse: no file is given",
      "Name one or more results.jsonl files.",
    );
  }
  if (aggregator !== undefined && !known.includes(aggregator)) {
    throw new UsageError(
      `Cannot analyse: unknown aggregator "${aggregator}"`,
      suggestName(aggregator, known),
    );
  }
  if (paths.length > 1 && aggregator === undefined) {
    throw new UsageError(
      `Cannot analyse ${paths.length} files together: no aggregator is given`,
      `Add --aggregator ${known.join("|")}.`,
    );
  }
  if (!Number.isInteger(anchor) || anchor < 0 || anchor >= paths.length) {
    throw new UsageError(
      `Cannot analyse: the anchor must be the index of a file, from 0, got ${anchor}`,
      `Give --anchor from 0 to ${paths.length - 1}.`,
    );
  }
  const rates = lambdaFpr === undefined ? fprTargets : [...fprTargets, lambdaFpr];
  const bad = rates.find((rate) => !(rate > 0 && rate < 1));
  if (bad !== undefined) {
    throw new UsageError(
      `Cannot analyse: a false-positive rate must lie between 0 and 1, got ${bad}`,
      "Give rates such as 0.01.",
    );
  }
  const unknown = idDomains.find((name) => !isDomain(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot analyse: unknown domain "${unknown}"`,
      suggestName(unknown, DOMAINS),
    );
  }
  const overwritten = paths.find((path) =>
    output !== undefined && resolve(path) === resolve(output, RESULTS)
  );
  if (overwritten !== undefined) {
    throw new UsageError(
      `Cannot write to "${output}": its ${RESULTS} is a file to be analysed`,
      "Give another folder with --output.",
    );
  }
}

function requireBothClasses({ nSafe, nUnsafe }: GroupResult, idDomains: readonly string[]): void {
  if (nSafe > 0 && nUnsafe > 0) return;
  throw new UserError(
    `Cannot analyse: it takes safe rows of the ID domains and unsafe rows, got ${nSafe} and ${nUnsafe}`,
    `Score rows of both classes; the ID domains are ${idDomains.join(", ")}.`,
  );
}

async function write(folder: string, { report, readRows }: Analysis): Promise<void> {
  async function* lines() {
    for await (const row of readRows()) yield JSON.stringify(row);
  }
  await writeLinesAtomic(join(folder, RESULTS), lines());
  writeFileAtomic(join(folder, "analysis.json"), JSON.stringify(report, null, 2) + "\n");
}

/**
 * Reads the value of `--lambda-grid`.
 *
 * @param text `MIN:MAX:POINTS`, exponents of ten and a count, such as `-2:2:21`.
 * @returns log-spaced coefficients, ascending; throws a {@linkcode UsageError} on text of another form.
 */
export function parseLambdaGrid(text: string): number[] {
  const parts = text.split(":");
  const [min, max, points] = parts.map((part) => part.trim() === "" ? NaN : Number(part));
  if (
    parts.length !== 3 || !(-100 <= min && min <= max && max <= 100) ||
    !(Number.isInteger(points) && 1 <= points && points <= 10_000)
  ) {
    throw new UsageError(
      `Cannot read the lambda grid "${text}": it must be MIN:MAX:POINTS, exponents of ten from -100 to 100 and a count up to 10000`,
      "Give a grid such as --lambda-grid=-2:2:21.",
    );
  }
  return logGrid(min, max, points);
}
