/**
 * `deno task verify`: makes the artifacts of a folder again, compares, and judges the published claims by the new ones.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists, readText } from "../core/files.ts";
import { openTemporaryFolder, sweepTemporaryFolders } from "../core/temporary_folder.ts";
import { announce } from "../core/progress.ts";
import type { Catalogue } from "../experiment/catalogue.ts";
import { type Experiment, runExperiment } from "../experiment/experiment.ts";
import type { ExperimentFlags } from "../experiment/flags.ts";
import { openRun } from "../experiment/open_run.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { parseArtifact } from "./artifact.ts";
import type { JudgedClaim } from "./claims.ts";
import { type ArtifactCheck, compareArtifacts } from "./compare_artifacts.ts";
import { collectFailures, type Failure } from "./failures.ts";
import { judgeClaims } from "./published_claims.ts";

/** What was found of a committed artifact. */
export interface VerifiedArtifact extends ArtifactCheck {
  /** Where it is. */
  path: string;
}

/** Who is told of the work. */
export interface VerifyContext {
  /** Told what a user should know, a sentence at a time. */
  say(message: string): void;
  /** Shown what was found of an artifact, as soon as it is. */
  show(artifact: VerifiedArtifact): void;
}

/** What {@linkcode verify} found. */
export interface Verification {
  /** Of every experiment that did not fail, in the order in which they ran. */
  artifacts: VerifiedArtifact[];
  /** The published claims, by the artifacts just made. */
  claims: JudgedClaim[];
  /** What could not be made again, or is broken, and why. */
  failures: readonly Failure[];
}

/**
 * Makes artifacts again in a folder of their own, which is removed at the end, and compares them with the committed ones. One
 * that fails leaves the others standing.
 *
 * @param catalogue of all experiments.
 * @returns what was found; throws a {@linkcode UserError} where there is no such folder.
 */
export async function verify(
  flags: ExperimentFlags,
  catalogue: Catalogue,
  { say, show }: VerifyContext,
): Promise<Verification> {
  if (flags.results !== undefined) requireFolder(flags.results); // before anything is downloaded
  const asked = await catalogue.load(flags.only);
  const named = flags.only !== undefined;
  const { experiments, bench, folder } = await openRun(asked, flags, { named, say });
  requireFolder(folder);
  const { cache } = bench.options;
  sweepTemporaryFolders(cache);
  using temporary = openTemporaryFolder(join(cache, "verify"));
  const fresh = temporary.path;
  const failures = collectFailures(say);
  const artifacts: VerifiedArtifact[] = [];
  for (const [i, experiment] of experiments.entries()) {
    announce(`${i + 1} of ${experiments.length}: ${experiment.name}`);
    const path = join(folder, `${experiment.name}.json`);
    const checked = await failures.catching(
      experiment.name,
      () => check(experiment, bench, path, fresh),
    );
    if (checked === undefined) continue;
    const artifact = { path, ...checked };
    artifacts.push(artifact);
    show(artifact);
  }
  const claims = await failures.catching("the judgement of claims", () => judgeClaims(fresh));
  return { artifacts, claims: claims ?? [], failures: failures.list };
}

function requireFolder(folder: string): void {
  if (exists(folder)) return;
  throw new UserError(
    `Cannot verify "${folder}": there is no such folder`,
    "Make results with `deno task reproduce`, or give the folder that holds them with --results.",
  );
}

async function check(
  experiment: Experiment,
  bench: Workbench,
  path: string,
  fresh: string,
): Promise<ArtifactCheck> {
  if (!exists(path)) return { agrees: false, finding: "it is missing" };
  const text = readText(path);
  parseArtifact(path, { name: experiment.name }, text); // a broken one is refused before the training
  const { json } = await runExperiment(experiment, bench, fresh);
  return compareArtifacts(text, readText(json));
}
