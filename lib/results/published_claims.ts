/**
 * All claims in `data/claims/`, judged by the artifacts of a folder.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readText } from "../core/files.ts";
import { type Claim, judgeClaim, type JudgedClaim, readClaims } from "./claims.ts";
import { parseArtifact } from "./compare_artifacts.ts";

const FOLDER = join(import.meta.dirname!, "../../data/claims");

/** In the order in which they are shown. */
const PAPERS = ["mood", "fine"];

/**
 * Reads the claims of both papers.
 *
 * @returns paper by paper, in each file's order.
 */
export function publishedClaims(): Claim[] {
  return PAPERS.flatMap((paper) => readClaims(join(FOLDER, `${paper}.json`)));
}

/**
 * Judges every published claim.
 *
 * @param folder of artifacts; a claim whose artifact is not there is not evaluated.
 * @returns the claims with their verdicts; throws a `UserError` at a broken artifact.
 */
export function judgeClaims(folder: string): JudgedClaim[] {
  return publishedClaims().map((claim) => {
    const { artifact } = claim.predicate;
    const path = join(folder, `${artifact}.json`);
    return judgeClaim(
      claim,
      exists(path) ? parseArtifact(path, artifact, readText(path)) : undefined,
    );
  });
}
