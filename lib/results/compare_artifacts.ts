/**
 * Comparing artifacts with those of a fresh run.
 *
 * @module
 */
import { canonicalJson } from "../core/json.ts";
import type { Artifact } from "../experiment/experiment.ts";

/** How an artifact compares with its recomputation. */
export interface ArtifactCheck {
  /** Whether they agree: byte for byte, or within the stated intervals. */
  agrees: boolean;
  /** What was compared and found, one sentence. */
  finding: string;
}

/**
 * Compares an artifact with its recomputation: byte for byte where the arithmetic is the same, and else within
 * the stated 95% intervals, since other kernels round differently.
 *
 * @param committed text of the artifact that is to be verified.
 * @param fresh text of the one just made.
 * @returns whether they agree.
 */
export function compareArtifacts(committed: string, fresh: string): ArtifactCheck {
  if (committed === fresh) return { agrees: true, finding: "identical to the last byte" };
  const [before, now]: Artifact[] = [committed, fresh].map((text) => JSON.parse(text));
  const inputs = ({ suite, settings }: Artifact) => canonicalJson({ suite, settings });
  if (inputs(before) !== inputs(now)) {
    return { agrees: false, finding: "made from another suite or with other settings" };
  }
  if (before.kernels === now.kernels) {
    const place = firstDifference(before.findings, now.findings, "findings") ?? "the order of keys";
    return { agrees: false, finding: `differs at ${place}, though the arithmetic is the same` };
  }
  const outside = outsideIntervals(before.findings, now.findings, "findings");
  const [first] = outside;
  return first === undefined
    ? { agrees: true, finding: "other arithmetic: every estimate lies within its 95% interval" }
    : {
      agrees: false,
      finding:
        `other arithmetic: ${outside.length} estimates outside their 95% interval, first ${first}`,
    };
}

function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return a === b ? undefined : `${path} (${JSON.stringify(a)} against ${JSON.stringify(b)})`;
  }
  const [p, q] = [a, b] as Record<string, unknown>[];
  for (const key of new Set([...Object.keys(p), ...Object.keys(q)])) {
    const found = firstDifference(p[key], q[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
}

/** Paths of all estimates in `now` that lie outside the interval that `before` states for them. */
function outsideIntervals(before: unknown, now: unknown, path: string): string[] {
  if (typeof before !== "object" || before === null || typeof now !== "object" || now === null) {
    return [];
  }
  const [p, q] = [before, now] as Record<string, unknown>[];
  if (typeof p.estimate === "number" && typeof p.low === "number" && typeof p.high === "number") {
    const value = q.estimate;
    return typeof value === "number" && value >= p.low && value <= p.high ? [] : [path];
  }
  return Object.keys(p).flatMap((key) => outsideIntervals(p[key], q[key], `${path}.${key}`));
}
