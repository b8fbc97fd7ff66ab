/**
 * The flags of a run on Slurm.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import * as flag from "../../core/flag.ts";
import { goingWith, type ValuesOf } from "../../core/flags.ts";

const WITHOUT = "Without --engine slurm all is done here.";

/** Where steps are done. */
export const ENGINE_FLAGS = {
  engine: flag.choice(["local", "slurm"] as const, {
    usual: "local",
    help:
      "where steps are done: here, or as jobs of Slurm, on a cache folder that its nodes share. What is indented goes with it:",
  }),
  ...goingWith("engine", WITHOUT, {
    sbatch: flag.parsed(parseOptions, {
      value: '"OPTIONS"',
      shown: "none",
      help: 'options for sbatch, such as --sbatch="--partition=gpu --gres=gpu:1 --time=4:00:00"',
    }),
    tasks: flag.count({
      most: 1000, // what an array of Slurm takes, where nobody changed it
      shown: "as many as take some ten minutes each",
      help: "into how many tasks a pass is cut",
    }),
    poll: flag.count({
      most: 3600,
      usual: 10,
      help: "seconds between two looks at the queue",
    }),
  }),
};

/** {@linkcode ENGINE_FLAGS} where a log is scored, which can be cut anywhere. */
export const SCORE_ENGINE_FLAGS = {
  ...ENGINE_FLAGS,
  ...goingWith("engine", WITHOUT, {
    tasks: flag.count({
      most: 1000,
      usual: 16,
      help: "into how many parts the input is cut",
    }),
  }),
};

/** Values of {@linkcode ENGINE_FLAGS}. */
export type EngineFlags = ValuesOf<typeof ENGINE_FLAGS>;

/** Words between blanks; what stands in quotes is one. */
function parseOptions(text: string, name: string): readonly string[] {
  const words = [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)]
    .map(([word]) => word.replaceAll(/["']/g, ""));
  const stray = words.find((word, i) => !word.startsWith("-") && !words[i - 1]?.startsWith("-"));
  if (stray === undefined) return words;
  throw new UsageError(
    `Cannot use --${name} ${text}: these must be options of sbatch, got "${stray}"`,
    "Write them as sbatch takes them, in quotes.",
  );
}
