/**
 * The command line that all experiments share, and how errors leave the process.
 *
 * Exit codes: 0 done; 1 it could not be done, or a verification failed; 2 wrong usage.
 *
 * @module
 */
import { basename, join } from "node:path";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { suggestName, UsageError, UserError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import { renderTable, type Table } from "../report/table.ts";
import { type Domain, DOMAINS, isDomain } from "../conversation/domains.ts";
import { selectionSuffix } from "../conversation/selection.ts";
import type { Selection } from "../conversation/suite.ts";
import type { Experiment } from "./experiment.ts";
import type { GivenOptions } from "./given_models.ts";
import type { RunOptions } from "./workbench.ts";

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
                       gemma3), from the hub (NAME or NAME@REVISION; needs --allow-net) or a folder. What
                       follows goes with it:
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
 * Reads a command line strictly.
 *
 * @param args the words after the command.
 * @param flags the flags that it takes.
 * @param positionals whether it takes words that are no flags. Default false.
 * @returns values of the flags, and the other words; throws a {@linkcode UsageError} that suggests the nearest name.
 */
export function readFlags<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  flags: T,
  positionals = false,
): ReturnType<typeof parseArgs<{ args: string[]; options: T; allowPositionals: true }>> {
  try {
    const parsed = parseArgs({ args: [...args], options: flags, allowPositionals: true });
    if (!positionals && parsed.positionals.length > 0) {
      throw new UsageError(
        `Cannot use "${parsed.positionals[0]}": no such word is expected here`,
        "See --help.",
      );
    }
    return parsed;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const dashed = /Option '(--[^' ]+).*' argument is ambiguous/.exec((error as Error).message)
      ?.[1];
    if (dashed !== undefined) {
      throw new UsageError(
        `Cannot use ${dashed}: its value is missing, or begins with a dash`,
        `Write a value that begins with a dash behind an equals sign: ${dashed}=-1.`,
      );
    }
    const unknown = /Unknown option '--?([^']*)'/.exec((error as Error).message)?.[1];
    if (unknown === undefined) {
      throw new UsageError(
        `Cannot read the command line: ${(error as Error).message}`,
        "See --help.",
      );
    }
    throw new UsageError(
      `Cannot use --${unknown}: there is no such flag`,
      suggestName(unknown, Object.keys(flags)),
    );
  }
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

/**
 * Reads a flag that counts something.
 *
 * @param flag its name, for messages.
 * @param text its value.
 * @param most the largest that makes sense. Default 256.
 * @returns the number, from 1 to `most`; throws a {@linkcode UsageError} on anything else.
 */
export function positiveInteger(flag: string, text: string, most = 256): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(
    `Cannot use --${flag} ${text}: it must be a whole number from 1 to ${most}`,
    `Give, for instance, --${flag} 2.`,
  );
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

/** Such as `-gemma-2-2b-gemma-2-2b-guard`. */
function modelsSuffix(flags: RunFlags): string {
  return [flags.model, flags.guard, flags["guard-adapter"], flags["lm-adapter"]]
    .map((name) => name === undefined ? "" : `-${basename(name)}`).join("");
}

/**
 * Runs one experiment as a script of its own.
 *
 * @param experiment what to run.
 */
export function runAsScript<Config, Findings>(
  experiment: Experiment<Config, Findings>,
): Promise<void> {
  return exitOnError(async () => {
    const { values } = readFlags(Deno.args, { ...RUN_FLAGS, help: { type: "boolean" } });
    if (values.help) return print(`${experiment.question}\n${RUN_HELP}`);
    const { openWorkbench } = await import("./workbench.ts");
    const { runExperiment } = await import("./experiment.ts");
    const options = runOptions(values, warn);
    runnable([experiment], options, true);
    const bench = await openWorkbench(options);
    const { table, json, svg } = await runExperiment(
      experiment,
      bench,
      resultsFolder(values, bench.suite.name),
    );
    printTable(table);
    print(`${json}\n${svg}`);
  });
}

/**
 * Prints to standard output.
 *
 * @param text what to print; a newline is added.
 */
export function print(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}

/**
 * Prints a table to standard output, in colour where that is a terminal and `NO_COLOR` is not set.
 *
 * @param table what to print.
 */
export function printTable(table: Table): void {
  print(renderTable(table, Deno.stdout.isTerminal() && !Deno.noColor));
}

/**
 * Prints a value for machines.
 *
 * @param value what to print, as canonical JSON with numbers rounded to 6 significant digits.
 */
export function printJson(value: unknown): void {
  print(canonicalJson(value).trimEnd());
}

/**
 * Prints to standard error.
 *
 * @param text what to print; a newline is added.
 */
export function warn(text: string): void {
  // deno-lint-ignore no-console
  console.error(text);
}

/**
 * Runs a command; an expected failure is printed in one sentence with its remedy, and sets the exit code.
 *
 * @param command what to run.
 */
export async function exitOnError(command: () => Promise<void> | void): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(`error: ${error.message}.\n${error.remedy}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
