/**
 * How an artifact is made again.
 *
 * @module
 */
import type { Artifact } from "./experiment.ts";
import { referenceText } from "../hub/reference.ts";
import type { Origin } from "../workbench/given_sources.ts";

/**
 * The command line that makes an artifact; flags that would be as they are by default are left out.
 *
 * @param artifact of any experiment.
 * @returns such as `deno task reproduce --only fusion`; suites and models of one's own are named by their folders, wherever
 * those are.
 */
export function commandOf({ experiment, suite, settings, findings }: Artifact): string {
  const { quick, seeds, models } = settings;
  const { name, revision, selection: { domains, maxLength, rowsPerDomain } = {} } = suite;
  const flags = {
    only: experiment,
    suite: name === "mini" ? undefined : revision === undefined ? `FOLDER/${name}` : name,
    revision,
    domains: domains?.join(","),
    "max-length": maxLength,
    "rows-per-domain": rowsPerDomain,
    "judge-scores": isAsked(findings) ? "FOLDER" : undefined,
    ...models ? modelFlags(models) : { seeds: seeds === 3 ? undefined : seeds },
  };
  const words = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag} ${value}`]
  );
  return ["deno task reproduce", ...words, ...quick ? ["--quick"] : []].join(" ");
}

/** Whether a judge was asked, who would not be by default. */
function isAsked(findings: unknown): boolean {
  return typeof findings === "object" && findings !== null && "asked" in findings;
}

function modelFlags(
  { languageModel, guard, device }: NonNullable<Artifact["settings"]["models"]>,
): Record<string, string | number | undefined> {
  const given = "model" in guard ? guard : undefined;
  const isSame = nameOf(given?.model) === nameOf(languageModel.model);
  return {
    model: nameOf(languageModel.model),
    guard: isSame ? undefined : nameOf(given?.model),
    "guard-adapter": nameOf(given?.adapter),
    "lm-adapter": nameOf(languageModel.adapter),
    layer: "layer" in guard ? guard.layer : undefined,
    device: device.provider === "cpu" ? undefined : device.provider,
    dtype: device.precision === "float32" ? undefined : device.precision,
  };
}

function nameOf(origin: Origin | undefined): string | undefined {
  if (origin === undefined) return undefined;
  const { name: repository, file, revision } = origin;
  return revision
    ? referenceText({ repository, revision, ...file !== undefined && { file } })
    : `FOLDER/${repository}`;
}
