/**
 * How an artifact is made again.
 *
 * @module
 */
import { isEmbedded } from "../conversation/suite.ts";
import { commandLine, type ValuesOf } from "../core/flags.ts";
import type { Artifact } from "../experiment/experiment.ts";
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import { referenceText } from "../hub/reference.ts";
import type { Origin } from "../workbench/pretrained/given_sources.ts";

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
  const { quick, seeds, models, covariance } = settings;
  const { name, revision, selection } = suite;
  return commandLine("reproduce", EXPERIMENT_FLAGS, {
    only: [experiment],
    suite: isEmbedded(name) || revision !== undefined ? name : `FOLDER/${name}`,
    revision,
    domains: selection?.domains,
    maxLength: selection?.maxLength,
    rowsPerDomain: selection?.rowsPerDomain,
    judgeScores: isAsked(findings) ? "FOLDER" : undefined,
    ...models && modelFlags(models),
    covariance,
    seeds: models?.guard === undefined ? seeds : undefined,
    quick,
  });
}

/** Whether a judge was asked, who would not be by default. */
function isAsked(findings: unknown): boolean {
  return typeof findings === "object" && findings !== null && "asked" in findings;
}

function modelFlags(
  { languageModel, guard, tuned, others, device }: NonNullable<Artifact["settings"]["models"]>,
): SomeFlags {
  const isSame = nameOf(guard?.model) === nameOf(languageModel.model);
  return {
    model: nameOf(languageModel.model),
    guard: isSame ? undefined : nameOf(guard?.model),
    guardAdapter: nameOf(guard?.adapter),
    unsafeLabel: guard?.unsafeLabel,
    lmAdapter: nameOf(languageModel.adapter),
    monitors: tuned?.kinds === undefined ? tuned?.monitors : "auto",
    layer: tuned?.candidates.every(({ layer }) => layer === tuned.state.layer)
      ? tuned.state.layer
      : undefined,
    models: others?.map((origin) => nameOf(origin)!),
    device: device.provider,
    dtype: device.precision,
  };
}

function nameOf(origin: Origin | undefined): string | undefined {
  if (origin === undefined) return undefined;
  const { name: repository, file, revision } = origin;
  return revision
    ? referenceText({ repository, revision, ...file !== undefined && { file } })
    : `FOLDER/${repository}`;
}
