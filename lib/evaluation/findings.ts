/**
 * Findings as artifacts hold them, and the one way to read them. A figure or a contrast is asked for by an object, never by the
 * text of a key, and asking for one that is not there is an error: a misspelt name must not end as "not comparable" in prose.
 *
 * @module
 */
import { nearestName, UserError } from "../core/errors.ts";
import type { Interval } from "../stats/bootstrap.ts";

/** Names a figure: whose, on which rows, and what is measured. */
export interface Measured<Metric extends string = string> {
  /** A monitor, or a respondent. */
  subject: string;
  /** `id`, a domain, a category, or a mean over several. */
  group: string;
  /** Such as `recall@0.01`. */
  metric: Metric;
}

/** By subject, then by group. */
export type FiguresBy<Group extends { metrics: Record<string, Interval | null> }> = Record<
  string,
  Record<string, Group>
>;

/** Names a difference between two subjects on one group. */
export interface Between<Metric extends string = string> {
  /** The one. */
  first: string;
  /** The other, which is subtracted. */
  second: string;
  /** On which rows. */
  group: string;
  /** What is measured of both. */
  metric: Metric;
}

/** Names a difference between two groups under one subject. */
export interface Within<Metric extends string = string> {
  /** Whose. */
  subject: string;
  /** A group. */
  first: string;
  /** Another, whose figure is subtracted. */
  second: string;
  /** What is measured of both. */
  metric: Metric;
}

/** Names a difference between two subjects that are called otherwise in every run, such as the largest of several guards. */
export interface Titled<Metric extends string = string> {
  /** What the difference is called in their place. */
  title: string;
  /** On which rows. */
  group: string;
  /** What is measured of both. */
  metric: Metric;
}

/** Names a contrast, a paired difference. */
export type ContrastName = Between | Within | Titled;

/** Never there; it keeps contrasts apart from other types. */
declare const stored: unique symbol;

/**
 * Contrasts as an artifact holds them. What their keys look like is known to this file alone, so that nothing else can be
 * read off them than {@linkcode contrastIn} gives.
 */
export interface Contrasts<Difference extends Interval = Interval> {
  /**
   * Keeps the type apart from others.
   *
   * @internal
   */
  readonly [stored]?: Difference;
}

/** A figure or contrast that was asked for and is not there: a misspelt name, or an artifact of another version. */
export class MissingFinding extends UserError {
  /** What a stack calls it. */
  override name = "MissingFinding";
}

/**
 * The text by which an artifact names a contrast.
 *
 * @param name of the contrast.
 * @returns `A − B: GROUP METRIC` between subjects, `SUBJECT: GROUP − GROUP METRIC` within one, with U+2212 for the minus sign.
 */
export function contrastText(name: ContrastName): string {
  if ("title" in name) return `${name.title}: ${name.group} ${name.metric}`;
  const difference = `${name.first} − ${name.second}`;
  return "subject" in name
    ? `${name.subject}: ${difference} ${name.metric}`
    : `${difference}: ${name.group} ${name.metric}`;
}

/**
 * Puts contrasts together.
 *
 * @param entries each with its name, null where it could not be measured; every name once.
 * @returns them as an artifact holds them.
 */
export function storeContrasts<Difference extends Interval>(
  entries: readonly (readonly [ContrastName, Difference | null])[],
): Contrasts<Difference> {
  return Object.fromEntries(entries.map(([name, found]) => [contrastText(name), found]));
}

/**
 * Reads a contrast.
 *
 * @param contrasts of an artifact.
 * @param name which.
 * @returns it, or null where it could not be measured; throws {@linkcode MissingFinding} where there is none of that name.
 */
export function contrastIn<Difference extends Interval>(
  contrasts: Contrasts<Difference>,
  name: ContrastName,
): Difference | null {
  const known = contrasts as Record<string, Difference | null>;
  return found("contrast", contrastText(name), known);
}

/**
 * Reads a figure.
 *
 * @param results of an artifact.
 * @param name which.
 * @returns it, or null where a class of rows is missing; throws {@linkcode MissingFinding} where subject, group or metric is not
 * there.
 */
export function figureIn(
  results: FiguresBy<{ metrics: Record<string, Interval | null> }>,
  { subject, group, metric }: Measured,
): Interval | null {
  const groups = found("subject", subject, results);
  const { metrics } = found(`group of "${subject}"`, group, groups);
  return found(`metric of "${subject}" on "${group}"`, metric, metrics);
}

function found<Value>(what: string, name: string, known: Record<string, Value>): Value {
  if (Object.hasOwn(known, name)) return known[name];
  const nearest = nearestName(name, Object.keys(known));
  throw new MissingFinding(
    `Cannot read the findings: there is no ${what} called "${name}"`,
    `${
      nearest === undefined ? "" : `Did you mean "${nearest}"? `
    }If another version wrote the artifact, make it again with \`deno task reproduce\`.`,
  );
}
