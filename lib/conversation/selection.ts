/**
 * Some of the rows that a suite is tested on: as MOOD's own `--domains`, `--max-length` and `--use-mini`, but seeded, so that the
 * same settings choose the same rows. The training split stays whole, there as here.
 *
 * @module
 */
import { suggestName, UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { type Domain, DOMAINS } from "./domains.ts";
import type { Row } from "./row.ts";
import { hashOfSplits, type Selection, type Suite } from "./suite.ts";

/**
 * Chooses rows of a suite.
 *
 * @param suite as it was loaded.
 * @param selection which rows.
 * @param tokensOf counts the tokens of a conversation, special ones left out; asked only where there is a `maxLength`.
 * @returns the suite with these rows, and with a hash of its own; throws a {@linkcode UserError} where a domain has no test rows.
 */
export function selectTestRows(
  suite: Suite,
  selection: Selection,
  tokensOf: (conversation: string) => number,
): Suite {
  const { domains, maxLength, rowsPerDomain } = selection;
  if (domains !== undefined) requireDomains(suite, domains);
  const isShort = ({ conversation }: Row) =>
    maxLength === undefined || tokensOf(conversation) <= maxLength;
  const ofDomains = suite.test.filter(({ domain }) => domains?.includes(domain) ?? true);
  const shortTest = ofDomains.filter(isShort);
  const calibration = suite.calibration.filter(isShort);
  const test = rowsPerDomain === undefined ? shortTest : drawRows(shortTest, rowsPerDomain);
  const tooLong = {
    calibration: suite.calibration.length - calibration.length,
    test: ofDomains.length - shortTest.length,
  };
  const splits = { train: suite.train, calibration, test };
  return {
    ...suite,
    ...splits,
    hash: hashOfSplits(splits),
    selection: { ...selection, ...maxLength !== undefined && { tooLong } },
  };
}

/** The draw looks at ids alone, so that the order of the file does not matter; fewer rows are part of more. */
function drawRows(rows: readonly Row[], perDomain: number): Row[] {
  const groups = Map.groupBy(rows, ({ domain }) => domain);
  const drawn = new Set([...groups].flatMap(([domain, group]) => {
    const ids = group.map(({ id }) => id).sort();
    return stream(`selection/${domain}`).shuffle(ids).slice(0, perDomain);
  }));
  return rows.filter(({ id }) => drawn.has(id));
}

function requireDomains({ name, test }: Suite, domains: readonly Domain[]): void {
  const known = new Set(test.map(({ domain }) => domain));
  const missing = domains.find((domain) => !known.has(domain));
  if (missing === undefined) return;
  throw new UserError(
    `Cannot choose the domain "${missing}": the suite "${name}" has no test rows of it`,
    suggestName(missing, DOMAINS.filter((domain) => known.has(domain))),
  );
}

/**
 * A selection as part of a folder's name.
 *
 * @param selection which rows.
 * @returns such as `-domains-scheming+verse-max-length-512-rows-100`; empty where all rows are chosen.
 */
export function selectionSuffix({ domains, maxLength, rowsPerDomain }: Selection): string {
  return [
    domains && `-domains-${domains.join("+")}`,
    maxLength && `-max-length-${maxLength}`,
    rowsPerDomain && `-rows-${rowsPerDomain}`,
  ].filter((part) => part !== undefined).join("");
}
