/**
 * The experiments of a folder, found by their files: one script each, whose default export is the experiment.
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suggestName, UsageError } from "../core/errors.ts";
import type { Experiment } from "./experiment.ts";

/** The experiments of a folder. */
export interface Catalogue {
  /** Their names, in the order in which they are read. */
  readonly names: readonly string[];
  /**
   * Loads experiments.
   *
   * @param only the names of those wanted. All by default.
   * @returns the experiments, in the order of the names; throws a {@linkcode UsageError} at a name that is none of them.
   */
  load(only?: readonly string[]): Promise<Experiment[]>;
}

/** Those of ours that others build on, first the guard's: in this order they are run and read. All others follow, by name. */
const FIRST = [
  "guard_generalization",
  "detector_comparison",
  "fusion",
  "calibrated_fusion",
  "alarm_budget",
  "benign_shift",
  "lambda_protocol",
];

function placeOf(name: string): number {
  const place = FIRST.indexOf(name);
  return place < 0 ? FIRST.length : place;
}

/**
 * Lists the experiments of a folder.
 *
 * @param folder whose `.ts` files are experiments, but for tests.
 * @returns the catalogue; nothing is loaded yet.
 */
export function openCatalogue(folder: string): Catalogue {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^[a-z0-9_]+\.ts$/.test(name) && !name.endsWith("_test.ts"))
    .map((name) => name.slice(0, -".ts".length))
    .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  const load = async (name: string): Promise<Experiment> =>
    (await import(pathToFileURL(join(folder, `${name}.ts`)).href)).default;
  return {
    names,
    load: async (only) => {
      const chosen = only ?? names;
      const unknown = chosen.find((name) => !names.includes(name));
      if (unknown !== undefined) {
        throw new UsageError(
          `Cannot run "${unknown}": there is no such experiment`,
          suggestName(unknown, names),
        );
      }
      return await Promise.all(chosen.map(load));
    },
  };
}
