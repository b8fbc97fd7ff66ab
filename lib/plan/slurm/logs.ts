/**
 * What jobs wrote.
 *
 * @module
 */
import { join } from "node:path";
import { readText } from "../../core/files.ts";

const LINES = 20;

/** A file of what a job wrote. */
export interface Log {
  /** Where it is. */
  path: string;
  /** What it holds, without newlines at its end. */
  text: string;
}

/**
 * The end of the last log of jobs.
 *
 * @param folder of the logs.
 * @param jobs their numbers.
 * @returns where it is and its last lines; undefined where none was written.
 */
export function endOfLog(folder: string, jobs: readonly string[]): Log | undefined {
  const log = lastLog(folder, jobs);
  return log && { ...log, text: log.text.split("\n").slice(-LINES).join("\n") };
}

/**
 * The last log of jobs.
 *
 * @param folder of the logs.
 * @param jobs their numbers.
 * @returns where it is and all of it; undefined where none was written.
 */
export function lastLog(folder: string, jobs: readonly string[]): Log | undefined {
  const isOurs = (name: string) =>
    jobs.some((job) => name === `${job}.log` || name.startsWith(`${job}_`));
  const paths = [...Deno.readDirSync(folder)].filter(({ name }) => isOurs(name))
    .map(({ name }) => join(folder, name))
    .sort((a, b) => changed(b) - changed(a));
  if (paths.length === 0) return undefined;
  return { path: paths[0], text: readText(paths[0]).trimEnd() };
}

function changed(path: string): number {
  return Deno.statSync(path).mtime?.getTime() ?? 0;
}
