/**
 * Folders that last no longer than their owner: `NAME.tmp-XXXXXXXX`, with a file `.owner` in them that the owning process
 * holds locked. The system lets go of the lock when the process ends, however it ends, so that a later run can tell what a
 * killed one has left from what another is still writing; a process number could by then be another process's.
 *
 * @module
 */
import { join } from "node:path";
import { exists, fileError, makeFolder, removeIfPresent } from "./files.ts";
import { onInterruption } from "./interruption.ts";
import { soleTemporary } from "./output_names.ts";

const OWNER = ".owner";
const NAME = /\.tmp-[0-9a-f]{8}$/;

/** Between making and locking there is a moment, which is over after so many milliseconds. */
const HELD = 100;

/** Without a mark of its owner, a folder is taken as left behind after so many: one is about to be put into place, and earlier versions set no mark. */
const UNMARKED = 60 * 60_000;

/** A file is written within so many milliseconds, after which its temporary name is left behind. */
const WRITTEN = 60_000;

/** Where only one process writes, what has no mark is put into place within so many milliseconds, or was left behind. */
const PUT = 2000;

/** A folder of this process, to be held with `using`, which removes it. */
export interface TemporaryFolder extends Disposable {
  /** Where it is. */
  readonly path: string;
  /** Takes the mark of its owner off, so that it holds what was put in it and nothing else. */
  disown(): void;
}

/**
 * Makes a folder.
 *
 * @param stem path to which the rest of its name is added.
 * @param path its name, where only one process at a time can make it. Default: one that nobody else draws.
 * @returns the folder; throws a `UserError` where the system refuses.
 */
export function openTemporaryFolder(
  stem: string,
  path: string = `${stem}.tmp-${crypto.randomUUID().slice(0, 8)}`,
): TemporaryFolder {
  makeFolder(path);
  const owner = join(path, OWNER);
  const file = attempt(owner, () => Deno.openSync(owner, { createNew: true, write: true }));
  let held = true;
  file.tryLockSync(true);
  const disown = () => {
    if (!held) return;
    held = false;
    file.close();
    removeIfPresent(owner);
  };
  const remove = () => {
    disown();
    removeIfPresent(path);
  };
  const interruption = onInterruption(remove);
  return {
    path,
    disown,
    [Symbol.dispose]() {
      interruption[Symbol.dispose]();
      remove();
    },
  };
}

/**
 * Removes the temporary folders in a folder whose owner is gone; other runs' are left alone.
 *
 * @param folder which; nothing happens where it is missing or cannot be read.
 * @param depth how many floors of folders below it are swept too. Default 0.
 */
export function sweepTemporaryFolders(folder: string, depth = 0): void {
  for (const { name, isDirectory } of entriesOf(folder)) {
    if (!isDirectory) continue;
    const path = join(folder, name);
    if (!NAME.test(name)) {
      if (depth > 0) sweepTemporaryFolders(path, depth - 1);
      continue;
    }
    if (!isAbandoned(path)) continue;
    try {
      removeIfPresent(path);
    } catch {
      // another run sweeps it too, or it is another user's: it does no harm
    }
  }
}

/**
 * Removes what killed runs have left of a folder that one process at a time writes, under its {@linkcode soleTemporary}.
 *
 * @param path of the folder to be.
 * @returns whether nothing is left: another process is writing it otherwise.
 */
export function sweepLeftovers(path: string): boolean {
  const left = soleTemporary(path);
  if (isAbandoned(left, PUT)) removeIfPresent(left);
  return !exists(left);
}

/**
 * Removes what killed runs have left of files that they were writing into a folder of ours.
 *
 * @param folder which; nothing happens where it is missing.
 */
export function sweepTemporaryFiles(folder: string): void {
  for (const { name, isFile } of entriesOf(folder)) {
    const path = join(folder, name);
    if (isFile && NAME.test(name) && isOld(path, WRITTEN)) removeIfPresent(path);
  }
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return []; // whoever needs the folder says what is wrong
  }
}

function isAbandoned(path: string, unmarked = UNMARKED): boolean {
  try {
    using file = Deno.openSync(join(path, OWNER), { write: true });
    return file.tryLockSync(true) && isOld(path, HELD);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
    return isOld(path, unmarked);
  }
}

function isOld(path: string, age: number): boolean {
  try {
    const { mtime } = Deno.statSync(path);
    return mtime !== null && Date.now() - mtime.getTime() > age;
  } catch {
    return false;
  }
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileError("write", path, error);
  }
}
