/**
 * Claims that nothing decides, whatever the numbers are: too many of the answers behind them could not be read.
 *
 * @module
 */
import { UNREADABLE_LIMIT } from "../chat/client.ts";
import type { Interval } from "../stats/bootstrap.ts";
import { type Answered, RUBRICS, unreliable } from "../rater/asked.ts";
import type { Rubric } from "../rater/prompt.ts";
import type { Predicate } from "./claim.ts";

/** What findings say of answers, as far as they do. */
export interface ReadFindings {
  /** Figures by subject and group; `unreadable` among their metrics is the share of choices that could not be read. */
  results?:
    | Record<string, Record<string, { metrics: Record<string, Interval | null> }>>
    | undefined;
  /** How much of what it was asked a judge answered. */
  asked?: Record<Rubric, Pick<Answered, "rows" | "defaulted">> | undefined;
}

/**
 * Says why a claim is not decided by answers that could not be read.
 *
 * @param predicate what the claim is about.
 * @param findings of its artifact.
 * @returns half a sentence; undefined where answers could be read, or there were none.
 */
export function unreadableIn(
  predicate: Predicate,
  { results = {}, asked }: ReadFindings,
): string | undefined {
  const figures = figuresOf(predicate);
  for (const { subject, group } of figures) {
    const share = results[subject]?.[group]?.metrics.unreadable?.estimate ?? 0;
    if (share <= UNREADABLE_LIMIT) continue;
    return `${
      (100 * share).toFixed(1)
    }% of the choices of "${subject}" in "${group}" could not be read, more than ${
      100 * UNREADABLE_LIMIT
    }%`;
  }
  if (asked === undefined) return undefined;
  const about = RUBRICS.filter((rubric) =>
    figures.some(({ subject }) => subject.includes(`judge ${rubric}`))
  );
  return unreliable(Object.fromEntries(about.map((rubric) => [rubric, asked[rubric]])));
}

/** The figures that a claim compares, each of a subject in a group. */
function figuresOf({ contrast, result }: Predicate): { subject: string; group: string }[] {
  if (contrast === undefined) return result === undefined ? [] : [result];
  if ("title" in contrast) return [{ subject: contrast.title, group: contrast.group }];
  const { first, second } = contrast;
  return "subject" in contrast
    ? [first, second].map((group) => ({ subject: contrast.subject, group }))
    : [first, second].map((subject) => ({ subject, group: contrast.group }));
}
