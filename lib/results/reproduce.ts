/**
 * `deno task reproduce`: runs experiments, and shows all that their folder then holds.
 *
 * @module
 */
import { join } from "node:path";
import { exists, makeWritableFolder, readText } from "../core/files.ts";
import { sweepTemporaryFiles } from "../core/temporary_folder.ts";
import type { Catalogue } from "../experiment/catalogue.ts";
import { type Experiment, firstGlance, runExperiment } from "../experiment/experiment.ts";
import type { ExperimentFlags } from "../experiment/flags.ts";
import { openRun } from "../experiment/open_run.ts";
import type { EngineFlags } from "../plan/slurm/flags.ts";
import { runSteps } from "../plan/run_steps.ts";
import type { Table } from "../report/table.ts";
import type { JudgedClaim } from "./claims.ts";
import { collectFailures, type Failure } from "./failures.ts";
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
  /** Told what begins, a line a step. Default: nobody is told. */
  begin?: (line: string) => void;
  /** Shown what the first experiment finds with the first seed, while the others are still trained. Default: it is not looked at. */
  glance?: ((table: Table) => void) | undefined;
  /** Shown what an experiment found, as soon as it is done. */
  show(table: Table, files: ExperimentFiles): void;
}

/** What {@linkcode reproduce} wrote. */
export interface Reproduction {
  /** Of every experiment that did not fail, in the order in which they ran. */
  written: ExperimentFiles[];
  /** Path of the report; null where there is nothing to report on. */
  report: string | null;
  /** The published claims that the folder decides, or might with more data. */
  claims: JudgedClaim[];
  /** What failed and why. */
  failures: readonly Failure[];
}

/**
 * Runs experiments and writes the report of their folder. One that fails leaves the others and the report standing.
 *
 * @param catalogue of all experiments.
 * @returns what was written.
 */
export async function reproduce(
  flags: ExperimentFlags & EngineFlags,
  catalogue: Catalogue,
  { say, begin, show, glance }: ReproduceContext,
): Promise<Reproduction> {
  const asked = await catalogue.load(flags.only);
  const named = flags.only !== undefined;
  const { experiments, bench, folder } = await openRun(asked, flags, { named, say });
  makeWritableFolder(folder); // if it cannot be, that shows before the training
  sweepTemporaryFiles(folder);
  const failures = collectFailures(say);
  const failed: string[] = []; // what stands there of an earlier run is not what they find now, and may be unreadable
  const written: ExperimentFiles[] = [];
  const each = async (experiment: Experiment, problem: unknown, made = false) => {
    const done = await failures.catching(experiment.name, () => {
      if (problem !== undefined) throw problem;
      return made ? readFiles(experiment, folder) : runExperiment(experiment, bench, folder);
    });
    if (done === undefined) {
      failed.push(experiment.name);
      const path = join(folder, `${experiment.name}.json`);
      if (exists(path)) say(`"${path}" is of an earlier run; the report leaves it out.`);
      return;
    }
    const { table, json, svg } = done;
    written.push({ json, svg });
    show(table, { json, svg });
  };
  const run = { experiments, bench, folder };
  if (flags.engine === "slurm") {
    const { runOnSlurm } = await import("../plan/slurm/run_on_slurm.ts");
    await runOnSlurm(run, flags, { begin, each });
  } else {
    await runSteps(run, {
      begin,
      each,
      glance: glance && (async (experiment) => glance(await firstGlance(experiment, bench))),
    });
  }
  const all = await catalogue.load();
  const has = (name: string) => !failed.includes(name) && exists(join(folder, `${name}.json`));
  if (!all.some(({ name }) => has(name))) {
    return { written, report: null, claims: [], failures: failures.list };
  }
  const claims = await failures.catching(
    "the judgement of claims",
    () => judgeClaims(folder, failed).filter(({ verdict }) => verdict !== "not evaluated"),
  );
  const report = await failures.catching("the report", () => writeReport(folder, all, failed));
  return { written, report: report ?? null, claims: claims ?? [], failures: failures.list };
}

/** What another process has made of an experiment. */
function readFiles(experiment: Experiment, folder: string): { table: Table } & ExperimentFiles {
  const [json, svg] = ["json", "svg"].map((kind) => join(folder, `${experiment.name}.${kind}`));
  return { table: experiment.show(JSON.parse(readText(json))).table, json, svg };
}
