/**
 * `deno task scores`: every monitor's score of every conversation, as files for other people's tools.
 *
 * @module
 */
import { join } from "node:path";
import { makeWritableFolder, writeFileAtomic } from "../core/files.ts";
import { describeBench } from "../experiment/experiment.ts";
import { resultsFolder, type RunFlags, runOptions } from "../experiment/flags.ts";
import { openWorkbench } from "../workbench/open_workbench.ts";
import { allScores, seededRows } from "./row_scores.ts";
import { scoresParquet, writeResultsFiles } from "./scores_files.ts";

/** What {@linkcode writeScores} wrote. */
export interface WrittenScores {
  /** Names of the monitors, each a column of the table. */
  monitors: string[];
  /** Paths, the table's first. */
  written: string[];
}

/**
 * Scores the test and the calibration split, and writes `scores.parquet` to the results folder; and `results.jsonl` files of the test
 * split, for monitors that are named, to a folder `scores` in it.
 *
 * @param flags of a run, and the monitors.
 * @param say told what a user should know.
 * @returns what was written; throws a `UsageError` where a monitor is named that there is none of.
 */
export async function writeScores(
  { jsonl = [], ...flags }: RunFlags & { jsonl?: readonly string[] | undefined },
  say: (message: string) => void,
): Promise<WrittenScores> {
  const bench = await openWorkbench(runOptions(flags, say));
  const folder = resultsFolder(flags, bench.suite.name);
  makeWritableFolder(folder); // if it cannot be, that shows before the training
  const all = await allScores(bench);
  const { monitors, rows } = seededRows(all, bench.seeds.length);
  const table = join(folder, "scores.parquet");
  writeFileAtomic(table, scoresParquet(monitors, rows, await describeBench(bench)));
  const files = await writeResultsFiles(join(folder, "scores"), all.test, jsonl);
  return { monitors, written: [table, ...files] };
}
