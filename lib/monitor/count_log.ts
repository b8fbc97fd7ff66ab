/**
 * What it takes to score a log, found out before anything is scored.
 *
 * @module
 */
import { canBeCut, isRegularFile, readRawRecords } from "../conversation/records.ts";
import { UserError } from "../core/errors.ts";
import { fileSize } from "../core/files.ts";
import { chooseLogColumn, parseLogEntry } from "../log/logs.ts";
import { type Cost, partOf } from "../workbench/planned/work.ts";
import { type MonitorParts, readingCost } from "./parts.ts";
import { emptyLog } from "./score_log.ts";

/** So many conversations of a log are counted; what follows them is taken to be like them. */
const COUNTED = 1000;

/**
 * Counts the tokens of a log, or of its beginning. How long a log is that is compressed shows when it is unpacked.
 *
 * @param input a file as `scoreLog` takes it.
 * @param parts of the monitor.
 * @param options whether thoughts are part of the conversations, and how many of these are counted.
 * @returns what reading all of it takes; throws a {@linkcode UserError} for what is no file, without conversations, and where a
 * line is bad.
 */
export async function scoringCost(
  input: string,
  parts: MonitorParts,
  { thoughts, counted = COUNTED }: { thoughts: boolean; counted?: number },
): Promise<Cost> {
  if (!isRegularFile(input)) {
    throw new UserError(
      `Cannot plan for "${input}": it must be a file, for nobody knows how long anything else will be`,
      "Give a file with --input.",
    );
  }
  const size = canBeCut(input) ? fileSize(input) : undefined;
  const conversations: string[] = [];
  let [sampled, whole] = [0, 0]; // bytes
  for await (const raw of readRawRecords(input, chooseLogColumn)) {
    whole += raw.bytes.length + 1;
    if (conversations.length === counted) {
      if (size === undefined) continue;
      whole = size;
      break;
    }
    sampled = whole;
    const record = raw.read();
    if (record !== undefined) {
      conversations.push(parseLogEntry(input, record, { thoughts }).conversation);
    }
  }
  if (conversations.length === 0) throw emptyLog(input);
  return partOf(readingCost(parts, conversations), whole / sampled);
}
