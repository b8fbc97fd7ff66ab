/**
 * How endpoints are asked, by the flags of the tasks that ask them.
 *
 * @module
 */
import { UsageError } from "../core/errors.ts";
import { positiveInteger } from "../core/flags.ts";

/** Flags that say how an endpoint is asked. */
export interface AskingFlags {
  /** How many requests run at once. */
  concurrency: string;
  /** How long one request may take, in seconds. */
  timeout?: string | undefined;
  /** Longest answer, in tokens. */
  "max-tokens"?: string | undefined;
  /** What that was answered is asked again: `unreadable`. */
  "ask-again"?: string | undefined;
}

/** How an endpoint is asked. */
export interface Asking {
  /** How many requests run at once. */
  concurrency: number;
  /** How long one request may take, in seconds; undefined for as long as its tokens may need. */
  timeout: number | undefined;
  /** Longest answer, in tokens; undefined for the usual one. */
  maxTokens: number | undefined;
  /** Whether recorded answers that cannot be read are asked for again. */
  again: boolean;
}

/**
 * Reads the flags.
 *
 * @param flags as given.
 * @returns what they say; throws a {@linkcode UsageError} where one makes no sense.
 */
export function askingOf(flags: AskingFlags): Asking {
  const again = flags["ask-again"];
  if (again !== undefined && again !== "unreadable") {
    throw new UsageError(
      `Cannot use --ask-again ${again}: only answers that could not be read are asked for again`,
      "Give --ask-again unreadable.",
    );
  }
  const optional = (flag: "timeout" | "max-tokens", most: number) =>
    flags[flag] === undefined ? undefined : positiveInteger(flag, flags[flag], most);
  return {
    concurrency: positiveInteger("concurrency", flags.concurrency),
    timeout: optional("timeout", 86_400),
    maxTokens: optional("max-tokens", 1_000_000),
    again: again !== undefined,
  };
}
