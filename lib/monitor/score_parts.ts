/**
 * A log that is scored in parts, by as many processes, and put together in order. Parts are ranges of bytes, cut where lines end;
 * together they are what one process would have written, byte for byte.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type ByteRange, rangeOf, readRawLines, STANDARD } from "../conversation/log_lines.ts";
import { canBeCut } from "../conversation/records.ts";
import { UsageError, UserError } from "../core/errors.ts";
import { exists, fileError, readText, removeIfPresent, writeFileAtomic } from "../core/files.ts";
import type { Part } from "../core/flag.ts";
import { hashOf } from "../core/json.ts";
import { partOf, soleTemporary, summaryOf } from "../core/output_names.ts";
import { addNotes } from "../log/logs.ts";
import type { ScoreCounts } from "./score_log.ts";

/** What is said of a part beside it, once it is whole. */
export interface PartSummary extends ScoreCounts {
  /** Hash of monitor and settings. */
  key: string;
  /** Bytes of the input. */
  range: ByteRange;
  /** Lines of the part, blank ones too. */
  lines: number;
}

/**
 * The bytes of a part.
 *
 * @param input a plain file of lines.
 * @param output where the whole is to go.
 * @param part which.
 * @returns its range; throws a {@linkcode UsageError} where the input cannot be cut.
 */
export function rangeOfPart(input: string, output: string, part: Part): ByteRange {
  if (!canBeCut(input) || output === STANDARD) {
    throw new UsageError(
      `Cannot score "${input}" in parts: input and output must be files, and the input lines that are not compressed`,
      "Unpack it first, or convert it to JSON Lines.",
    );
  }
  return rangeOf(input, part);
}

/**
 * Says that a part is whole.
 *
 * @param path of the part.
 * @param settings all that it depends on besides the input.
 * @param summary what it holds.
 */
export function finishPart(
  path: string,
  settings: unknown,
  summary: Omit<PartSummary, "key">,
): void {
  const { rows, flagged, truncated, notes, lines, range } = summary;
  const kept = { key: hashOf(settings), rows, flagged, truncated, notes, lines, range };
  const to = summaryOf(path);
  writeFileAtomic(to, JSON.stringify(kept), soleTemporary(to));
}

/**
 * Whether a part was finished before, with the same settings and of the same bytes.
 *
 * @param path of the part.
 * @param settings all that it depends on besides the input.
 * @param range of it.
 */
export function isFinished(path: string, settings: unknown, range: ByteRange): boolean {
  if (!exists(summaryOf(path)) || !exists(path)) return false;
  const { key, range: { from, to } } = readSummary(path);
  return key === hashOf(settings) && from === range.from && to === range.to;
}

/**
 * Puts parts together, in order, and removes them.
 *
 * @param output where the whole goes, gzipped if it ends in `.gz`.
 * @param n how many parts there are.
 * @param options whether an output that exists is replaced.
 * @returns counts over the whole; throws a {@linkcode UserError} where a part is missing, or was made with other settings.
 */
export async function joinParts(
  output: string,
  n: number,
  { overwrite }: { overwrite: boolean },
): Promise<ScoreCounts> {
  refuseExisting(output, overwrite);
  const paths = Array.from({ length: n }, (_, k) => partOf(output, { i: k + 1, n }));
  const parts = paths.map((path) => ({ path, ...readSummary(path) }));
  requireOneWhole(parts);
  const temporary = soleTemporary(output);
  try {
    const whole = createWriteStream(temporary);
    if (output.endsWith(".gz")) await pipeline(renumbered(parts), createGzip(), whole);
    else await pipeline(renumbered(parts), whole);
    Deno.renameSync(temporary, output);
  } catch (error) {
    removeIfPresent(temporary);
    throw fileError("write", output, error);
  }
  for (const path of paths) [path, summaryOf(path)].forEach(removeIfPresent);
  const total: ScoreCounts = { rows: 0, flagged: 0, truncated: 0, notes: {} };
  for (const { rows, flagged, truncated, notes } of parts) {
    total.rows += rows;
    total.flagged += flagged;
    total.truncated += truncated;
    addNotes(total.notes, notes);
  }
  return total;
}

/**
 * Watches for the whole to appear, which other processes put together.
 *
 * @param output where it goes.
 * @param overwrite whether one that is there now is to be replaced.
 * @returns whether there is one that was not there at the call; throws a {@linkcode UserError} where there is one that may not be
 * replaced.
 */
export function joinedSinceNow(output: string, overwrite: boolean): () => boolean {
  refuseExisting(output, overwrite);
  const identity = () => exists(output) ? identityOf(Deno.statSync(output)) : undefined;
  const before = identity();
  return () => ![undefined, before].includes(identity());
}

/** A file that is written again has another number, or was changed at another time. */
function identityOf({ dev, ino, mtime }: Deno.FileInfo): string {
  return `${dev}/${ino}/${mtime?.getTime()}`;
}

function refuseExisting(output: string, overwrite: boolean): void {
  if (!exists(output) || overwrite) return;
  throw new UserError(
    `Cannot write "${output}": it exists`,
    "Choose another output, or replace it with --overwrite.",
  );
}

function readSummary(path: string): PartSummary {
  if (exists(summaryOf(path))) return JSON.parse(readText(summaryOf(path)));
  throw new UserError(
    `Cannot put the parts together: "${path}" must be finished`,
    "Score that part with --shard, then ask again.",
  );
}

function requireOneWhole(parts: readonly ({ path: string } & PartSummary)[]): void {
  const odd = parts.find(({ key, range }, k) =>
    key !== parts[0].key || range.from !== (parts[k - 1]?.range.to ?? 0)
  );
  if (odd === undefined) return;
  throw new UserError(
    `Cannot put the parts together: "${odd.path}" must go on where the part before it ends, with the same monitor and settings`,
    "Remove it and score that part again.",
  );
}

const LINE = /^\{"line":(\d+),/;

/** Characters that are handed on together. */
const BLOCK = 2 ** 16;

/** The lines of all parts, counted through. */
async function* renumbered(
  parts: readonly { path: string; lines: number }[],
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let before = 0;
  for (const { path, lines } of parts) {
    let block = "";
    for await (const { bytes } of readRawLines(path)) {
      const text = decoder.decode(bytes);
      block += text.replace(LINE, (_, line) => `{"line":${before + Number(line)},`) + "\n";
      if (block.length < BLOCK) continue;
      yield block;
      block = "";
    }
    yield block;
    before += lines;
  }
}
