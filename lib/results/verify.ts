/**
 * `deno task verify`: makes the artifacts of a folder again, compares, and judges the published claims by the new ones.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists, readText } from "../core/files.ts";
import { openTemporaryFolder, sweepTemporaryFolders } from "../core/temporary_folder.ts";
import type { Catalogue } from "../experiment/catalogue.ts";
import { type Experiment, runExperiment } from "../experiment/experiment.ts";
import type { ExperimentFlags } from "../experiment/flags.ts";
import { openRun } from "../experiment/open_run.ts";
import { runSteps } from "../plan/run_steps.ts";
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
  /** Told what begins, a line a step. Default: nobody is told. */
  begin?: (line: string) => void;
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
  { say, begin, show }: VerifyContext,
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
  const check = async (
    { name }: Experiment,
    work: (path: string) => Promise<ArtifactCheck | "sound">,
  ): Promise<"sound" | undefined> => {
    const path = join(folder, `${name}.json`);
    const found = await failures.catching(name, () => work(path));
    if (found === undefined || found === "sound") return found;
    const artifact = { path, ...found };
    artifacts.push(artifact);
    show(artifact);
  };
  const sound: Experiment[] = []; // what is missing or broken is said before any training
  for (const experiment of experiments) {
    const looked = await check(experiment, (path) => lookAt(path, experiment));
    if (looked === "sound") sound.push(experiment);
  }
  const each = async (experiment: Experiment, problem: unknown) => {
    await check(experiment, async (path) => {
      if (problem !== undefined) throw problem;
      const { json } = await runExperiment(experiment, bench, fresh);
      return compareArtifacts(readText(path), readText(json));
    });
  };
  await runSteps({ experiments: sound, bench, folder: fresh }, { begin, each });
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

/** Whether an artifact can be compared, whatever is found; throws where it is broken. */
// deno-lint-ignore require-await
async function lookAt(path: string, { name }: Experiment): Promise<ArtifactCheck | "sound"> {
  if (!exists(path)) return { agrees: false, finding: "it is missing" };
  parseArtifact(path, { name }, readText(path));
  return "sound";
}
