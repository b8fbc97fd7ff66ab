/**
 * The flags of everything that runs experiments, and the settings that they stand for.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { ParseArgsOptionsConfig } from "node:util";
import { type Domain, DOMAINS, isDomain } from "../conversation/domains.ts";
import { selectionSuffix } from "../conversation/selection.ts";
import type { Selection } from "../conversation/suite.ts";
import { suggestName, UsageError } from "../core/errors.ts";
import { positiveInteger } from "../core/flags.ts";
import type { Experiment } from "./experiment.ts";
import type { GivenOptions } from "../workbench/given_options.ts";
import type { RunOptions } from "../workbench/workbench.ts";

/** Flags of everything that runs experiments, and what they mean. */
export const RUN_FLAGS = {
  suite: { type: "string", default: "mini" },
  revision: { type: "string" },
  domains: { type: "string" },
  "max-length": { type: "string" },
  "rows-per-domain": { type: "string" },
  model: { type: "string" },
  guard: { type: "string" },
  "guard-adapter": { type: "string" },
  "lm-adapter": { type: "string" },
  layer: { type: "string" },
  device: { type: "string" },
  dtype: { type: "string" },
  "token-budget": { type: "string" },
  "judge-scores": { type: "string" },
  quick: { type: "boolean", default: false },
  seeds: { type: "string" },
  threads: { type: "string", default: String(navigator.hardwareConcurrency) },
  results: { type: "string" },
  cache: { type: "string", default: ".cache" },
} as const satisfies ParseArgsOptionsConfig;

/** The text that `--help` shows for {@linkcode RUN_FLAGS}. */
export const RUN_HELP = `
  --suite mini|mood|FOLDER
                       what to train and test on: the embedded suite, MOOD's published data from the
                       Hugging Face hub (needs --allow-net), or a folder with train and test files
                       (.jsonl, .jsonl.gz or .parquet) in the row format  [mini]
  --revision REV       of mood: full commit hash, or a branch; the artifact holds the hash [main]
  --domains A,B        test on these domains only; ID domains are needed for a threshold  [all]
  --max-length N       leave out test and calibration conversations of more than N tokens [none]
  --rows-per-domain N  test on at most N rows of every domain, a seeded draw              [all]
  --judge-scores DIR   for the experiment judge: what \`deno task judge\` wrote    [a small judge, trained here]
  --model NAME|FOLDER  instead of training: a language model in Hugging Face layout (llama, qwen2, gemma2,
                       gemma3), from the hub (NAME or NAME@REVISION; needs --allow-net) or a folder; or a
                       GGUF file (FILE.gguf, NAME:FILE.gguf or NAME:FILE.gguf@REVISION). What follows goes
                       with it:
    --guard NAME|FOLDER          a sequence classifier (unsafe is label 1)      [a head, fitted to the training
                                                                                 split]
    --guard-adapter NAME|FOLDER  LoRA adapter of the guard, else of the model, with a score head
    --lm-adapter NAME|FOLDER     LoRA adapter of the language model
    --layer N                    the layer that a fitted head stands on         [the last]
    --device auto|cpu|webgpu|cuda                                               [cpu]
    --dtype float32|float16                                                     [float32]
    --token-budget N             most tokens in a batch; results do not change  [4096]
  --quick              small models and short training, to see that everything runs
  --seeds N            how many guards, each from its own seed            [3]
  --threads N          threads to compute with; results do not change     [all cores]
  --results DIR        where artifacts and figures go                     [results/SUITE; with --quick
                                                                           results/quick/SUITE;
                       behind SUITE stands which rows were chosen: results/mini-rows-100]
  --cache DIR          where trained models and signals are kept          [.cache]`;

/** Values of {@linkcode RUN_FLAGS}. */
export interface RunFlags {
  /** `mini`, `mood`, or the path of a folder. */
  suite: string;
  /** Commit or branch of `mood`. */
  revision?: string | undefined;
  /** Domains to test on, as typed: names with commas between them. */
  domains?: string | undefined;
  /** Most tokens of a conversation, as typed. */
  "max-length"?: string | undefined;
  /** Most test rows of a domain, as typed. */
  "rows-per-domain"?: string | undefined;
  /** Folder of an asked judge's scores. */
  "judge-scores"?: string | undefined;
  /** Language model from outside: a repository or a folder. */
  model?: string | undefined;
  /** Sequence classifier, the same. */
  guard?: string | undefined;
  /** LoRA adapter of the guard, the same. */
  "guard-adapter"?: string | undefined;
  /** LoRA adapter of the language model, the same. */
  "lm-adapter"?: string | undefined;
  /** Layer that a fitted head stands on, as typed. */
  layer?: string | undefined;
  /** What calculates, as typed. */
  device?: string | undefined;
  /** In which element type, as typed. */
  dtype?: string | undefined;
  /** Most tokens in a batch, as typed. */
  "token-budget"?: string | undefined;
  /** Small models and short training, whose numbers mean little. */
  quick: boolean;
  /** How many guards, as typed; {@linkcode runOptions} checks it. Default 3. */
  seeds?: string | undefined;
  /** Threads to compute with, as typed; {@linkcode runOptions} checks it. */
  threads: string;
  /** Folder of artifacts and figures; without it, {@linkcode resultsFolder} chooses one. */
  results?: string | undefined;
  /** Folder of trained models and signals. */
  cache: string;
}

/**
 * Turns flags into settings.
 *
 * @param flags as read.
 * @param say told what a user should know.
 * @returns settings of a run; throws a {@linkcode UsageError} where a number is not in range, or a domain is unknown.
 */
export function runOptions(
  flags: RunFlags,
  say: (message: string) => void,
): RunOptions {
  const { suite, revision, quick, threads, cache, "judge-scores": judgeScores } = flags;
  const given = givenOf(flags);
  return {
    suite,
    ...revision !== undefined && { revision },
    selection: selectionOf(flags),
    ...judgeScores !== undefined && { judgeScores },
    quick,
    ...given && { given },
    seeds: given ? 1 : positiveInteger("seeds", flags.seeds ?? "3"),
    threads: positiveInteger("threads", threads),
    cache,
    say,
  };
}

/** Flags that go with `--model`. */
const GIVEN_FLAGS = [
  "guard",
  "guard-adapter",
  "lm-adapter",
  "layer",
  "device",
  "dtype",
  "token-budget",
] as const;

/** Which models from outside the flags name. */
function givenOf(flags: RunFlags): GivenOptions | undefined {
  const { model, guard, "guard-adapter": guardAdapter, "lm-adapter": lmAdapter } = flags;
  if (model === undefined) {
    const stray = GIVEN_FLAGS.find((flag) => flags[flag] !== undefined);
    if (stray === undefined) return undefined;
    throw new UsageError(
      `Cannot use --${stray}: it goes with --model`,
      "Name a language model from outside, such as --model google/gemma-2-2b.",
    );
  }
  if (flags.quick || flags.seeds !== undefined) {
    throw new UsageError(
      `Cannot use --${
        flags.quick ? "quick" : "seeds"
      } with --model: nothing is trained from a seed`,
      "Leave it out; --rows-per-domain N makes a run short.",
    );
  }
  const { layer, "token-budget": budget } = flags;
  if (layer !== undefined && (guard ?? guardAdapter) !== undefined) {
    throw new UsageError(
      "Cannot use --layer with a guard: it says where a head stands that is fitted in its place",
      "Leave one out.",
    );
  }
  return {
    model,
    ...guard !== undefined && { guard },
    ...guardAdapter !== undefined && { guardAdapter },
    ...lmAdapter !== undefined && { lmAdapter },
    ...layer !== undefined && { layer: layer === "0" ? 0 : positiveInteger("layer", layer) },
    device: flags.device ?? "cpu",
    dtype: flags.dtype ?? "float32",
    ...budget !== undefined && {
      tokenBudget: positiveInteger("token-budget", budget, 1_000_000),
    },
  };
}

/**
 * Leaves out what makes no sense with models from outside.
 *
 * @param experiments what was asked for.
 * @param options of the run; `say` is told what is left out.
 * @param named whether they were asked for by name.
 * @returns those to be run; throws a {@linkcode UsageError} where one that was named cannot be.
 */
export function runnable<E extends Pick<Experiment, "name" | "trains">>(
  experiments: readonly E[],
  options: RunOptions,
  named: boolean,
): E[] {
  const cannot = experiments.filter((e) => options.given !== undefined && e.trains?.(options));
  if (cannot.length === 0) return [...experiments];
  const names = cannot.map(({ name }) => name).join(", ");
  if (named) {
    throw new UsageError(
      `Cannot run ${names} with --model: it would train models of its own`,
      "Leave it out, or leave --model out.",
    );
  }
  options.say(`Left out, since they train models of their own: ${names}.`);
  return experiments.filter((e) => !cannot.includes(e));
}

/** Which rows the flags choose; domains in the order of the tables, so that the same choice is the same folder. */
function selectionOf(flags: RunFlags): Selection {
  const { domains } = flags;
  const count = (flag: "max-length" | "rows-per-domain") =>
    flags[flag] === undefined ? undefined : positiveInteger(flag, flags[flag], 1_000_000);
  const [maxLength, rowsPerDomain] = [count("max-length"), count("rows-per-domain")];
  return {
    ...domains !== undefined && { domains: parseDomains(domains) },
    ...maxLength !== undefined && { maxLength },
    ...rowsPerDomain !== undefined && { rowsPerDomain },
  };
}

function parseDomains(text: string): Domain[] {
  const names = text.split(",");
  const unknown = names.find((name) => !isDomain(name));
  if (unknown === undefined) return DOMAINS.filter((domain) => names.includes(domain));
  throw new UsageError(
    `Cannot use --domains ${text}: there is no domain "${unknown}"`,
    suggestName(unknown, DOMAINS),
  );
}

/**
 * The folder for results.
 *
 * @param flags as read.
 * @param suiteName the suite's name.
 * @returns what was asked for, else `results/<suite>`, under `quick/` for quick runs; where rows, models
 * or a judge were chosen, it says which.
 */
export function resultsFolder(flags: RunFlags, suiteName: string): string {
  const { results, quick, "judge-scores": judge } = flags;
  const judged = judge === undefined ? "" : `-judge-${basename(judge)}`;
  const name = suiteName + selectionSuffix(selectionOf(flags)) + modelsSuffix(flags) + judged;
  return results ?? join("results", ...quick ? ["quick"] : [], name);
}

/** Such as `-gemma-2-2b-gemma-2-2b-guard`, or `-gemma-2-2b-layer-13-float16`. */
function modelsSuffix(flags: RunFlags): string {
  const { model, guard, layer, dtype, "guard-adapter": adapter, "lm-adapter": lmAdapter } = flags;
  const names = [model, guard, adapter, lmAdapter].flatMap((name) => name ?? [])
    .map((name) => basename(name));
  const others = [
    ...layer === undefined ? [] : ["layer", layer],
    ...dtype === undefined ? [] : [dtype],
  ];
  return [...names, ...others].map((part) => `-${part}`).join("");
}
