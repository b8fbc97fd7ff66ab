/**
 * Suites: what a benchmark trains, calibrates and tests on. `mini` is generated in memory from the scenes in
 * `data/mini`; any other suite is a folder of files in the row format.
 *
 * @module
 */
import { join } from "node:path";
import { nearestName, UserError } from "../core/errors.ts";
import { exists, fileError, readText } from "../core/files.ts";
import { hashOf, sha256 } from "../core/json.ts";
import { generateMini } from "./mini.ts";
import { readRows, type Row } from "./row.ts";
import { parseScenes, type Scene, type Split, SPLITS } from "./scenes.ts";

/** What is trained, calibrated and tested on. */
export interface Suite extends Record<Split, Row[]> {
  /** `mini`, or the name of its folder. */
  name: string;
  /** Whether the conversations were made up for this project. */
  synthetic: boolean;
  /** SHA-256 over all rows of all splits. */
  hash: string;
}

const MINI_SCENES = join(import.meta.dirname!, "../../data/mini/scenes");

/**
 * Loads a suite. A folder holds `train` and `test`, and perhaps `calibration`, each as `.jsonl` or `.jsonl.gz`.
 * Where it has no calibration split, one training row in seven is set aside for it: those whose id has a SHA-256
 * that begins with a 32-bit number divisible by 7.
 *
 * @param nameOrFolder `mini` or the path of a folder.
 * @returns the suite; throws a {@linkcode UserError} where a file is missing or a row is bad.
 */
export function loadSuite(nameOrFolder: string): Suite {
  if (nameOrFolder === "mini") {
    return withHash("mini", true, generateMini(readScenes(MINI_SCENES)));
  }
  if (!exists(nameOrFolder)) {
    const remedy = "Give `mini` or the path of a folder with train.jsonl and test.jsonl.";
    const meant = nearestName(nameOrFolder, ["mini"]) === undefined ? "" : 'Did you mean "mini"? ';
    throw new UserError(
      `Cannot load the suite "${nameOrFolder}": there is no such folder`,
      meant + remedy,
    );
  }
  const splits = readSplits(nameOrFolder);
  checkIds(nameOrFolder, splits);
  const name = nameOrFolder.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1)!;
  return withHash(name, false, splits);
}

/**
 * The rows of a split as a JSON Lines file holds them.
 *
 * @param rows the rows.
 * @returns one line a row; what the hashes of a suite are taken of.
 */
export function toJsonl(rows: readonly Row[]): string {
  return rows.map((row) => JSON.stringify(row) + "\n").join("");
}

/**
 * Reads every file of scenes in a folder.
 *
 * @param folder where the `.scenes` files are.
 * @returns all scenes, file after file in the order of their names; throws a {@linkcode UserError} at the first fault, or
 * where two files have the same scene of a domain.
 */
export function readScenes(folder: string): Scene[] {
  const names = listFolder(folder).filter((name) => name.endsWith(".scenes")).sort();
  const scenes = names.flatMap((name) => parseScenes(name, readText(join(folder, name))));
  const seen = new Set<string>();
  for (const { domain, name } of scenes) {
    if (seen.has(`${domain}/${name}`)) {
      throw new UserError(
        `Cannot read "${folder}": two files have a scene "${name}" of ${domain}`,
        "Rename one of them.",
      );
    }
    seen.add(`${domain}/${name}`);
  }
  return scenes;
}

function listFolder(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    throw fileError("read", folder, error);
  }
}

function readSplits(folder: string): Record<Split, Row[]> {
  const files = listFolder(folder);
  const fileOf = (split: Split) =>
    files.find((name) => name.startsWith(`${split}.jsonl`) && /\.jsonl(\.gz)?$/.test(name));
  const read = (split: Split): Row[] => {
    const file = fileOf(split);
    if (file !== undefined) return readRows(join(folder, file));
    throw new UserError(
      `Cannot load the suite "${folder}": it has no ${split}.jsonl or ${split}.jsonl.gz`,
      `It holds ${files.sort().join(", ") || "nothing"}; a suite has a train and a test file.`,
    );
  };
  const [train, test] = [read("train"), read("test")];
  if (fileOf("calibration") !== undefined) return { train, calibration: read("calibration"), test };
  const setAside = (row: Row) => parseInt(sha256(row.id).slice(0, 8), 16) % 7 === 0;
  return {
    train: train.filter((row) => !setAside(row)),
    calibration: train.filter(setAside),
    test,
  };
}

function checkIds(folder: string, splits: Record<Split, Row[]>): void {
  const splitOf = new Map<string, Split>();
  for (const split of SPLITS) {
    for (const { id } of splits[split]) {
      const other = splitOf.get(id);
      if (other !== undefined) {
        throw new UserError(
          `Cannot load the suite "${folder}": the id "${id}" stands in ${other} and in ${split}`,
          "Give every row its own id, and no row to two splits.",
        );
      }
      splitOf.set(id, split);
    }
  }
}

function withHash(name: string, synthetic: boolean, splits: Record<Split, Row[]>): Suite {
  const hash = hashOf(SPLITS.map((split) => sha256(toJsonl(splits[split]))));
  return { name, synthetic, ...splits, hash };
}
