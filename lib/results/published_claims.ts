/**
 * All claims in `data/claims/`, judged by the artifacts of a folder.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readText } from "../core/files.ts";
import { parseArtifact } from "./artifact.ts";
import { type Claim, readClaims } from "./claim.ts";
import { judgeClaim, type JudgedClaim } from "./claims.ts";

const FOLDER = join(import.meta.dirname!, "../../data/claims");

/** In the order in which they are shown; claims about benign twins and about our own fusion are none of the papers'. */
const FILES = ["mood", "fine", "repair", "twins", "ours"];

/**
 * Reads the claims of both papers and our own.
 *
 * @returns file by file, in each one's order.
 */
export function publishedClaims(): Claim[] {
  return FILES.flatMap((file) => readClaims(join(FOLDER, `${file}.json`)));
}

/**
 * Judges every published claim.
 *
 * @param folder of artifacts; a claim whose artifact is not there is not evaluated.
 * @param without names of experiments whose artifacts are left aside. Default none.
 * @returns the claims with their verdicts; throws a `UserError` at a broken artifact, or where one that is there has nothing of
 * the name that a claim is about.
 */
export function judgeClaims(folder: string, without: readonly string[] = []): JudgedClaim[] {
  return publishedClaims().map((claim) => {
    const { artifact: name } = claim.predicate;
    const path = join(folder, `${name}.json`);
    return judgeClaim(
      claim,
      exists(path) && !without.includes(name)
        ? parseArtifact(path, { name }, readText(path))
        : undefined,
    );
  });
}
