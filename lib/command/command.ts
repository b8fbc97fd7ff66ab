/**
 * What a task of the command line is: `lib/command/<name>.ts` is `deno task <name>`.
 *
 * @module
 */
import type { parseArgs, ParseArgsOptionsConfig } from "node:util";
import type { Catalogue } from "../experiment/catalogue.ts";
import { readFlags } from "../core/flags.ts";
import { print } from "../report/terminal.ts";

/** A task as {@linkcode defineCommand} takes it. */
export interface CommandDefinition<Flags extends ParseArgsOptionsConfig> {
  /** What it does, one sentence without a period. */
  summary: string;
  /** What `--help` prints below the summary: the words and flags that it takes with their defaults, and an example. */
  help(experiments: Catalogue): string;
  /** The flags that it takes, besides `--help`. */
  flags: Flags;
  /** What its words that are no flags are, such as `FILE…`. It takes none by default. */
  words?: string;
  /** Does it. What computes with ONNX Runtime is imported here, so that other tasks need no permission for native code. */
  run(given: Given<Flags>): Promise<void> | void;
}

/** What a task is run with. */
export interface Given<Flags extends ParseArgsOptionsConfig> {
  /** Values of the flags. */
  values: ReturnType<typeof parseArgs<{ options: Flags }>>["values"];
  /** The words that are no flags. */
  words: string[];
  /** The experiments that there are. */
  experiments: Catalogue;
}

/** A task. */
export interface Command {
  /** What it does, one sentence without a period. */
  readonly summary: string;
  /**
   * Does what a command line asks.
   *
   * @param name under which the task was called, for the help.
   * @param args the words after the name.
   * @param experiments those that there are.
   */
  invoke(name: string, args: readonly string[], experiments: Catalogue): Promise<void>;
}

/**
 * Defines a task.
 *
 * @param definition its flags, its help and what it does.
 * @returns the task.
 */
export function defineCommand<Flags extends ParseArgsOptionsConfig>(
  { summary, help, flags, words, run }: CommandDefinition<Flags>,
): Command {
  return {
    summary,
    async invoke(name, args, experiments) {
      const all = { ...flags, help: { type: "boolean" } } as const;
      const { values, positionals } = readFlags(args, all, words !== undefined);
      if ((values as { help?: boolean }).help) {
        const usage = ["deno task", name, ...words === undefined ? [] : [words]].join(" ");
        return print(`${usage}: ${summary}.\n${help(experiments).trim()}`);
      }
      await run({ values: values as Given<Flags>["values"], words: positionals, experiments });
    },
  };
}
