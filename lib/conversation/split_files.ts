/**
 * Which files of a suite hold which split: `train.jsonl`, `test.jsonl.gz`, `train.parquet`, or shards as the hub names them,
 * `data/train-00000-of-00002.parquet`.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { type Split, SPLITS } from "./scenes.ts";

/** Matches the path of a file of a split, in the suite's folder or in `data/` below it. */
export const SPLIT_FILE =
  /^(?:data\/)?(train|calibration|test)(?:-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?)?\.(?:jsonl|jsonl\.gz|parquet)$/;

/**
 * Finds the files of every split.
 *
 * @param suite what to call it in errors.
 * @param paths of files in it, with `/` between their parts.
 * @returns of every split its files, shards in their order, none where there is no calibration; throws a
 * {@linkcode UserError} where train or test, or a shard, is missing, or there are several of one.
 */
export function splitFiles(suite: string, paths: readonly string[]): Record<Split, string[]> {
  const files: Record<Split, string[]> = { train: [], calibration: [], test: [] };
  for (const path of [...paths].sort()) {
    const split = SPLIT_FILE.exec(path)?.[1] as Split | undefined;
    if (split !== undefined) files[split].push(path);
  }
  for (const split of SPLITS) {
    if (files[split].length > 0) requireOneSet(suite, split, files[split]);
    else if (split !== "calibration") throw missingSplit(suite, split, paths);
  }
  return files;
}

/** One file, or every shard of one set. */
function requireOneSet(suite: string, split: Split, found: readonly string[]): void {
  const shards = found.map((path) => SPLIT_FILE.exec(path)!.slice(2, 4).map(Number));
  const [, count] = shards[0]; // NaN where it is no shard
  if (found.length === 1 && Number.isNaN(count)) return;
  const isSet = found.length === count &&
    shards.every(([number, of], i) => number === i && of === count);
  if (isSet) return;
  throw new UserError(
    `Cannot load the suite "${suite}": ${split} must be one file or all shards of one, got ${
      found.join(", ")
    }`,
    "Add the missing shards, or take away what is too much.",
  );
}

function missingSplit(suite: string, split: Split, paths: readonly string[]): UserError {
  return new UserError(
    `Cannot load the suite "${suite}": it has no ${split}.jsonl, ${split}.jsonl.gz or ${split}.parquet`,
    `It holds ${[...paths].sort().join(", ") || "nothing"}; a suite has a train and a test file.`,
  );
}
