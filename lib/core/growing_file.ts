/**
 * A file that is written piece by piece over a long time. It grows as `NAME.partial`; beside it,
 * `NAME.partial.json` says how far it is, after every piece. A killed run therefore leaves what is
 * clearly partial, and the next one continues after the last whole piece. The finished file gets
 * its name.
 *
 * @module
 */
import { createReadStream, createWriteStream } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UserError } from "./errors.ts";
import {
  exists,
  fileError,
  makeFolder,
  readText,
  removeIfPresent,
  writeFileAtomic,
} from "./files.ts";

/** A file being written; disposing of it closes it, and leaves what is partial for the next run. */
export interface GrowingFile<State> extends Disposable {
  /** What an earlier run saved with its last whole piece; undefined where there was none. */
  readonly saved: State | undefined;
  /**
   * Adds a piece.
   *
   * @param text what to add.
   * @param state how far the work has come with it, as JSON data.
   */
  append(text: string, state: State): void;
  /** Gives the file its name, and compresses it where that ends in `.gz`. */
  finish(): Promise<void>;
}

/** Options of {@linkcode openGrowingFile}. */
export interface GrowingFileOptions {
  /** Hash of all that the content depends on; a partial file with another hash is not continued. */
  key: string;
  /** Whether to replace what is there: the finished file, and a partial one of another key. */
  overwrite: boolean;
}

/** How far a partial file is. */
interface Mark<State> {
  key: string;
  bytes: number;
  state: State;
}

/**
 * Begins a file, or continues one that was begun.
 *
 * @param path of the file to be.
 * @param options what it depends on, and whether it may replace another.
 * @returns the file; throws a {@linkcode UserError} where there is a file already, something else
 * was begun, another process is writing it, or the system refuses.
 */
export function openGrowingFile<State>(
  path: string,
  { key, overwrite }: GrowingFileOptions,
): GrowingFile<State> {
  const [partial, markPath] = [`${path}.partial`, `${path}.partial.json`];
  if (exists(path) && (!overwrite || Deno.statSync(path).isDirectory)) {
    throw new UserError(
      `Cannot write "${path}": it exists`,
      "Choose another output, or replace it, if it is a file, with --overwrite.",
    );
  }
  makeFolder(dirname(path));
  const file = attempt(path, () => Deno.openSync(partial, { create: true, write: true }));
  const refuse = (why: string, remedy: string) => {
    file.close();
    throw new UserError(`Cannot write "${path}": ${why}`, remedy);
  };
  if (!file.tryLockSync(true)) {
    refuse("another process is writing it", "Wait for it, or choose another output.");
  }
  let mark = readMark<State>(markPath, file.statSync().size);
  if (mark !== undefined && mark.key !== key) {
    if (!overwrite) {
      refuse(
        `"${partial}" was begun with another monitor or other settings`,
        "Go on with those, or begin anew with --overwrite.",
      );
    }
    mark = undefined;
  }
  let bytes = mark?.bytes ?? 0;
  attempt(path, () => {
    file.truncateSync(bytes); // a piece whose mark was not saved is written again
    file.seekSync(bytes, Deno.SeekMode.Start);
  });
  return {
    saved: mark?.state,
    append(text, state) {
      const piece = new TextEncoder().encode(text);
      attempt(path, () => {
        for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
      });
      bytes += piece.length;
      writeFileAtomic(markPath, JSON.stringify({ key, bytes, state }));
    },
    async finish() {
      if (path.endsWith(".gz")) await compress(partial, path);
      else attempt(path, () => Deno.renameSync(partial, path));
      [partial, markPath].forEach(removeIfPresent);
    },
    [Symbol.dispose]() {
      file.close();
      if (bytes === 0) [partial, markPath].forEach(removeIfPresent);
    },
  };
}

/** The mark of an earlier run, unless it is damaged or says more than the file holds. */
function readMark<State>(path: string, size: number): Mark<State> | undefined {
  if (!exists(path)) return undefined;
  try {
    const mark: Mark<State> = JSON.parse(readText(path));
    return mark.bytes <= size ? mark : undefined;
  } catch {
    return undefined;
  }
}

async function compress(from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await pipeline(createReadStream(from), createGzip(), createWriteStream(temporary));
    Deno.renameSync(temporary, to);
  } catch (error) {
    removeIfPresent(temporary);
    throw fileError("write", to, error);
  }
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileError("write", path, error);
  }
}
