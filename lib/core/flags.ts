/**
 * Tables of flags: from one table come the types of the values, the reading of a command line, the text of `--help`, and the
 * command line that stands for given values. A key of the table is the flag's name in camelCase: `maxLength` is `--max-length`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { suggestName, UsageError } from "./errors.ts";
import type { Cap, Flag } from "./flag.ts";

/** A table of flags, a row each. */
// deno-lint-ignore no-explicit-any -- a row prints and parses values of its own type only
export type Flags = Record<string, Flag<any>>;

/** Keys of the rows that always have a value. */
export type SureOf<F extends Flags> = {
  [K in keyof F]: F[K] extends Flag<infer _, true> ? K : never;
}[keyof F];

/** The value of a row. */
export type ValueOf<R> = R extends Flag<infer T> ? T : never;

/** Values of a table: those with a default or required are there, others where they were given. */
export type ValuesOf<F extends Flags> =
  & { [K in SureOf<F>]: ValueOf<F[K]> }
  & { [K in Exclude<keyof F, SureOf<F>>]?: ValueOf<F[K]> };

/** What a command line says. */
export interface CommandLine<F extends Flags> {
  /** Values of the flags. */
  values: ValuesOf<F>;
  /** The words that are no flags. */
  words: string[];
}

/** What is read besides flags. */
export interface ReadOptions {
  /** What the command does, a verb for messages. Default `start`. */
  task?: string;
  /** Whether it takes words that are no flags. Default false. */
  words?: boolean;
  /** Told which values are taken as others. */
  say?: (message: string) => void;
}

/**
 * The name of a flag.
 *
 * @param key its key in the table, such as `maxLength`.
 * @returns such as `max-length`.
 */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Whether a command line asks for help, whatever else it says.
 *
 * @param args the words after the command.
 * @returns whether `--help` is among them.
 */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help");
}

/**
 * Reads a command line strictly.
 *
 * @param args the words after the command.
 * @returns values and words; throws a {@linkcode UsageError}, which suggests the nearest name where one is unknown.
 */
export function readFlags<F extends Flags>(
  args: readonly string[],
  flags: F,
  { task = "start", words = false, say = () => {} }: ReadOptions = {},
): CommandLine<F> {
  const { given, positionals } = textsOf(args, flags);
  if (!words && positionals.length > 0) {
    throw new UsageError(
      `Cannot use "${positionals[0]}": no such word is expected here`,
      "See --help.",
    );
  }
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(flags)) {
    const [name, texts] = [flagName(key), given.get(flagName(key))];
    if (texts === undefined) {
      if (row.default !== undefined) values[key] = row.default;
      else if (row.sure) {
        throw new UsageError(`Cannot ${task}: --${name} is missing`, "See --help.");
      }
      continue;
    }
    if (texts.length > 1 && !row.repeats) {
      throw new UsageError(`Cannot use --${name} twice: only one can count`, "Leave one out.");
    }
    const { goesWith } = row;
    if (goesWith !== undefined && !given.has(goesWith.name)) {
      throw new UsageError(
        `Cannot use --${name}: it goes with --${goesWith.name}`,
        goesWith.remedy,
      );
    }
    const value = row.parse(texts, name);
    values[key] = row.cap === undefined ? value : capped(value as number, row.cap, name, say);
  }
  return { values: values as ValuesOf<F>, words: positionals };
}

function capped(
  value: number,
  { at, why }: Cap,
  name: string,
  say: (message: string) => void,
): number {
  if (value <= at) return value;
  say(`--${name} ${value} is taken as ${at}: ${why}.`);
  return at;
}

/** What was typed, flag by flag; a switch has an empty text for each time that it was given. */
function textsOf(
  args: readonly string[],
  flags: Flags,
): { given: Map<string, string[]>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(flags).map(([key, { value }]) => {
      const type = value === undefined ? "boolean" : "string";
      return [flagName(key), { type, multiple: true } as const];
    }),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    });
    const given = Object.entries(values).map(([name, all]): [string, string[]] => [
      name,
      (all as (string | boolean)[]).map((one) => one === true ? "" : String(one)),
    ]);
    return { given: new Map(given), positionals };
  } catch (error) {
    throw usageError((error as Error).message, Object.keys(options));
  }
}

/** What the reader of `node:util` does not accept, in our words. */
function usageError(message: string, names: readonly string[]): UsageError {
  const dashed = /Option '(--[^' ]+).*' argument is ambiguous/.exec(message)?.[1];
  if (dashed !== undefined) {
    return new UsageError(
      `Cannot use ${dashed}: its value is missing, or begins with a dash`,
      `Write a value that begins with a dash after an equals sign: ${dashed}=-1.`,
    );
  }
  const missing = /Option '(--[^' ]+).*' argument missing/.exec(message)?.[1];
  if (missing !== undefined) {
    return new UsageError(`Cannot use ${missing}: its value is missing`, "See --help.");
  }
  const switched = /Option '.*(--[^' ]+)' does not take an argument/.exec(message)?.[1];
  if (switched !== undefined) {
    return new UsageError(`Cannot use ${switched} with a value: it takes none`, "See --help.");
  }
  const unknown = /Unknown option '--?([^']*)'/.exec(message)?.[1];
  if (unknown === undefined) {
    return new UsageError(`Cannot read the command line: ${message}`, "See --help.");
  }
  return new UsageError(
    `Cannot use --${unknown}: there is no such flag`,
    suggestName(unknown, [...names, "help"]),
  );
}

/**
 * Some rows of a table, or some of its values.
 *
 * @param from a table, or values.
 * @param keys which; those that are not there are left out.
 * @returns an object of these, in the order in which they were named.
 */
export function pick<T extends object, const K extends keyof T>(
  from: T,
  ...keys: readonly K[]
): Pick<T, K> {
  const there = keys.filter((key) => key in from);
  return Object.fromEntries(there.map((key) => [key, from[key]])) as Pick<T, K>;
}

/**
 * Puts rows under a heading of the help.
 *
 * @param heading a line.
 * @returns the same rows, which know their heading.
 */
export function headed<F extends Flags>(heading: string, flags: F): F {
  return changed(flags, { heading });
}

/**
 * Rows that mean nothing without another flag: they are indented in the help, and refused where that is missing.
 *
 * @param name of the other flag.
 * @param remedy what to do where it is missing, one sentence.
 * @returns the same rows, which know what they go with.
 */
export function goingWith<F extends Flags>(name: string, remedy: string, flags: F): F {
  return changed(flags, { goesWith: { name, remedy } });
}

function changed<F extends Flags>(flags: F, change: Partial<Flag>): F {
  const rows = Object.entries(flags).map(([key, row]) => [key, { ...row, ...change }]);
  return Object.fromEntries(rows) as F;
}

/** Columns of the help, in characters. */
const [HELP_AT, HELP_WIDTH] = [25, 100];

/**
 * The help of a table: a line or more for each flag, wrapped and aligned, its default in brackets.
 *
 * @returns lines without a newline at the end.
 */
export function helpOf(flags: Flags): string {
  let heading: string | undefined;
  return Object.entries(flags).flatMap(([key, row]) => {
    const above = row.heading === undefined || row.heading === heading ? [] : ["", row.heading];
    heading = row.heading ?? heading;
    return [...above, ...rowHelp(key, row)];
  }).join("\n").replace(/^\n/, "");
}

function rowHelp(key: string, row: Flag): string[] {
  const name = ["  ", row.goesWith ? "  " : "", `--${flagName(key)}`].join("");
  const label = row.value === undefined ? name : `${name} ${row.value}`;
  const usual = row.shown ?? printed(row, row.default ?? row.usual);
  const lines = wrap(row.help, usual === undefined ? [] : [`[${usual}]`], HELP_WIDTH - HELP_AT);
  const fits = label.length <= HELP_AT - 2;
  const first = fits ? label.padEnd(HELP_AT) + lines[0] : label;
  return [first, ...lines.slice(fits ? 1 : 0).map((line) => " ".repeat(HELP_AT) + line)];
}

/** A value as one would type it; undefined for none, and for that of a switch. */
function printed(row: Flag, value: unknown): string | undefined {
  return row.value === undefined || value === undefined ? undefined : row.print(value).join(" ");
}

/**
 * Breaks a text into lines at its blanks.
 *
 * @param text any.
 * @param whole what follows it, each in one piece.
 * @param width most characters of a line. Default 100.
 * @returns lines.
 */
export function wrap(
  text: string,
  whole: readonly string[] = [],
  width: number = HELP_WIDTH,
): string[] {
  const lines = [""];
  for (const word of [...text.split(/\s+/), ...whole]) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * The command line that stands for values; flags that would be as they are by default are left out.
 *
 * @param task the task's name.
 * @param flags its table.
 * @param values of some of its flags; undefined is as good as not there.
 * @returns such as `deno task reproduce --only fusion --quick`, words that a shell would take apart in quotes.
 */
export function commandLine<F extends Flags>(
  task: string,
  flags: F,
  values: { [K in keyof F]?: ValueOf<F[K]> | undefined },
): string {
  const words = Object.entries(flags).flatMap(([key, row]) => {
    const value = values[key];
    if (value === undefined || value === false) return [];
    const [name, texts] = [`--${flagName(key)}`, row.print(value)];
    if (row.value === undefined) return [name];
    const usual = printed(row, row.default ?? row.usual);
    if (usual === texts.join(" ")) return [];
    return texts.flatMap((text) => text.startsWith("-") ? [`${name}=${text}`] : [name, text]);
  });
  return ["deno task", task, ...words.map(quoted)].join(" ");
}

const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
