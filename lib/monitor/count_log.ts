/**
 * What it takes to score a log, found out before anything is scored.
 *
 * @module
 */
import { STANDARD } from "../conversation/log_lines.ts";
import { canBeCut, readRawRecords } from "../conversation/records.ts";
import { UserError } from "../core/errors.ts";
import { chooseLogColumn, parseLogEntry } from "../log/logs.ts";
import { type Cost, partOf } from "../workbench/planned/work.ts";
import { type MonitorParts, readingCost } from "./parts.ts";

/** So many conversations of a log are counted; what follows them is taken to be like them. */
const COUNTED = 1000;

/**
 * Counts the tokens of a log, or of its beginning.
 *
 * @param input a file as `scoreLog` takes it.
 * @param parts of the monitor.
 * @param options whether thoughts are part of the conversations, and how many of these are counted.
 * @returns what reading all of it takes; throws a {@linkcode UserError} for standard input, and where a line is bad.
 */
export async function scoringCost(
  input: string,
  parts: MonitorParts,
  { thoughts, counted = COUNTED }: { thoughts: boolean; counted?: number },
): Promise<Cost> {
  if (input === STANDARD) {
    throw new UserError(
      "Cannot plan for standard input: nobody knows how long it will be",
      "Give a file with --input.",
    );
  }
  const conversations: string[] = [];
  // lines that are not compressed say themselves how far they reach; else whole chunks are known to have been read
  const size = canBeCut(input) ? Deno.statSync(input).size : undefined;
  let [read, bytes] = [1, 0];
  for await (const raw of readRawRecords(input, chooseLogColumn)) {
    const record = raw.read();
    if (record === undefined) continue;
    if (conversations.length === counted) break;
    conversations.push(parseLogEntry(input, record, { thoughts }).conversation);
    bytes += raw.bytes.length + 1;
    read = size === undefined ? raw.share : bytes / size;
  }
  const all = conversations.length < counted ? 1 : 1 / read;
  return partOf(readingCost(parts, conversations), all);
}
