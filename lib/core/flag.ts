/**
 * One flag of a command line, in one row: its type, its default, what `--help` says, how its text becomes a value and a value
 * text again. Meant to be imported whole, so that a row reads `flag.count({ usual: 3, help: "how many guards" })`; what is done
 * with a table of rows is in `flags.ts`.
 *
 * @module
 */
import { suggestName, UsageError } from "./errors.ts";

/** A row of a table of flags. */
export interface Flag<T = unknown, Sure extends boolean = boolean> {
  /** What stands for its value in the help, such as `FILE`; undefined for a switch, which takes none. */
  readonly value: string | undefined;
  /** What it is for, without a period at its end; the help adds the default. */
  readonly help: string;
  /** Its value where it is not given. */
  readonly default?: T;
  /** As `default`, but not filled in, so that what reads the flags can tell whether it was given. */
  readonly usual?: T;
  /** A default in words, where it is no value: `all cores`. */
  readonly shown?: string;
  /** Whether the values always hold it: it has a default, or must be given. */
  readonly sure: Sure;
  /** Whether it may be given more than once. */
  readonly repeats: boolean;
  /** The heading that it stands under in the help. */
  readonly heading?: string;
  /** The flag without which it means nothing. */
  readonly goesWith?: Companion;
  /** The largest number that serves; a larger one is taken as this, which is said. */
  readonly cap?: Cap;
  /** Reads what was typed, once for each time that it was given; throws a {@linkcode UsageError} on what is no value. */
  parse(texts: readonly string[], name: string): T;
  /** What one would type for a value; a list of several only where the flag repeats. */
  print(value: T): string[];
}

/** The flag that another goes with. */
export interface Companion {
  /** Its name. */
  name: string;
  /** What to do where it is missing, one sentence. */
  remedy: string;
}

/** What a row says of any flag; what its type adds follows from the function that makes it. */
export interface FlagSpec<T> {
  /** See {@linkcode Flag.help}. */
  help: string;
  /** See {@linkcode Flag.value}. */
  value?: string;
  /** See {@linkcode Flag.default}. */
  default?: T;
  /** See {@linkcode Flag.usual}. */
  usual?: T;
  /** See {@linkcode Flag.shown}. */
  shown?: string;
  /** Whether a command line without it is refused. Default false. */
  required?: true;
}

/** The flag that a row makes: one with a default, or that is required, always has a value. */
export type FlagOf<T, R> = Flag<T, R extends { default: T } | { required: true } ? true : false>;

/** How one text becomes a value. */
type Parse<T> = (text: string, name: string) => T;

function flagOf<T, R extends FlagSpec<T>>(
  row: R & FlagSpec<T>,
  value: string,
  parse: Parse<T>,
  print: (value: T) => string = String,
): FlagOf<T, R> {
  const { required, ...rest }: FlagSpec<T> = row;
  const flag: Flag<T> = {
    value,
    ...rest,
    sure: required === true || row.default !== undefined,
    repeats: false,
    parse: ([text], name) => parse(text, name),
    print: (value) => [print(value)],
  };
  return flag as FlagOf<T, R>;
}

/** One of several parts: i of n. */
export interface Part {
  /** Which, from 1. */
  readonly i: number;
  /** Of how many. */
  readonly n: number;
}

/**
 * A flag that names one of several parts, as `2/8`.
 *
 * @param row what else there is to say.
 * @returns the flag.
 */
export function part<const R extends FlagSpec<Part>>(row: R): FlagOf<Part, R> {
  const parse = (text: string, name: string): Part => {
    const [, i, n] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
    if (i >= 1 && i <= n) return { i, n };
    throw new UsageError(
      `Cannot use --${name} ${text}: it must be I/N with I from 1 to N`,
      "Give, for instance, 2/8.",
    );
  };
  return flagOf<Part, R>(row, "I/N", parse, ({ i, n }) => `${i}/${n}`);
}

/**
 * A flag whose value is any text.
 *
 * @param row what else there is to say.
 * @returns the flag.
 */
export function text<const R extends FlagSpec<string>>(row: R): FlagOf<string, R> {
  return flagOf<string, R>(row, "TEXT", (text) => text);
}

/**
 * A flag that may be given more than once.
 *
 * @param row what else there is to say.
 * @returns the flag; its value are all texts, in the order in which they were given.
 */
export function repeated(row: FlagSpec<readonly string[]>): Flag<readonly string[], false> {
  const { help, value = "TEXT", shown } = row;
  return {
    help,
    value,
    ...shown !== undefined && { shown },
    sure: false,
    repeats: true,
    parse: (texts) => texts,
    print: (texts) => [...texts],
  };
}

/**
 * A flag that is there or not.
 *
 * @param row what it does.
 * @returns the flag; its value is false where it is not given.
 */
export function toggle({ help }: { help: string }): Flag<boolean, true> {
  return {
    help,
    value: undefined,
    default: false,
    sure: true,
    repeats: false,
    parse: () => true,
    print: () => [],
  };
}

/** Where numbers stop to be of use. */
export interface Cap {
  /** The largest that is. */
  at: number;
  /** Why, in words: `this machine has 2 cores`. */
  why: string;
}

/** What a row of {@linkcode count} says. */
export interface CountSpec extends FlagSpec<number> {
  /** See {@linkcode Flag.cap}. */
  cap?: Cap;
  /** The smallest number that makes sense. Default 1. */
  least?: number;
  /** The largest. Default 256. */
  most?: number;
}

/**
 * A flag that counts something: digits alone, so that `0x2`, `1e1` and `2.0` are no counts.
 *
 * @param row what else there is to say, and the range.
 * @returns the flag.
 */
export function count<const R extends CountSpec>(row: R): FlagOf<number, R> {
  const { least = 1, most = 256, ...rest } = row;
  return flagOf<number, R>(rest as unknown as R, "N", (text, name) => {
    const value = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(
      `Cannot use --${name} ${text}: it must be a whole number from ${least} to ${most}`,
      `Give, for instance, --${name} ${Math.max(least, Math.min(2, most))}.`,
    );
  });
}

/**
 * A flag whose value is a number.
 *
 * @param row what else there is to say.
 * @returns the flag.
 */
export function number<const R extends FlagSpec<number>>(row: R): FlagOf<number, R> {
  return flagOf<number, R>(row, "X", (text, name) => {
    if (isNumber(text)) return Number(text);
    throw new UsageError(
      `Cannot use --${name} ${text}: "${text}" is no number`,
      "Give a number, such as 0.01.",
    );
  });
}

/**
 * A flag whose value is a list of numbers with commas between them.
 *
 * @param row what else there is to say.
 * @returns the flag.
 */
export function numbers<const R extends FlagSpec<readonly number[]>>(
  row: R,
): FlagOf<readonly number[], R> {
  return flagOf<readonly number[], R>(row, "X,X", (text, name) =>
    text.split(",").map((part) => {
      if (isNumber(part)) return Number(part);
      throw new UsageError(
        `Cannot use --${name} ${text}: "${part}" is no number`,
        "Give numbers separated by commas.",
      );
    }));
}

const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));

/**
 * A flag that is one of some names.
 *
 * @param names the accepted ones; they are shown in the help unless the row says otherwise.
 * @param row what else there is to say.
 * @returns the flag.
 */
export function choice<const N extends string, const R extends FlagSpec<N>>(
  names: readonly N[],
  row: R,
): FlagOf<N, R> {
  return flagOf<N, R>(row, names.join("|"), (text, name) => {
    const found = names.find((known) => known === text);
    if (found !== undefined) return found;
    throw new UsageError(
      `Cannot use --${name} ${text}: there is no such ${name}`,
      suggestName(text, names),
    );
  });
}

/**
 * A flag whose value is a list of names with commas between them.
 *
 * @param row what else there is to say.
 * @returns the flag; its value are the names, blanks around them left out.
 */
export function list<const R extends FlagSpec<readonly string[]>>(
  row: R,
): FlagOf<readonly string[], R> {
  return flagOf<readonly string[], R>(row, "A,B", splitList, (names) => names.join(","));
}

/**
 * As {@linkcode list}, and names may have commas: in double quotes, or where the flag is given once for each name.
 *
 * @param row what else there is to say.
 * @returns the flag; its value are the names, blanks around them left out.
 */
export function names<const R extends FlagSpec<readonly string[]>>(
  row: R,
): FlagOf<readonly string[], R> {
  return {
    ...list(row),
    repeats: true,
    parse(texts: readonly string[]) {
      if (texts.length > 1) return texts.map((name) => name.trim());
      const found = texts[0].match(/\s*"[^"]*"\s*(?=,|$)|[^,]+/g) ?? [];
      return found.map((name) => name.trim().replace(/^"(.*)"$/, "$1").trim());
    },
    print: (names: readonly string[]) => [
      names.map((name) => name.includes(",") ? `"${name}"` : name).join(","),
    ],
  };
}

/**
 * As {@linkcode list}, of known names.
 *
 * @param names the accepted ones.
 * @param kind what they are called in messages, such as `domain`.
 * @param row what else there is to say.
 * @returns the flag; its value are the names in the order of the accepted ones.
 */
export function subset<const N extends string, const R extends FlagSpec<readonly N[]>>(
  names: readonly N[],
  kind: string,
  row: R,
): FlagOf<readonly N[], R> {
  const parse = (text: string, name: string) => {
    const chosen = splitList(text);
    const unknown = chosen.find((one) => !names.some((known) => known === one));
    if (unknown === undefined) return names.filter((known) => chosen.includes(known));
    throw new UsageError(
      `Cannot use --${name} ${text}: there is no ${kind} "${unknown}"`,
      suggestName(unknown, names),
    );
  };
  return flagOf<readonly N[], R>(row, "A,B", parse, (chosen) => chosen.join(","));
}

const splitList = (text: string) => text.split(",").map((part) => part.trim());

/**
 * A flag whose value is read in a way of its own.
 *
 * @param parse reads it; throws a {@linkcode UsageError} on what is no value.
 * @param row what else there is to say.
 * @returns the flag.
 */
export function parsed<T, const R extends FlagSpec<T>>(
  parse: (text: string, name: string) => T,
  row: R & FlagSpec<T>,
): FlagOf<T, R> {
  return flagOf<T, R>(row, "TEXT", parse);
}
