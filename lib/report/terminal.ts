/**
 * What leaves the process: text, tables, JSON, and errors.
 *
 * Exit codes: 0 done; 1 it could not be done, or a verification failed; 2 wrong usage;
 * 130 and 143 interrupted, see `lib/core/interruption.ts`.
 *
 * @module
 */
import { UsageError, UserError } from "../core/errors.ts";
import { endOnInterruption } from "../core/interruption.ts";
import { canonicalJson } from "../core/json.ts";
import { renderTable, type Table } from "./table.ts";

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
 * Runs a command; an expected failure is printed in one sentence with its remedy, and sets the exit
 * code. So does an interruption, which leaves nothing behind.
 *
 * @param command what to run.
 */
export async function exitOnError(command: () => Promise<void> | void): Promise<void> {
  endOnInterruption(warn);
  try {
    await command();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(`error: ${error.message}.\n${error.remedy}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
