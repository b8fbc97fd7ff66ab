/**
 * A second thread that reads some lines of a file of scored rows, while this one reads others.
 *
 * @module
 */
import type { ByteRange } from "../conversation/log_lines.ts";
import type { Columns, ReadRows } from "./columns.ts";

/** What the second thread is told. */
export interface ReadRequest {
  /** Which file. */
  path: string;
  /** Whether its scores rise with safety. */
  predictSafe: boolean;
  /** Which lines. */
  range: ByteRange;
}

/** A thread at work; disposing of it ends it. */
export interface ReadBeside extends Disposable {
  /** What it read; null where it could not begin, or something is wrong with a line. */
  read: Promise<ReadRows | null>;
}

/**
 * Starts a thread that reads.
 *
 * @param columns of which file, and how.
 * @param range which of its lines.
 * @returns what it will have read.
 */
export function readBeside(
  { path, predictSafe }: Pick<Columns, "path" | "predictSafe">,
  range: ByteRange,
): ReadBeside {
  const thread = new Worker(new URL("./read_worker.ts", import.meta.url), { type: "module" });
  const { promise: read, resolve } = Promise.withResolvers<ReadRows | null>();
  thread.onmessage = ({ data }: MessageEvent<ReadRows | null>) => resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    resolve(null);
  };
  thread.postMessage({ path, predictSafe, range } satisfies ReadRequest);
  return { read, [Symbol.dispose]: () => thread.terminate() };
}
