/**
 * Published claims, and whether ours is evidence for them. Each claim names a figure or a contrast in the artifact of an
 * experiment and the range in which it must lie; the verdict follows from its 95% interval:
 * *holds* where the whole interval lies in the range, *does not hold* where all of it lies outside,
 * *not decided by this data* where it includes a bound, or too many of the answers behind it could not be read. A claim of equality is a range with a margin on both sides.
 *
 * @module
 */
import { z } from "zod";
import { isDomain } from "../conversation/domains.ts";
import { UserError } from "../core/errors.ts";
import { checked } from "../core/schema.ts";
import { contrastIn, contrastText, figureIn, MissingFinding } from "../evaluation/findings.ts";
import { type Level, percentCell, type Table } from "../report/table.ts";
import type { Interval } from "../stats/bootstrap.ts";
import type { Artifact } from "../experiment/experiment.ts";
import { count, fields, interval, named, plainContrasts } from "../experiment/findings_schema.ts";
import type { Claim, Predicate } from "./claim.ts";
import { unreadableIn } from "./unreadable.ts";

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

/** Verdicts on one claim, in a sentence. */
const SINGULAR: Record<Verdict, string> = {
  "holds": "holds",
  "does not hold": "does not hold",
  "not decided by this data": "is not decided by this data",
  "not evaluated": "is not evaluated",
};

/** Verdicts on several. */
const PLURAL: Record<Verdict, string> = {
  "holds": "hold",
  "does not hold": "do not hold",
  "not decided by this data": "are not decided by this data",
  "not evaluated": "are not evaluated",
};

/** How much of what it was asked a judge answered. */
const answered = fields({ rows: count(), defaulted: count() });

/** What a claim may be about in the findings of an experiment. */
const claimable = z.looseObject({
  results: named(named(z.looseObject({ metrics: named(interval().nullable()) }))).optional(),
  contrasts: plainContrasts().optional(),
  asked: fields({ alignment: answered, uncertainty: answered }).optional(),
}, "must hold fields");

/**
 * Judges a claim by an artifact; nothing else has a say in it.
 *
 * @param claim what is claimed.
 * @param artifact the artifact that the claim's predicate names, or undefined where it was not made.
 * @returns the verdict with its numbers; or why there is none, where there is no artifact, the suite has no rows of the
 * claim's domain, or too few to measure it. Throws a {@linkcode UserError} where the artifact has nothing of that name.
 */
export function judgeClaim(claim: Claim, artifact: Artifact | undefined): JudgedClaim {
  const { id, predicate } = claim;
  const missing = { claim, verdict: "not evaluated", ours: null, run: null } as const;
  if (artifact === undefined) {
    return { ...missing, missing: `there is no artifact "${predicate.artifact}"` };
  }
  if (artifact.experiment !== predicate.artifact) {
    throw new RangeError(
      `Cannot judge "${id}": the artifact must be "${predicate.artifact}", got "${artifact.experiment}"`,
    );
  }
  const ours = claimedIn(artifact, claim);
  if (ours === null) {
    const name = nameOf(predicate);
    return { ...missing, missing: `artifact "${predicate.artifact}" has no value for "${name}"` };
  }
  const judged = { claim, ours, missing: null, run: runOf(artifact) };
  const unreadable = unreadableIn(predicate, readFindings(artifact, claim));
  return unreadable === undefined
    ? { ...judged, verdict: verdictOn(ours, predicate) }
    : { ...judged, verdict: "not decided by this data", unreadable };
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
    title: `Claims: ${[...counts].join(", ")}`,
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
      "published: of other models on other data than ours; –: no figure, or a claim of our own.",
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
 * The same for the terminal, headed by a sentence that reads aloud well.
 *
 * @param judged claims as {@linkcode judgeClaim} gave them.
 * @returns the table.
 */
export function printedClaims(judged: readonly JudgedClaim[]): Table {
  const counts = Map.groupBy(judged, ({ verdict }) => verdict).entries()
    .map(([verdict, { length }]) =>
      `${length} ${length === 1 ? SINGULAR[verdict] : PLURAL[verdict]}`
    );
  return { ...claimsTable(judged), title: `Claims: ${[...counts].join(", ")}` };
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

function readFindings({ findings }: Artifact, { id, predicate }: Claim) {
  const place = `Cannot judge "${id}": in the findings of "${predicate.artifact}"`;
  return checked(claimable, findings, place, `Run the experiment "${predicate.artifact}" again.`);
}

/** What a claim is about; null where this suite cannot tell. */
function claimedIn(found: Artifact, claim: Claim): Interval | null {
  const { id, predicate: { artifact, contrast, result } } = claim;
  const { results = {}, contrasts = {} } = readFindings(found, claim);
  try {
    return contrast === undefined ? figureIn(results, result!) : contrastIn(contrasts, contrast);
  } catch (cause) {
    if (!(cause instanceof MissingFinding)) throw cause;
    const absent = groupsOf(claim.predicate).filter((group) =>
      isDomain(group) && !Object.values(results).some((groups) => group in groups)
    );
    if (absent.length > 0) return null;
    throw new UserError(
      `Cannot judge "${id}": ${cause.message}`,
      `Correct the claim in data/claims, or run the experiment "${artifact}" again. ${cause.remedy}`,
      { cause },
    );
  }
}

/** The groups of rows that a claim is about. */
function groupsOf({ contrast, result }: Predicate): string[] {
  const { group, subject, first, second } = { ...contrast, ...result } as Record<string, string>;
  if (group !== undefined) return [group];
  return subject === undefined ? [] : [first, second];
}

function nameOf({ contrast, result }: Predicate): string {
  return contrast === undefined
    ? `${result!.subject}: ${result!.group} ${result!.metric}`
    : contrastText(contrast);
}

/**
 * The run behind an artifact, in words.
 *
 * @param artifact of any experiment.
 * @returns suite, seeds, and whether it was a quick run.
 */
export function runOf({ suite, settings: { quick, seeds, models } }: Artifact): string {
  const kind = suite.synthetic ? " (synthetic conversations)" : "";
  const extent = quick ? ", quick run: its numbers mean little" : "";
  const made = models?.guard === undefined ? "monitors made of" : "guard beside";
  const model = models === undefined ? "" : `, ${made} ${models.languageModel.model.name}`;
  return `suite ${suite.name}${kind}${model}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}${extent}`;
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
