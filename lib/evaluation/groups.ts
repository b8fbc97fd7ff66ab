/**
 * MOOD's evaluation groups (arXiv 2605.21602). Every group shares the safe rows of the in-distribution
 * (ID) domains; `id` adds their unsafe rows, and each domain outside ID that has unsafe rows makes a group of
 * its own with them. Safe rows outside ID are in no group: there, what a monitor flags is a false alarm.
 *
 * @module
 */
import { DOMAINS, ID_DOMAINS, isDomain } from "../conversation/domains.ts";
import type { Labelled } from "../conversation/row.ts";
import { suggestName, UserError } from "../core/errors.ts";

/** Rows, by their index, under a name. */
export interface NamedRows {
  /** `id` or a domain. */
  name: string;
  /** Row indices. */
  rows: Int32Array;
}

/** Who is compared with whom. */
export interface Grouping {
  /** The safe ID rows, which every group shares. */
  safe: Int32Array;
  /** The unsafe rows of each group: `id` first (even if it has none), then domains in table order. */
  groups: NamedRows[];
  /** The safe rows of each domain outside ID that has some, in table order. */
  shifts: NamedRows[];
}

/**
 * Sorts rows into groups.
 *
 * @param rows labelled rows of known domains.
 * @param idDomains the in-distribution domains.
 * @returns the groups; throws a {@linkcode UserError} on an unknown domain.
 */
export function groupRows(
  rows: readonly Labelled[],
  idDomains: readonly string[] = ID_DOMAINS,
): Grouping {
  idDomains.forEach(requireDomain);
  rows.forEach((row) => requireDomain(row.domain));
  const byClass: number[][] = DOMAINS.flatMap(() => [[], []]);
  rows.forEach((row, i) => byClass[classOf(row)].push(i));
  const rowsOf = (domains: readonly string[], malign: number) =>
    Int32Array.from(domains.flatMap((domain) => byClass[classOf({ domain, malign })]));
  const inside = DOMAINS.filter((domain) => idDomains.includes(domain));
  const outside = DOMAINS.filter((domain) => !idDomains.includes(domain));
  const eachOutside = (malign: number) =>
    outside
      .map((name) => ({ name, rows: rowsOf([name], malign) }))
      .filter(({ rows }) => rows.length > 0);
  return {
    safe: rowsOf(inside, 0),
    groups: [{ name: "id", rows: rowsOf(inside, 1) }, ...eachOutside(1)],
    shifts: eachOutside(0),
  };
}

/**
 * The class of a row: its domain together with its label.
 *
 * @param row of a known domain.
 * @returns its number, from 0; a number, because a text for each of many rows would take as long as all else about groups.
 */
export function classOf({ domain, malign }: Labelled): number {
  return 2 * (DOMAINS as readonly string[]).indexOf(domain) + malign;
}

/**
 * The scores of some rows.
 *
 * @param scores shape (rows).
 * @param rows indices of the wanted ones.
 * @returns their scores, in the order of the indices.
 */
export function scoresOf(scores: Float64Array, rows: Int32Array): Float64Array {
  const of = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) of[i] = scores[rows[i]];
  return of;
}

/**
 * Throws a {@linkcode UserError} with the nearest and all known names where a domain is unknown.
 *
 * @param name the name of a domain.
 */
export function requireDomain(name: string): void {
  if (!isDomain(name)) {
    throw new UserError(
      `Cannot group rows: unknown domain "${name}"`,
      suggestName(name, DOMAINS),
    );
  }
}
