/**
 * What a task of the command line is: `lib/command/<name>.ts` is `deno task <name>`. A task reads its flags, calls one function
 * of its subject's folder, and prints what that returns.
 *
 * @module
 */
import {
  asksForHelp,
  type CommandLine,
  type Flags,
  helpOf,
  readFlags,
  wrap,
} from "../core/flags.ts";
import type { Catalogue } from "../experiment/catalogue.ts";
import { print, warn } from "../report/terminal.ts";

/** A task as {@linkcode defineCommand} takes it. */
export interface CommandDefinition<F extends Flags> {
  /** What it does, one sentence without a period. */
  summary: string;
  /** What `--help` says before the flags. Default nothing. */
  about?: string;
  /** The flags that it takes, besides `--help`. */
  flags: F;
  /** What `--help` says after the flags, such as an example. */
  closing(experiments: Catalogue): string;
  /** What its words that are no flags are, such as `FILE…`. It takes none by default. */
  words?: string;
  /** Does it. What computes with ONNX Runtime is imported here, so that other tasks need no permission for native code. */
  run(given: Given<F>): Promise<void> | void;
}

/** What a task is run with. */
export interface Given<F extends Flags> extends CommandLine<F> {
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
   * @param name under which the task was called, for help and messages.
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
export function defineCommand<F extends Flags>(
  { summary, about, flags, closing, words, run }: CommandDefinition<F>,
): Command {
  return {
    summary,
    async invoke(name, args, experiments) {
      if (asksForHelp(args)) {
        const usage = ["deno task", name, ...words === undefined ? [] : [words]].join(" ");
        const opening = [...wrap(`${usage}: ${summary}.`), about?.trim() ?? ""].join("\n").trim();
        const parts = [opening, helpOf(flags), closing(experiments).trim()];
        return print(parts.filter((part) => part !== "").join("\n\n"));
      }
      const line = readFlags(args, flags, {
        task: name,
        words: words !== undefined,
        say: warn,
      });
      await run({ ...line, experiments });
    },
  };
}

/**
 * The experiments that there are, for the help.
 *
 * @param experiments the catalogue.
 * @returns lines.
 */
export function experimentsHelp({ names }: Catalogue): string {
  return wrap(`Experiments: ${names.join(", ")}.`).join("\n");
}
