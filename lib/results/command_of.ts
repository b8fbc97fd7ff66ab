/**
 * How an artifact is made again.
 *
 * @module
 */
import { commandLine, type ValuesOf } from "../core/flags.ts";
import type { Artifact } from "../experiment/experiment.ts";
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import type { Origin } from "../workbench/given_sources.ts";

/** Some of the flags; undefined is as good as not there. */
type SomeFlags = {
  [K in keyof typeof EXPERIMENT_FLAGS]?: ValuesOf<typeof EXPERIMENT_FLAGS>[K] | undefined;
};

/**
 * The command line that makes an artifact; flags that would be as they are by default are left out.
 *
 * @param artifact of any experiment.
 * @returns such as `deno task reproduce --only fusion`; suites and models of one's own are named by their folders, wherever
 * those are.
 */
export function commandOf({ experiment, suite, settings, findings }: Artifact): string {
  const { quick, seeds, models } = settings;
  const { name, revision, selection } = suite;
  return commandLine("reproduce", EXPERIMENT_FLAGS, {
    only: [experiment],
    suite: name === "mini" || revision !== undefined ? name : `FOLDER/${name}`,
    revision,
    domains: selection?.domains,
    maxLength: selection?.maxLength,
    rowsPerDomain: selection?.rowsPerDomain,
    judgeScores: isAsked(findings) ? "FOLDER" : undefined,
    ...models ? modelFlags(models) : { seeds },
    quick,
  });
}

/** Whether a judge was asked, who would not be by default. */
function isAsked(findings: unknown): boolean {
  return typeof findings === "object" && findings !== null && "asked" in findings;
}

function modelFlags(
  { languageModel, guard, device }: NonNullable<Artifact["settings"]["models"]>,
): SomeFlags {
  const given = "model" in guard ? guard : undefined;
  const isSame = nameOf(given?.model) === nameOf(languageModel.model);
  return {
    model: nameOf(languageModel.model),
    guard: isSame ? undefined : nameOf(given?.model),
    guardAdapter: nameOf(given?.adapter),
    lmAdapter: nameOf(languageModel.adapter),
    layer: "layer" in guard ? guard.layer : undefined,
    device: device.provider,
    dtype: device.precision,
  };
}

function nameOf(origin: Origin | undefined): string | undefined {
  if (origin === undefined) return undefined;
  return origin.revision ? `${origin.name}@${origin.revision}` : `FOLDER/${origin.name}`;
}
