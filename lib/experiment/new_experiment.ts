/**
 * `deno task new`: an experiment and its test to start from, copied from `data/templates/`.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { exists, readText, writeFileAtomic } from "../core/files.ts";

const ROOT = join(import.meta.dirname!, "../..");

/**
 * Writes an experiment and its test.
 *
 * @param words what it was called on the command line: one name of small letters, digits and _, a letter first.
 * @param names of the experiments that there are.
 * @returns its name, and the paths of both files in the checkout; throws a {@linkcode UsageError} where the name will not do.
 */
export function writeNewExperiment(
  words: readonly string[],
  names: readonly string[],
): { name: string; paths: string[] } {
  const [name] = words;
  if (words.length !== 1 || !/^[a-z][a-z0-9_]*$/.test(name) || name.endsWith("_test")) {
    throw new UsageError(
      `Cannot name an experiment "${
        words.join(" ")
      }": it must be one name of small letters, digits and _, a letter first`,
      "Give, for instance, unknown_words.",
    );
  }
  if (names.includes(name)) {
    throw new UsageError(
      `Cannot write the experiment "${name}": there is one of that name`,
      `Choose a name that is none of ${names.join(", ")}.`,
    );
  }
  const paths = ["experiment", "experiment_test"].map((kind) => {
    const path = join("experiments", `${kind.replace("experiment", name)}.ts`);
    refuseExisting(join(ROOT, path));
    const template = readText(join(ROOT, "data/templates", `${kind}.txt`));
    writeFileAtomic(join(ROOT, path), template.replaceAll("NAME", name));
    return path;
  });
  return { name, paths };
}

/** A test of that name may stand alone. */
function refuseExisting(path: string): void {
  if (!exists(path)) return;
  throw new UsageError(`Cannot write "${path}": it exists`, "Choose another name.");
}
