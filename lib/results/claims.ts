/**
 * Published claims, and whether ours is evidence for them. Each claim names a quantity in the artifact of an
 * experiment and the range in which it must lie; the verdict follows from the quantity's 95% interval:
 * *holds* where the whole interval lies in the range, *does not hold* where all of it lies outside,
 * *not decided by this data* where it includes a bound. A claim of equality is a range with a margin on both sides.
 *
 * @module
 */
import { suggestName, UserError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { type Level, percentCell, type Table } from "../report/table.ts";
import type { Interval } from "../stats/bootstrap.ts";
import type { Artifact } from "../experiment/experiment.ts";
import { RUBRICS, unreliable } from "../rater/asked.ts";

/** What decides a claim: a quantity, and the open range in which it must lie. */
export interface Predicate {
  /** Name of the experiment whose artifact holds the quantity. */
  artifact: string;
  /**
   * A paired difference under `findings.contrasts`: `A − B: GROUP METRIC` between monitors, or
   * `MONITOR: GROUP − GROUP METRIC` within one, with U+2212 for the minus sign.
   */
  contrast?: string;
  /** Instead of a contrast, one figure under `findings.results`: `MONITOR: GROUP METRIC`. */
  result?: string;
  /** Lower end of the range, a share; none if absent. */
  above?: number;
  /** Upper end of the range, a share; none if absent. */
  below?: number;
}

/** A published claim. */
export interface Claim {
  /** Short name, once in a file. */
  id: string;
  /** One sentence. */
  claim: string;
  /** Where it stands in the paper, and the figures behind it. */
  where: string;
  /** The published value of the predicate's quantity, a share; null where no figure is known. */
  published: number | null;
  /** What decides it. */
  predicate: Predicate;
}

/** What the data says of a claim. */
export type Verdict = "holds" | "does not hold" | "not decided by this data" | "not evaluated";

/** A claim with its verdict and the numbers behind it. */
export interface JudgedClaim {
  /** The claim. */
  claim: Claim;
  /** What follows from the numbers. */
  verdict: Verdict;
  /** Our value of the quantity, shares; null where it is missing. */
  ours: Interval | null;
  /** Why it was not evaluated; null where it was. */
  missing: string | null;
  /** The run behind our value, in words; null where there is none. */
  run: string | null;
  /** Why nothing is decided whatever the numbers say, as where a judge gave no answers; absent where it is. */
  unreadable?: string;
}

const LEVELS: Record<Verdict, Level> = {
  "holds": "good",
  "does not hold": "bad",
  "not decided by this data": "unsure",
  "not evaluated": "unsure",
};

const CLAIM_FIELDS = ["id", "claim", "where", "published", "predicate"];
const PREDICATE_FIELDS = ["artifact", "contrast", "result", "above", "below"];
const MINUS = " − ";

/**
 * Reads claims.
 *
 * @param path a JSON file with a list of them.
 * @returns the claims; throws a {@linkcode UserError} that names the claim and field that is wrong.
 */
export function readClaims(path: string): Claim[] {
  const list = parseJson(readText(path), path);
  check(Array.isArray(list) && list.length > 0, `"${path}"`, "it must hold a list of claims", list);
  const claims = (list as unknown[]).map((entry, i) =>
    checkedClaim(entry, `"${path}" claim ${i + 1}`)
  );
  const repeated = claims.find(({ id }, i) => claims.findIndex((other) => other.id === id) < i);
  check(!repeated, `"${path}"`, "every id must stand once", repeated?.id);
  return claims;
}

/**
 * Judges a claim by an artifact; nothing else has a say in it.
 *
 * @param claim what is claimed.
 * @param artifact the artifact that the claim's predicate names, or undefined where it was not made.
 * @returns the verdict with its numbers, or what is missing; throws a {@linkcode UserError} where a number is not finite.
 */
export function judgeClaim(claim: Claim, artifact: Artifact | undefined): JudgedClaim {
  const { predicate } = claim;
  const missing = { claim, verdict: "not evaluated", ours: null, run: null } as const;
  if (artifact === undefined) {
    return { ...missing, missing: `there is no artifact "${predicate.artifact}"` };
  }
  if (artifact.experiment !== predicate.artifact) {
    throw new RangeError(
      `Cannot judge "${claim.id}": the artifact must be "${predicate.artifact}", got "${artifact.experiment}"`,
    );
  }
  const ours = quantityIn(artifact, predicate);
  if (ours === null) {
    const name = predicate.contrast ?? predicate.result;
    return { ...missing, missing: `artifact "${predicate.artifact}" has no value for "${name}"` };
  }
  if (![ours.estimate, ours.low, ours.high].every(Number.isFinite)) {
    throw new UserError(
      `Cannot judge "${claim.id}": estimate, low and high must be numbers, got ${
        JSON.stringify(ours)
      }`,
      `Run the experiment "${predicate.artifact}" again.`,
    );
  }
  const judged = { claim, ours, missing: null, run: runOf(artifact) };
  const unreadable = unreadableIn(artifact, predicate);
  return unreadable === undefined
    ? { ...judged, verdict: verdictOn(ours, predicate) }
    : { ...judged, verdict: "not decided by this data", unreadable };
}

/** Why a judge that was asked decides nothing; undefined where it does, or no asked judge is part of the claim. */
function unreadableIn(
  { findings }: Artifact,
  { contrast, result }: Predicate,
): string | undefined {
  const { asked } = findings as { asked?: Parameters<typeof unreliable>[0] };
  if (asked === undefined) return undefined;
  const named = contrast ?? result ?? "";
  const about = RUBRICS.filter((rubric) => named.includes(`judge ${rubric}`));
  return unreliable(Object.fromEntries(about.map((rubric) => [rubric, asked[rubric]])));
}

/**
 * Claims and verdicts as a table.
 *
 * @param judged claims as {@linkcode judgeClaim} gave them.
 * @returns claim, claimed range, published figure, ours with its interval, verdict; in percent.
 */
export function claimsTable(judged: readonly JudgedClaim[]): Table {
  const runs = [...new Set(judged.flatMap(({ run }) => run ?? []))];
  const counts = Map.groupBy(judged, ({ verdict }) => verdict).entries()
    .map(([verdict, { length }]) => `${length} ${verdict}`);
  return {
    title: `Published claims: ${[...counts].join(", ")}`,
    columns: ["claim", "claimed", "published", "ours", "verdict"],
    rows: judged.map(({ claim: { claim, published, predicate }, ours, verdict }) => [
      claim,
      rangeText(predicate),
      published === null ? "–" : (100 * published).toFixed(1),
      percentCell(ours),
      { text: verdict, level: LEVELS[verdict] },
    ]),
    notes: [
      "In %, or differences in points: recall at 1% FPR, or shares of questions; ours with [95% interval] over rows and seeds.",
      "holds: the whole interval lies in the claimed range; does not hold: all of it lies outside;",
      "not decided by this data: it includes a bound.",
      "published: of other models on other data than ours; –: no figure.",
      ...runs.map((run) => `ours: ${run}.`),
      ...judged.flatMap(({ claim, ours }) =>
        ours && ours.low === ours.high ? [zeroWidth(claim)] : []
      ),
      ...judged.flatMap(({ claim, unreadable }) =>
        unreadable === undefined ? [] : [`not decided: ${claim.id}, as ${unreadable}.`]
      ),
      ...judged.flatMap(({ claim, missing }) =>
        missing === null ? [] : [`not evaluated: ${claim.id}, as ${missing}.`]
      ),
    ],
  };
}

/**
 * Claims and verdicts for machines.
 *
 * @param judged claims as {@linkcode judgeClaim} gave them.
 * @returns for each its id, verdict, published figure and ours, as shares.
 */
export function claimsData(
  judged: readonly JudgedClaim[],
): (Pick<Claim, "id" | "published"> & Pick<JudgedClaim, "verdict" | "ours">)[] {
  return judged.map(({ claim: { id, published }, verdict, ours }) => ({
    id,
    published,
    verdict,
    ours,
  }));
}

function verdictOn(
  { low, high }: Interval,
  { above = -Infinity, below = Infinity }: Predicate,
): Verdict {
  if (low > above && high < below) return "holds";
  if (high < above || low > below) return "does not hold";
  return "not decided by this data";
}

/** The quantity that a predicate names, null where the artifact has none. */
function quantityIn({ findings }: Artifact, { contrast, result }: Predicate): Interval | null {
  const { contrasts, results } = findings as {
    contrasts?: Record<string, Interval | null>;
    results?: Record<string, Record<string, { metrics: Record<string, Interval | null> }>>;
  };
  if (contrast !== undefined) return contrasts?.[contrast] ?? null;
  const [monitor, group, metric] = result!.split(/: | (?=\S+$)/);
  return results?.[monitor]?.[group]?.metrics[metric] ?? null;
}

/**
 * The run behind an artifact, in words.
 *
 * @param artifact of any experiment.
 * @returns suite, seeds, and whether it was a quick run.
 */
export function runOf({ suite, settings: { quick, seeds } }: Artifact): string {
  const kind = suite.synthetic ? " (synthetic conversations)" : "";
  const extent = quick ? ", quick run: its numbers mean little" : "";
  return `suite ${suite.name}${kind}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}${extent}`;
}

/** The bootstrap draws only from what was seen: 0 of n rows give [0, 0], though a new row may well differ. */
function zeroWidth({ id }: Claim): string {
  return `${id}: all resamples agree, so that the interval understates what new rows could show.`;
}

function rangeText({ above, below }: Predicate): string {
  const percent = (share: number) => String(Number((100 * share).toPrecision(3)));
  if (above === undefined) return `< ${percent(below!)}`;
  if (below === undefined) return `> ${percent(above)}`;
  return `${percent(above)} to ${percent(below)}`;
}

function checkedClaim(entry: unknown, place: string): Claim {
  const claim = fieldsOf(entry, place, CLAIM_FIELDS);
  for (const field of ["id", "claim", "where"]) checkText(claim[field], `${place} ${field}`);
  const { published, predicate } = claim;
  const known = published === null || isShare(published);
  check(known, `${place} published`, "it must be a share from -1 to 1, or null", published);
  checkPredicate(predicate, `${place} ("${claim.id}") predicate`);
  return claim as unknown as Claim;
}

function checkPredicate(entry: unknown, place: string): void {
  const { artifact, contrast, result, above, below } = fieldsOf(entry, place, PREDICATE_FIELDS);
  checkText(artifact, `${place} artifact`);
  check(
    (contrast === undefined) !== (result === undefined),
    place,
    "it must have either a contrast or a result",
    entry,
  );
  if (contrast !== undefined) {
    checkText(contrast, `${place} contrast`);
    const subtracts = (contrast as string).includes(MINUS) && (contrast as string).includes(": ");
    check(
      subtracts,
      `${place} contrast`,
      'it must read "A − B: GROUP METRIC" with U+2212',
      contrast,
    );
  } else {
    checkText(result, `${place} result`);
    const plain = /^[^−]+: \S+ \S+$/.test(result as string);
    check(plain, `${place} result`, 'it must read "MONITOR: GROUP METRIC"', result);
  }
  for (const [field, bound] of Object.entries({ above, below })) {
    check(
      bound === undefined || isShare(bound),
      `${place} ${field}`,
      "it must be a share from -1 to 1",
      bound,
    );
  }
  check(
    above !== undefined || below !== undefined,
    place,
    'it must say "above" or "below" what',
    entry,
  );
  const ordered = above === undefined || below === undefined ||
    (above as number) < (below as number);
  check(ordered, place, '"above" must be less than "below"', entry);
}

/** An object's fields; refuses those that nobody would read. */
function fieldsOf(entry: unknown, place: string, known: string[]): Record<string, unknown> {
  const isObject = typeof entry === "object" && entry !== null && !Array.isArray(entry);
  check(isObject, place, "it must be an object", entry);
  const unknown = Object.keys(entry as object).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw new UserError(
      `Cannot read ${place}: there is no field "${unknown}"`,
      suggestName(unknown, known),
    );
  }
  return entry as Record<string, unknown>;
}

function checkText(value: unknown, place: string): void {
  check(typeof value === "string" && value.trim() !== "", place, "it must be text", value);
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 1;
}

function check(holds: boolean, place: string, must: string, got: unknown): void {
  if (holds) return;
  throw new UserError(
    `Cannot read ${place}: ${must}, got ${JSON.stringify(got) ?? "nothing"}`,
    "Correct the file; lib/results/claims.ts says what a claim holds.",
  );
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `Cannot read "${path}": ${(error as Error).message}`,
      "Correct the file; it must be JSON.",
      { cause: error },
    );
  }
}
