/**
 * A file that is written piece by piece over a long time. It grows as `NAME.partial`; beside it,
 * `NAME.partial.json` says how far it is, after every piece, with a SHA-256 of what is written and
 * of itself. A killed run therefore leaves what is clearly partial, and the next one continues after
 * the last whole piece, or begins anew where the hashes do not agree. The finished file gets its
 * name. What is not recognisably of this kind, and what is behind a link, is never written to.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UserError } from "./errors.ts";
import {
  fileError,
  makeFolder,
  readText,
  removeIfPresent,
  writeFileAtomic,
  writing,
} from "./files.ts";
import { onInterruption } from "./interruption.ts";
import { hashOf } from "./json.ts";
import { markOf as markPathOf, partialOf, soleTemporary } from "./output_names.ts";

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
  /** Told why a file that was begun is begun anew. */
  say?: (message: string) => void;
}

/** By what a mark is known as ours. */
const FORMAT = "growing file 1";

/** How far a partial file is. */
interface Mark<State> {
  format: typeof FORMAT;
  key: string;
  bytes: number;
  /** SHA-256 of so many bytes of the file. */
  content: string;
  state: State;
}

/** A mark with its own hash, as it is written. */
interface SealedMark<State> extends Mark<State> {
  seal: string;
}

/**
 * Throws a {@linkcode UserError} where a file that is to be written is there.
 *
 * @param path of the file.
 * @param overwrite whether it may be replaced; a folder may not.
 */
export function refuseExisting(path: string, overwrite: boolean): void {
  if (infoOf(path) === undefined || (overwrite && !isFolder(path))) return;
  throw new UserError(
    `Cannot write "${path}": it exists`,
    "Choose another output, or replace it, if it is a file, with --overwrite.",
  );
}

/**
 * Begins a file, or continues one that was begun.
 *
 * @param path of the file to be.
 * @param options what it depends on, and whether it may replace another.
 * @returns the file; throws a {@linkcode UserError} where there is a file already, something else
 * was begun, what stands in the way is not of this kind, another process is writing it, or the
 * system refuses.
 */
export function openGrowingFile<State>(
  path: string,
  { key, overwrite, say = () => {} }: GrowingFileOptions,
): GrowingFile<State> {
  const [partial, markPath] = [partialOf(path), markPathOf(path)];
  refuseExisting(path, overwrite);
  makeFolder(dirname(path));
  const sealed = markOf<State>(path, markPath);
  const began = infoOf(partial);
  const isOurs = began === undefined || (began.isFile && (began.size === 0 || sealed));
  if (!isOurs) throw strangers(path, partial);
  const file = writing(
    path,
    () => Deno.openSync(partial, { read: true, write: true, createNew: began === undefined }),
  );
  const refuse = (why: string, remedy: string) => {
    file.close();
    throw new UserError(`Cannot write "${path}": ${why}`, remedy);
  };
  if (!file.tryLockSync(true)) {
    refuse("another process is writing it", "Wait for it, or choose another output.");
  }
  [path, markPath].map(soleTemporary).forEach(removeIfPresent); // nobody else writes here now
  if (sealed !== undefined && sealed.key !== key && !overwrite) {
    refuse(
      `"${partial}" was begun with another monitor or other settings`,
      "Go on with those, or begin anew with --overwrite.",
    );
  }
  let mark = sealed?.key === key ? sealed : undefined;
  let hash = createHash("sha256");
  if (mark !== undefined) {
    const { bytes, content } = mark;
    const written = isSealed(mark) ? writing(path, () => hashOfFront(file, bytes)) : undefined;
    if (written !== undefined && written.copy().digest("hex") === content) {
      hash = written;
    } else {
      say(`What an earlier run left of "${path}" was changed since; it is made again.`);
      mark = undefined;
    }
  }
  let bytes = mark?.bytes ?? 0;
  writing(path, () => {
    file.truncateSync(bytes); // a piece whose mark was not saved is written again
    file.seekSync(bytes, Deno.SeekMode.Start);
  });
  const save = (state: State | null) => {
    const content = hash.copy().digest("hex");
    const mark: Mark<State | null> = { format: FORMAT, key, bytes, content, state };
    const sealed = JSON.stringify({ ...mark, seal: sealOf(mark) });
    writeFileAtomic(markPath, sealed, soleTemporary(markPath));
  };
  if (bytes === 0) save(null); // so that a torn first piece is known as ours too
  const close = () => {
    file.close();
    if (bytes === 0) [partial, markPath].forEach(removeIfPresent);
  };
  const interruption = onInterruption(close);
  return {
    saved: bytes > 0 ? mark?.state : undefined,
    append(text, state) {
      const piece = new TextEncoder().encode(text);
      writing(path, () => {
        for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
      });
      hash.update(piece);
      bytes += piece.length;
      save(state);
    },
    async finish() {
      if (path.endsWith(".gz")) await compress(partial, path);
      else writing(path, () => Deno.renameSync(partial, path));
      [partial, markPath].forEach(removeIfPresent);
    },
    [Symbol.dispose]() {
      interruption[Symbol.dispose]();
      close();
    },
  };
}

/** What stands at a path, be it a link; undefined where there is nothing. */
function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    throw fileError("look at", path, error);
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // a link to nothing, which is replaced as a file is
  }
}

function strangers(path: string, other: string): UserError {
  return new UserError(
    `Cannot write "${path}": it would grow as "${other}", which is there and was not written by this task`,
    "Choose another output, or move that file away.",
  );
}

/** The mark of an earlier run, whether it is damaged or not; refuses what is no mark. */
function markOf<State>(path: string, markPath: string): SealedMark<State> | undefined {
  const info = infoOf(markPath);
  if (info === undefined) return undefined;
  if (!info.isFile) throw strangers(path, markPath);
  try {
    const mark: SealedMark<State> = JSON.parse(readText(markPath));
    if (mark.format === FORMAT) return mark;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw strangers(path, markPath);
}

function sealOf({ format, key, bytes, content, state }: Mark<unknown>): string {
  return hashOf({ format, key, bytes, content, state });
}

function isSealed(mark: SealedMark<unknown>): boolean {
  try {
    return mark.seal === sealOf(mark);
  } catch {
    return false; // something in it cannot be hashed, and was not when it was written
  }
}

/** The hash of a file's first bytes; undefined where it has fewer. */
function hashOfFront(file: Deno.FsFile, bytes: number): Hash | undefined {
  const hash = createHash("sha256");
  const block = new Uint8Array(1 << 20);
  file.seekSync(0, Deno.SeekMode.Start);
  for (let left = bytes; left > 0;) {
    const count = file.readSync(block.subarray(0, Math.min(left, block.length)));
    if (count === null) return undefined;
    hash.update(block.subarray(0, count));
    left -= count;
  }
  return hash;
}

async function compress(from: string, to: string): Promise<void> {
  const temporary = soleTemporary(to);
  using _ = onInterruption(() => removeIfPresent(temporary));
  try {
    await pipeline(createReadStream(from), createGzip(), createWriteStream(temporary));
    Deno.renameSync(temporary, to);
  } catch (error) {
    removeIfPresent(temporary);
    throw fileError("write", to, error);
  }
}
