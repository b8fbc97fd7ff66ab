/**
 * How an artifact is made again.
 *
 * @module
 */
import type { Artifact } from "./experiment.ts";

/**
 * The command line that makes an artifact; flags that would be as they are by default are left out.
 *
 * @param artifact of any experiment.
 * @returns such as `deno task reproduce --only fusion`; a suite of one's own is named by its folder, wherever that is.
 */
export function commandOf({ experiment, suite, settings: { quick, seeds } }: Artifact): string {
  const { name, revision, selection: { domains, maxLength, rowsPerDomain } = {} } = suite;
  const flags = {
    only: experiment,
    suite: name === "mini" ? undefined : revision === undefined ? `FOLDER/${name}` : name,
    revision,
    domains: domains?.join(","),
    "max-length": maxLength,
    "rows-per-domain": rowsPerDomain,
    seeds: seeds === 3 ? undefined : seeds,
  };
  const words = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag} ${value}`]
  );
  return ["deno task reproduce", ...words, ...quick ? ["--quick"] : []].join(" ");
}
