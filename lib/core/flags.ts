/**
 * Reading a command line strictly.
 *
 * @module
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { suggestName, UsageError } from "./errors.ts";

/**
 * Reads a command line strictly.
 *
 * @param args the words after the command's name.
 * @param flags those that it takes, as `node:util` describes them.
 * @param positionals whether words without dashes are taken too. Default false.
 * @returns values of the flags, and the other words; throws a {@linkcode UsageError} that suggests
 * the nearest name.
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
 * Reads a flag that counts something.
 *
 * @param flag its name without dashes, for messages.
 * @param text the value as it was typed.
 * @param most the largest that makes sense. Default 256.
 * @returns the number, from 1 to `most`; throws a {@linkcode UsageError} on anything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { positiveInteger } from "./flags.ts";
 * assert.equal(positiveInteger("threads", "2"), 2);
 * assert.throws(() => positiveInteger("threads", "0"), /from 1 to 256$/);
 * ```
 */
export function positiveInteger(flag: string, text: string, most = 256): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(
    `Cannot use --${flag} ${text}: it must be a whole number from 1 to ${most}`,
    `Give, for instance, --${flag} 2.`,
  );
}
