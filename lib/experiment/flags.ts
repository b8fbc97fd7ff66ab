/**
 * The flags of everything that runs experiments, and the settings that they stand for.
 *
 * @module
 */
import { basename, join } from "node:path";
import { DOMAINS } from "../conversation/domains.ts";
import { selectionSuffix } from "../conversation/selection.ts";
import type { Selection } from "../conversation/suite.ts";
import * as flag from "../core/flag.ts";
import { pick, type ValuesOf } from "../core/flags.ts";
import { COVARIANCES } from "../detector/covariance_choice.ts";
import { givenOf, givesGuard, PRETRAINED_FLAGS } from "../workbench/pretrained/given_flags.ts";
import type { RunOptions } from "../workbench/workbench.ts";

const MOST_ROWS = 1_000_000;

/** More threads than cores wait for one another: 128 on two cores take 14 times as long. */
const CORES = navigator.hardwareConcurrency;

/** Flags that say which rows are read; `deno task judge` takes them too. */
export const ROW_FLAGS = {
  suite: flag.text({
    value: "mini|mood|FOLDER",
    default: "mini",
    help:
      "what to train and test on: the embedded suite, MOOD's published data from the Hugging Face " +
      "hub, or a folder with train and test files (.jsonl, .jsonl.gz or .parquet) in the row format",
  }),
  revision: flag.text({
    value: "REV",
    shown: "main",
    help: "of mood: full commit hash, or a branch; the artifact holds the hash",
  }),
  domains: flag.subset(DOMAINS, "domain", {
    shown: "all",
    help: "test on these domains only; ID domains are needed for a threshold",
  }),
  maxLength: flag.count({
    most: MOST_ROWS,
    shown: "none",
    help: "leave out test and calibration conversations of more than N tokens",
  }),
  rowsPerDomain: flag.count({
    most: MOST_ROWS,
    shown: "all",
    help: "test on at most N rows of every domain, a seeded draw",
  }),
};

/** Flags of everything that runs experiments. */
export const RUN_FLAGS = {
  ...ROW_FLAGS,
  judgeScores: flag.text({
    value: "DIR",
    shown: "a small judge, trained here",
    help: "for the experiment judge: what `deno task judge` wrote",
  }),
  ...PRETRAINED_FLAGS,
  covariance: flag.choice(COVARIANCES, {
    shown: "sample, or ledoit-wolf where there are fewer than two safe training rows a feature",
    help: "how Mahalanobis distance estimates the covariance of hidden states",
  }),
  seeds: flag.count({ usual: 3, help: "how many guards, each from its own seed" }),
  quick: flag.toggle({
    help:
      "small models, short training and a third of the embedded suite, to see that everything runs",
  }),
  threads: flag.count({
    default: CORES,
    shown: "all cores",
    cap: { at: CORES, why: `this machine has ${CORES} ${CORES === 1 ? "core" : "cores"}` },
    help: "threads to compute with; results do not change",
  }),
  results: flag.text({
    value: "DIR",
    shown: "results/SUITE",
    help:
      "where artifacts and figures go; by default, --quick results go to results/quick/SUITE, and after " +
      "SUITE stands which rows and models were chosen, as in results/mini-rows-100",
  }),
  cache: flag.text({
    value: "DIR",
    default: ".cache",
    help: "where trained models and signals are kept",
  }),
};

/** Values of {@linkcode RUN_FLAGS}. */
export type RunFlags = ValuesOf<typeof RUN_FLAGS>;

/** {@linkcode RUN_FLAGS}, which experiments, and for whom to print: the flags of `deno task reproduce` and `verify`. */
export const EXPERIMENT_FLAGS = {
  only: flag.list({ value: "NAME,…", shown: "all", help: "some experiments only" }),
  ...RUN_FLAGS,
  json: flag.toggle({
    help: "instead of tables, one JSON document at the end, for machines",
  }),
};

/** Values of {@linkcode EXPERIMENT_FLAGS}. */
export type ExperimentFlags = ValuesOf<typeof EXPERIMENT_FLAGS>;

/**
 * Turns flags into settings.
 *
 * @param say told what a user should know.
 * @returns settings of a run; throws a `UsageError` where flags do not go together.
 */
export function runOptions(
  flags: RunFlags,
  say: (message: string) => void,
): RunOptions {
  const given = givenOf(flags);
  return {
    ...pick(flags, "suite", "revision", "judgeScores", "covariance", "quick", "threads", "cache"),
    selection: selectionOf(flags),
    ...given && { given },
    seeds: givesGuard(flags) ? 1 : flags.seeds ?? RUN_FLAGS.seeds.usual!,
    say,
  };
}

/** Which rows the flags choose; domains in the order of the tables, so that the same choice is the same folder. */
function selectionOf(flags: RunFlags): Selection {
  return pick(flags, "domains", "maxLength", "rowsPerDomain");
}

/**
 * The folder for results.
 *
 * @param suiteName the suite's name.
 * @returns what was asked for, else `results/<suite>`, under `quick/` for quick runs; where rows, models
 * or a judge were chosen, it says which.
 */
export function resultsFolder(flags: RunFlags, suiteName: string): string {
  const { results, quick, judgeScores, covariance } = flags;
  const estimated = covariance === undefined ? "" : `-covariance-${covariance}`;
  const judged = judgeScores === undefined ? "" : `-judge-${basename(judgeScores)}`;
  const name = suiteName + selectionSuffix(selectionOf(flags)) + modelsSuffix(flags) + estimated +
    judged;
  return results ?? join("results", ...quick ? ["quick"] : [], name);
}

/** Such as `-gemma-2-2b-gemma-2-2b-guard`, or `-gemma-2-2b-layer-13-float16`. */
function modelsSuffix(flags: RunFlags): string {
  const { model, guard, guardAdapter, unsafeLabel, lmAdapter, monitors, layer, dtype } = flags;
  const names = [model, guard, guardAdapter, lmAdapter].flatMap((name) => name ?? [])
    .map((name) => basename(name));
  const others = [
    ...unsafeLabel === undefined ? [] : ["unsafe", unsafeLabel.replace(/[^\w.-]+/g, "-")],
    ...monitors === undefined ? [] : [monitors],
    ...layer === undefined ? [] : ["layer", layer],
    ...dtype === undefined ? [] : [dtype],
  ];
  return [...names, ...others].map((part) => `-${part}`).join("");
}
