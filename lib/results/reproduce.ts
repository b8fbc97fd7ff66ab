/**
 * `deno task reproduce`: runs experiments, and shows all that their folder then holds.
 *
 * @module
 */
import { makeFolder } from "../core/files.ts";
import { announce } from "../core/progress.ts";
import type { Catalogue } from "../experiment/catalogue.ts";
import { runExperiment } from "../experiment/experiment.ts";
import type { ExperimentFlags } from "../experiment/flags.ts";
import { openRun } from "../experiment/open_run.ts";
import type { Table } from "../report/table.ts";
import type { JudgedClaim } from "./claims.ts";
import { judgeClaims } from "./published_claims.ts";
import { writeReport } from "./report.ts";

/** The files of an experiment. */
export interface ExperimentFiles {
  /** Path of the artifact. */
  json: string;
  /** Path of its figure. */
  svg: string;
}

/** Who is told of the work. */
export interface ReproduceContext {
  /** Told what a user should know, a sentence at a time. */
  say(message: string): void;
  /** Shown what an experiment found, as soon as it is done. */
  show(table: Table, files: ExperimentFiles): void;
}

/** What {@linkcode reproduce} wrote. */
export interface Reproduction {
  /** Of every experiment, in the order in which they ran. */
  written: ExperimentFiles[];
  /** Path of the report. */
  report: string;
  /** The published claims that the folder decides, or might with more data. */
  claims: JudgedClaim[];
}

/**
 * Runs experiments and writes the report of their folder.
 *
 * @param catalogue of all experiments.
 * @returns what was written.
 */
export async function reproduce(
  flags: ExperimentFlags,
  catalogue: Catalogue,
  { say, show }: ReproduceContext,
): Promise<Reproduction> {
  const asked = await catalogue.load(flags.only);
  const named = flags.only !== undefined;
  const { experiments, bench, folder } = await openRun(asked, flags, { named, say });
  makeFolder(folder); // if it cannot be made, that shows before the training
  const written: ExperimentFiles[] = [];
  for (const [i, experiment] of experiments.entries()) {
    announce(`${i + 1} of ${experiments.length}: ${experiment.name}`);
    const { table, json, svg } = await runExperiment(experiment, bench, folder);
    written.push({ json, svg });
    show(table, { json, svg });
  }
  const claims = judgeClaims(folder).filter(({ verdict }) => verdict !== "not evaluated");
  return { written, report: await writeReport(folder, await catalogue.load()), claims };
}
