/**
 * What leaves the process: text, tables, JSON, and errors, none of them with a control character that somebody else has put there.
 *
 * Exit codes: 0 done; 1 it could not be done, or a verification failed; 2 wrong usage;
 * 130 and 143 interrupted, see `lib/core/interruption.ts`.
 *
 * @module
 */
import { UsageError, UserError } from "../core/errors.ts";
import { readable, visible } from "../core/foreign_text.ts";
import { endOnInterruption } from "../core/interruption.ts";
import { canonicalJson } from "../core/json.ts";
import { renderTable, type Table } from "./table.ts";

/**
 * Prints to standard output.
 *
 * @param text what to print; a newline is added.
 */
export function print(text: string): void {
  write(visible(text, "\n"));
}

function write(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}

/**
 * Prints a table to standard output, in colour where that is a terminal and `NO_COLOR` is not set.
 *
 * @param table what to print.
 */
export function printTable(table: Table): void {
  write(renderTable(table, Deno.stdout.isTerminal() && !Deno.noColor));
}

/**
 * Prints a value for machines.
 *
 * @param value what to print, as canonical JSON with numbers rounded to 6 significant digits; control characters are escaped, of
 * which canonical JSON escapes some only.
 */
export function printJson(value: unknown): void {
  print(canonicalJson(value).trimEnd());
}

/**
 * Prints to standard error.
 *
 * @param sentences of which each becomes a line, whatever is in it.
 */
export function warn(...sentences: string[]): void {
  // deno-lint-ignore no-console
  console.error(sentences.map(readable).join("\n"));
}

/**
 * Runs a command; an expected failure is printed in one sentence with its remedy, another with its
 * stack, and both set the exit code. So does an interruption, which leaves nothing behind.
 *
 * @param command what to run.
 */
export async function exitOnError(command: () => Promise<void> | void): Promise<void> {
  endOnInterruption(warn);
  try {
    await command();
  } catch (error) {
    exitWith(error);
  }
}

/**
 * Prints a failure as {@linkcode exitOnError} does, and ends the process.
 *
 * @param error what was thrown.
 */
export function exitWith(error: unknown): never {
  if (error instanceof UserError) warn(`error: ${error.message}.`, error.remedy);
  else warn(...`error: a fault of this project: ${stackOf(error)}`.split("\n"));
  Deno.exit(error instanceof UsageError ? 2 : 1);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
