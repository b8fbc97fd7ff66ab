/**
 * A file with the values of weights, beside an ONNX model that would be too large with them: ONNX's
 * external data. ONNX Runtime maps the file into memory instead of reading it.
 *
 * @module
 */
import { join } from "node:path";
import { exists, fileError, removeIfPresent, writeFileAtomic } from "../core/files.ts";
import { onInterruption } from "../core/interruption.ts";

/** Where in the file a weight's values are, in bytes. */
export interface WeightPlace {
  /** Of the first byte; a multiple of {@linkcode PAGE}. */
  readonly offset: number;
  /** How many bytes. */
  readonly length: number;
}

/**
 * A file that is filled weight by weight, to be held with `using`, which removes it; what a killed
 * run leaves behind, the next one removes.
 */
export interface WeightFile extends Disposable {
  /** The folder that it stands in. */
  readonly folder: string;
  /** Its name there, unlike that of any other. */
  readonly name: string;
  /**
   * Appends a weight.
   *
   * @param blocks its values in the type that the file is to have, piece by piece.
   * @returns where they are; throws a `UserError` where the disk is full.
   */
  append(blocks: Iterable<Float32Array | Float16Array>): WeightPlace;
}

/**
 * In bytes. A mapped part of a file has to begin at a multiple of it, on every system that we know.
 */
const PAGE = 65536;

/**
 * Makes an empty file.
 *
 * @param folder to put it in; made where it is missing.
 * @returns the file; throws a `UserError` where the system refuses.
 */
export function openWeightFile(folder: string): WeightFile {
  sweep(folder);
  const name = `weights-${crypto.randomUUID()}`;
  const path = join(folder, name);
  writeFileAtomic(path, "");
  const owner = hold(path);
  const remove = () => {
    owner?.close();
    removeIfPresent(path);
  };
  const interruption = onInterruption(remove);
  let end = 0;
  return {
    folder,
    name,
    append(blocks) {
      const offset = PAGE * Math.ceil(end / PAGE);
      end = offset;
      try {
        using file = Deno.openSync(path, { write: true });
        file.seekSync(offset, Deno.SeekMode.Start);
        for (const { buffer, byteOffset, byteLength } of blocks) {
          const bytes = new Uint8Array(buffer, byteOffset, byteLength);
          // the system writes at most 2 GB at a time
          for (let at = 0; at < byteLength;) at += file.writeSync(bytes.subarray(at));
          end += byteLength;
        }
      } catch (error) {
        throw fileError("write", path, error);
      }
      return { offset, length: end - offset };
    },
    [Symbol.dispose]() {
      interruption[Symbol.dispose]();
      remove();
    },
  };
}

/** On Windows nobody else could read what is locked. */
const LOCKS = Deno.build.os !== "windows";

/** Between making and locking there is a moment, which is over after so many milliseconds. */
const MOMENT = 1000;

/** Locks a file for as long as it is open, or until the process ends, however it ends. */
function hold(path: string): Deno.FsFile | undefined {
  if (!LOCKS) return undefined;
  const file = Deno.openSync(path, { read: true });
  file.tryLockSync(true);
  return file;
}

/** Removes the files of processes that are gone; they may be of gigabytes. */
function sweep(folder: string): void {
  if (!LOCKS || !exists(folder)) return;
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (!isFile || !/^weights-[0-9a-f-]{36}$/.test(name)) continue;
    try {
      using file = Deno.openSync(path, { read: true });
      const { mtime } = file.statSync();
      const isOld = mtime !== null && Date.now() - mtime.getTime() > MOMENT;
      if (isOld && file.tryLockSync(true)) Deno.removeSync(path);
    } catch {
      // another run sweeps it too, or it is another user's
    }
  }
}
