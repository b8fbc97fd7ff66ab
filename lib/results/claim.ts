/**
 * What a published claim is, and the files in `data/claims/` that hold them.
 *
 * @module
 */
import { z } from "zod";
import { nearestName, UserError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { checked } from "../core/schema.ts";
import type { ContrastName, Measured } from "../evaluation/findings.ts";

/** What decides a claim: a figure or a contrast, and the open range in which it must lie. */
export interface Predicate {
  /** Name of the experiment whose artifact holds it. */
  artifact: string;
  /** A paired difference among `findings.contrasts`. */
  contrast?: ContrastName | undefined;
  /** Instead of a contrast, one figure among `findings.results`. */
  result?: Measured | undefined;
  /** Lower end of the range, a share; none if absent. */
  above?: number | undefined;
  /** Upper end of the range, a share; none if absent. */
  below?: number | undefined;
}

/** A published claim. */
export interface Claim {
  /** Short name, once in a file. */
  id: string;
  /** One sentence. */
  claim: string;
  /** Where it stands in the paper, and the figures behind it. */
  where: string;
  /** The published value of the predicate's figure or contrast, a share; null where none is known. */
  published: number | null;
  /** What decides it. */
  predicate: Predicate;
}

const text = z.string("must be text").regex(/\S/, "must be text");
const IS_SHARE = "must be a share from -1 to 1";
const share = z.number(IS_SHARE).min(-1, IS_SHARE).max(1, IS_SHARE);

/** An object with no other fields than these: what nobody reads was meant for something. */
function only<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return "must be an object";
      const [field] = issue.keys;
      const nearest = nearestName(field, Object.keys(shape));
      return `must have no field "${field}"${nearest ? ` (did you mean "${nearest}"?)` : ""}`;
    },
  });
}

const contrast: z.ZodType<ContrastName> = z.union(
  [
    only({ first: text, second: text, group: text, metric: text }),
    only({ subject: text, first: text, second: text, metric: text }),
    only({ title: text, group: text, metric: text }),
  ],
  "must name first, second, group and metric, or subject, first, second and metric, or title, group and metric",
);

const predicate: z.ZodType<Predicate> = only({
  artifact: text,
  contrast: contrast.optional(),
  result: only({ subject: text, group: text, metric: text }).optional(),
  above: share.optional(),
  below: share.optional(),
}).refine(
  ({ contrast, result }) => (contrast === undefined) !== (result === undefined),
  "must have either a contrast or a result",
).refine(
  ({ above, below }) => above !== undefined || below !== undefined,
  'must say "above" or "below" what',
).refine(
  ({ above = -Infinity, below = Infinity }) => above < below,
  'must have an "above" that is less than "below"',
);

const claim: z.ZodType<Claim> = only({
  id: text,
  claim: text,
  where: text,
  published: share.nullable(),
  predicate,
});

const REMEDY = "Correct the file; lib/results/claim.ts says what a claim holds.";

/**
 * Reads claims.
 *
 * @param path a JSON file with a list of them.
 * @returns the claims; throws a {@linkcode UserError} that names the claim and field that is wrong.
 */
export function readClaims(path: string): Claim[] {
  const entries = checked(
    z.array(z.unknown(), "must hold a list of claims").min(1, "must hold a list of claims"),
    parseJson(readText(path), path),
    `Cannot read "${path}"`,
    REMEDY,
  );
  const claims = entries.map((entry, i) =>
    checked(claim, entry, `Cannot read "${path}" claim ${i + 1}`, REMEDY)
  );
  const repeated = claims.find(({ id }, i) => claims.findIndex((other) => other.id === id) < i);
  if (repeated !== undefined) {
    throw new UserError(
      `Cannot read "${path}": every id must stand once, got "${repeated.id}" twice`,
      REMEDY,
    );
  }
  return claims;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(
      `Cannot read "${path}": ${(cause as Error).message}`,
      "Correct the file; it must be JSON.",
      { cause },
    );
  }
}
