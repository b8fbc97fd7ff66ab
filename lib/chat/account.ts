/**
 * What asking an endpoint took, and telling it to the user, now and then and at the end.
 *
 * @module
 */
import { duration } from "../core/progress.ts";

/** What it took so far. */
export interface Account {
  /** Requests sent. */
  requests: number;
  /** How many of these were sent again. */
  again: number;
  /** Answers that came. */
  answers: number;
  /** How many of these the limit of tokens cut short. */
  cut: number;
  /** How many held the key, which is taken out. */
  keys: number;
  /** Tokens of all answers, as far as the server says. */
  tokens: number;
  /** From the first request to the last answer, in seconds. */
  seconds: number;
}

/**
 * The account in words.
 *
 * @param name who was asked.
 * @param account what it took.
 * @returns one line; undefined where nothing was asked.
 */
export function describeAccount(
  name: string,
  { requests, again, answers, cut, keys, tokens, seconds }: Account,
): string | undefined {
  if (requests === 0) return undefined;
  const repeated = again === 0 ? "" : ` (${again} of them again)`;
  const said = tokens === 0 ? "" : ` of ${tokens} tokens`;
  return [
    `Asked ${name}: ${requests} requests${repeated}, ${answers} answers${said}, ${
      duration(seconds)
    }.`,
    ...cut === 0
      ? []
      : [`${cut} of the answers were cut off at the limit of tokens; --max-tokens raises it.`],
    ...keys === 0 ? [] : [`${keys} of the answers held the key; it is written as "…".`],
  ].join(" ");
}

/**
 * What was spent so far, in few words.
 *
 * @param accounts of those who were asked.
 * @returns such as `120 answers, 3400 tokens (52/s)`; empty where nothing was asked.
 */
export function describeSpent(accounts: readonly Readonly<Account>[]): string {
  const sum = (of: "answers" | "tokens") => accounts.reduce((all, one) => all + one[of], 0);
  const [answers, tokens] = [sum("answers"), sum("tokens")];
  if (answers === 0) return "";
  const seconds = Math.max(...accounts.map((one) => one.seconds), 1);
  const pace = (count: number) => (count / seconds).toPrecision(2);
  return tokens === 0
    ? `${answers} answers (${pace(answers)}/s)`
    : `${answers} answers, ${tokens} tokens (${pace(tokens)}/s)`;
}

/**
 * Says things, but not too often.
 *
 * @param say to whom.
 * @param interval the shortest time between two that are not urgent, in milliseconds. Default half a minute.
 * @returns says a thing, or leaves it out where another one was said a short while ago and it is not urgent.
 */
export function nowAndThen(
  say: (message: string) => void,
  interval = 30_000,
): (message: string, urgent?: boolean) => void {
  let last = -Infinity;
  return (message, urgent = false) => {
    const now = performance.now();
    if (!urgent && now - last < interval) return;
    last = now;
    say(message);
  };
}
