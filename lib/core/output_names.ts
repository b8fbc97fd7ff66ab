/**
 * The names under which a file or a folder is written where only one process at a time can be writing it: known beforehand, so
 * that a task can be started with permission for these and no others.
 *
 * @module
 */

/**
 * What is written, before it is renamed.
 *
 * @param path of the file or folder to be.
 */
export const soleTemporary = (path: string): string => `${path}.tmp-00000000`;

/** What grows, for long and over several runs, before it is renamed. */
export const partialOf = (path: string): string => `${path}.partial`;

/** What says how far it is. */
export const markOf = (path: string): string => `${path}.partial.json`;

/** A part of a file that several processes write, part `i` of `n`, from 1. */
export const partOf = (path: string, { i, n }: { i: number; n: number }): string =>
  `${path}.part-${i}-of-${n}`;

/** What says that a part is whole. */
export const summaryOf = (part: string): string => `${part}.json`;

/**
 * All names under which something is written.
 *
 * @param path of the file or folder to be.
 * @returns its own, and those of what is there meanwhile.
 */
export function namesOf(path: string): string[] {
  const mark = markOf(path);
  return [path, soleTemporary(path), partialOf(path), mark, soleTemporary(mark)];
}

/**
 * All names under which a part is written.
 *
 * @param part its path, as of {@linkcode partOf}.
 * @returns those of itself and of its summary.
 */
export function namesOfPart(part: string): string[] {
  const summary = summaryOf(part);
  return [...namesOf(part), summary, soleTemporary(summary)];
}
