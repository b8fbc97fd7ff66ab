/**
 * A content-addressed cache of folders: an entry is built under a temporary name, gets a manifest
 * with the hash of every file, and is renamed into place, so that a killed or concurrent run leaves
 * either a whole entry or none; what a killed run left of one is swept by the next. An entry that does not match its manifest is rebuilt, with a
 * warning.
 *
 * @module
 */
import { join } from "node:path";
import {
  exists,
  fileError,
  readBytes,
  readText,
  removeIfPresent,
  writeFileAtomic,
} from "./files.ts";
import { hashOf, sha256 } from "./json.ts";
import { openTemporaryFolder, sweepTemporaryFolders } from "./temporary_folder.ts";

const MANIFEST = "manifest.json";

/** Where results of long work are kept between runs. */
export interface Cache {
  /** The folder that holds all entries. */
  readonly root: string;
  /**
   * The folder of a result, built now if it is not there.
   *
   * @param kind what it is, a plain word: `guard`, `signals`.
   * @param parts all that the result depends on (settings, hashes of inputs), as JSON data.
   * @param build writes the result into the given folder. A second folder, `scratch`, keeps its
   * files from one killed attempt to the next; it is where a long build saves its state.
   * @returns the path of the finished folder; throws what `build` throws, and a `UserError` where
   * the system refuses.
   */
  entry(
    kind: string,
    parts: unknown,
    build: (folder: string, scratch: string) => Promise<void> | void,
  ): Promise<string>;
  /**
   * The folder of a result that is there. Its files are not looked into: a damaged one counts, and is rebuilt when it is used.
   *
   * @param kind what it is.
   * @param parts all that it depends on.
   * @returns its path, or undefined where it is still to be built.
   */
  find(kind: string, parts: unknown): string | undefined;
}

/**
 * Opens a cache.
 *
 * @param root its folder; made when the first entry is.
 * @param warn is told in one sentence when an entry was damaged and is rebuilt.
 */
export function openCache(root: string, warn: (message: string) => void = () => {}): Cache {
  let swept = false;
  const folderOf = (kind: string, parts: unknown) => join(root, kind, hashOf(parts).slice(0, 24));
  return {
    root,
    find(kind, parts) {
      const folder = folderOf(kind, parts);
      return exists(folder) ? folder : undefined;
    },
    async entry(kind, parts, build) {
      const folder = folderOf(kind, parts);
      if (exists(folder)) {
        const damage = damageOf(folder);
        if (damage === undefined) return folder;
        warn(`Cache entry "${folder}" is damaged (${damage}); it is rebuilt.`);
        removeIfPresent(folder);
      }
      if (!swept) sweepTemporaryFolders(root, 1);
      swept = true;
      using temporary = openTemporaryFolder(folder);
      const { path } = temporary;
      const scratch = `${folder}.scratch`;
      await build(path, scratch);
      temporary.disown();
      writeFileAtomic(join(path, MANIFEST), JSON.stringify(hashFiles(path)));
      moveIntoPlace(path, folder);
      removeIfPresent(scratch);
      return folder;
    },
  };
}

/** Renames; where another run has put the same entry there first, ours is left to be dropped. */
function moveIntoPlace(temporary: string, folder: string): void {
  try {
    Deno.renameSync(temporary, folder);
  } catch (error) {
    if (!exists(folder)) throw fileError("write", folder, error);
  }
}

function hashFiles(folder: string): Record<string, string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((n) => n !== MANIFEST);
  return Object.fromEntries(names.sort().map((n) => [n, sha256(readBytes(join(folder, n)))]));
}

/** What is wrong with an entry, or undefined when it matches its manifest. */
function damageOf(folder: string): string | undefined {
  try {
    const manifest: Record<string, string> = JSON.parse(readText(join(folder, MANIFEST)));
    const found = hashFiles(folder);
    const names = new Set([...Object.keys(manifest), ...Object.keys(found)]);
    const bad = [...names].find((name) => manifest[name] !== found[name]);
    return bad === undefined ? undefined : `"${bad}" is missing or changed`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
