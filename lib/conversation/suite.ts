/**
 * Suites: what a benchmark trains, calibrates and tests on. `mini` is generated in memory from the scenes in `data/mini`; `mood` is
 * the published data of MOOD, fetched from the Hugging Face hub; any other suite is a folder of files in the row format.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { nearestName, UserError } from "../core/errors.ts";
import { exists, fileError, readText } from "../core/files.ts";
import { hashOf, sha256, sha256OfAll } from "../core/json.ts";
import type { Domain } from "./domains.ts";
import type { Hub, Repository } from "../hub/hub.ts";
import { emptyFile } from "./jsonl.ts";
import { FIRST_QUOTAS, generateMini, MINI_QUOTAS, type Quota } from "./mini.ts";
import { readRows, type Row } from "./row.ts";
import { parseScenes, type Scene, type Split, SPLITS } from "./scenes.ts";
import { SPLIT_FILE, splitFiles } from "./split_files.ts";

/** Which rows a suite is tested on; all, where a field is left out. */
export interface Selection {
  /** Test rows of these domains only. */
  domains?: readonly Domain[];
  /** Test and calibration rows of at most so many tokens. */
  maxLength?: number;
  /** At most so many test rows of every domain, drawn from those that the other two leave. */
  rowsPerDomain?: number;
}

/** A selection, and how many rows its `maxLength` left out. */
export interface AppliedSelection extends Selection {
  /** Rows of the chosen domains that were too long. */
  tooLong?: { calibration: number; test: number };
}

/** What is trained, calibrated and tested on. */
export interface Suite extends Record<Split, Row[]> {
  /** `mini`, `mood`, or the name of its folder. */
  name: string;
  /** Whether the conversations were made up for this project. */
  synthetic: boolean;
  /** SHA-256 over all rows of all splits. */
  hash: string;
  /** Full commit hash of the repository that it comes from, where it comes from the hub. */
  revision?: string;
  /** Which rows it is tested on, where not on all. */
  selection?: AppliedSelection;
}

/** Where {@linkcode loadSuite} gets what is not in the suite's folder. */
export interface SuiteOptions {
  /** Of `mood`: a full commit hash, or a branch. Default {@linkcode MOOD_REVISION}. */
  revision?: string;
  /** Folder of the cache, where downloads are kept. Default `.cache`. */
  cache?: string;
  /** Told which commit a branch stood for, of text that was no Unicode, and of files that were changed in the cache. */
  say?: (message: string) => void;
  /** Whom to ask for `mood`. Default: the hub that the environment names. */
  hub?: Hub;
}

/** Scenes in folders by the version of the suite that they came with. */
const MINI_SCENES = join(import.meta.dirname!, "../../data/mini/scenes");

/** The embedded suite's versions: which scenes each is made of, and how many rows. */
const MINI_VERSIONS: Record<string, { folders: string[]; quotas: readonly Quota[] }> = {
  "mini@1": { folders: ["1"], quotas: FIRST_QUOTAS },
  "mini": { folders: ["1", "2"], quotas: MINI_QUOTAS },
};
const MOOD: Repository = { kind: "dataset", name: "mood-bench/mood-bench" };

/** A branch, not a commit: the hash of MOOD's published revision is not known to this project, and none is made up. */
export const MOOD_REVISION = "main";

/**
 * Loads a suite. A folder holds `train` and `test`, and perhaps `calibration`, each as `.jsonl`, `.jsonl.gz` or `.parquet`, whole
 * or in shards, beside each other or in `data/`. Where there is no calibration split, one training row in seven is set aside for
 * it: those whose id has a SHA-256 that begins with a 32-bit number divisible by 7.
 *
 * @param nameOrFolder `mini`, `mini@1` (as it was before its second version), `mood`, or the path of a folder.
 * @param options where to get what is not in a folder.
 * @returns the suite; throws a {@linkcode UserError} where a file is missing, cannot be had, or a row is bad.
 */
export async function loadSuite(
  nameOrFolder: string,
  options: SuiteOptions = {},
): Promise<Suite> {
  if (nameOrFolder === "mood") return await loadMood(options);
  if (options.revision !== undefined) {
    throw new UserError(
      `Cannot use the revision "${options.revision}": only the suite "mood" has revisions, got "${nameOrFolder}"`,
      "Leave it out, or take the suite mood.",
    );
  }
  if (isEmbedded(nameOrFolder)) return miniSuite(nameOrFolder);
  if (!exists(nameOrFolder)) {
    const remedy = "Give `mini`, `mood`, or the path of a folder with train and test files.";
    const nearest = nearestName(nameOrFolder, ["mini", "mood"]);
    throw new UserError(
      `Cannot load the suite "${nameOrFolder}": there is no such folder`,
      (nearest === undefined ? "" : `Did you mean "${nearest}"? `) + remedy,
    );
  }
  const name = basename(resolve(nameOrFolder));
  const files = listFolder(nameOrFolder);
  const below = files.includes("data") ? listFolder(join(nameOrFolder, "data")) : [];
  const splits = await readSplits(
    nameOrFolder,
    [...files, ...below.map((file) => `data/${file}`)],
    options.say,
  );
  return { name, synthetic: false, ...splits, hash: hashOfSplits(splits) };
}

/**
 * Whether a suite is part of this project.
 *
 * @returns true for `mini` and its earlier versions.
 */
export function isEmbedded(name: string): boolean {
  return Object.hasOwn(MINI_VERSIONS, name);
}

/**
 * Generates the embedded suite.
 *
 * @param name `mini`, or `mini@1`, as it was before its second version.
 * @returns the suite, the same every time.
 */
export function miniSuite(name = "mini"): Suite {
  const { folders, quotas } = MINI_VERSIONS[name];
  const scenes = readScenes(...folders.map((folder) => join(MINI_SCENES, folder)));
  const splits = generateMini(scenes, quotas);
  return { name, synthetic: true, ...splits, hash: hashOfSplits(splits) };
}

async function loadMood(
  { revision = MOOD_REVISION, cache = ".cache", say, hub }: SuiteOptions,
): Promise<Suite> {
  const { downloadSnapshot } = await import("../hub/snapshot.ts"); // its library is large, and seldom needed
  const { folder, commit, paths } = await downloadSnapshot({
    repository: MOOD,
    revision,
    files: SPLIT_FILE,
    cache,
    ...hub && { hub },
    ...say && { say },
  });
  if (commit !== revision) {
    say?.(
      `The suite mood is ${commit}, for which "${revision}" stands now; --revision ${commit} gets the same again, without network.`,
    );
  }
  const splits = await readSplits(folder, paths, say);
  return {
    name: "mood",
    synthetic: false,
    ...splits,
    hash: hashOfSplits(splits),
    revision: commit,
  };
}

/**
 * A smaller suite of the same kinds of rows.
 *
 * @param suite which.
 * @param n one row of so many is kept, of every domain and label of every split.
 * @returns a suite of the same name, with a hash of its own.
 */
export function thinSuite(suite: Suite, n: number): Suite {
  const splits = Object.fromEntries(
    SPLITS.map((split) => [split, thinned(suite[split], n)]),
  ) as Record<Split, Row[]>;
  return { ...suite, ...splits, hash: hashOfSplits(splits) };
}

function thinned(rows: readonly Row[], n: number): Row[] {
  const groups = Map.groupBy(rows, ({ domain, malign }) => `${domain} ${malign}`).values();
  return [...groups].flatMap((group) => group.filter((_, i) => i % n === 0));
}

/**
 * What an artifact says of the suite that it was made with.
 *
 * @param suite which.
 * @returns name, origin and hash, and which rows were chosen, if not all.
 */
export function describeSuite(
  { name, synthetic, hash, revision, selection }: Suite,
): Pick<Suite, "name" | "synthetic" | "hash" | "revision" | "selection"> {
  return {
    name,
    synthetic,
    hash,
    ...revision !== undefined && { revision },
    ...selection && { selection },
  };
}

/**
 * The hash of a suite.
 *
 * @param splits its rows.
 * @returns SHA-256 over all rows of all splits, 64 hexadecimal digits.
 */
export function hashOfSplits(splits: Record<Split, readonly Row[]>): string {
  return hashOf(SPLITS.map((split) => sha256OfAll(Iterator.from(splits[split]).map(lineOf))));
}

/**
 * The rows of a split as a JSON Lines file holds them.
 *
 * @param rows the rows.
 * @returns one line a row; what the hashes of a suite are taken of.
 */
export function toJsonl(rows: readonly Row[]): string {
  return rows.map(lineOf).join("");
}

function lineOf(row: Row): string {
  return JSON.stringify(row) + "\n";
}

/**
 * Reads every file of scenes in a folder.
 *
 * @param folder where the `.scenes` files are.
 * @returns all scenes, file after file in the order of their names; throws a {@linkcode UserError} at the first fault, or
 * where two files have the same scene of a domain.
 */
export function readScenes(...folders: string[]): Scene[] {
  const scenes = folders.flatMap((folder) => {
    const names = listFolder(folder).filter((name) => name.endsWith(".scenes")).sort();
    return names.flatMap((name) => parseScenes(name, readText(join(folder, name))));
  });
  const seen = new Set<string>();
  for (const { domain, name } of scenes) {
    if (seen.has(`${domain}/${name}`)) {
      throw new UserError(
        `Cannot read "${folders.join('", "')}": two files have a scene "${name}" of ${domain}`,
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

async function readSplits(
  folder: string,
  paths: readonly string[],
  say?: (message: string) => void,
): Promise<Record<Split, Row[]>> {
  const files = splitFiles(folder, paths);
  const read = async (split: Split): Promise<Row[]> => {
    const shards: Row[][] = [];
    for (const path of files[split]) shards.push(await readRows(join(folder, path), say));
    const rows = shards.flat(); // one shard may be empty, not all
    if (rows.length === 0 && files[split].length > 0) {
      throw emptyFile(join(folder, files[split][0]));
    }
    return rows;
  };
  const [train, calibration, test] = [
    await read("train"),
    await read("calibration"),
    await read("test"),
  ];
  const isAside = ({ id }: Row) => parseInt(sha256(id).slice(0, 8), 16) % 7 === 0;
  const aside = files.calibration.length > 0 ? 0 : train.filter(isAside).length;
  if (aside > 0) {
    say?.(
      `The suite has no calibration file: ${aside} of its ${train.length} training rows, one in seven by the hash of ` +
        "their ids, are set aside for calibration and not trained on.",
    );
  }
  const splits = files.calibration.length > 0 ? { train, calibration, test } : {
    train: train.filter((row) => !isAside(row)),
    calibration: train.filter(isAside),
    test,
  };
  checkIds(folder, splits);
  return splits;
}

function checkIds(folder: string, splits: Record<Split, Row[]>): void {
  const splitOf = new Map<string, Split>();
  for (const split of SPLITS) {
    for (const { id } of splits[split]) {
      const other = splitOf.get(id);
      if (other !== undefined) {
        const where = other === split ? `${split} twice` : `${other} and in ${split}`;
        throw new UserError(
          `Cannot load the suite "${folder}": the id "${id}" stands in ${where}`,
          "Give every row its own id, and no row to two splits.",
        );
      }
      splitOf.set(id, split);
    }
  }
}
