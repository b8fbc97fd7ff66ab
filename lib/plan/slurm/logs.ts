/**
 * What jobs wrote.
 *
 * @module
 */
import { join } from "node:path";
import { readText } from "../../core/files.ts";

const LINES = 20;

/**
 * The end of the last log of jobs.
 *
 * @param folder of the logs.
 * @param jobs their numbers.
 * @returns where it is and its last lines; undefined where none was written.
 */
export function endOfLog(
  folder: string,
  jobs: readonly string[],
): { path: string; text: string } | undefined {
  const isOurs = (name: string) =>
    jobs.some((job) => name === `${job}.log` || name.startsWith(`${job}_`));
  const paths = [...Deno.readDirSync(folder)].filter(({ name }) => isOurs(name))
    .map(({ name }) => join(folder, name))
    .sort((a, b) => changed(b) - changed(a));
  if (paths.length === 0) return undefined;
  const lines = readText(paths[0]).trimEnd().split("\n");
  return { path: paths[0], text: lines.slice(-LINES).join("\n") };
}

function changed(path: string): number {
  return Deno.statSync(path).mtime?.getTime() ?? 0;
}
