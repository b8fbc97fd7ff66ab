/**
 * Scoring a log of any size: it is read line by line, scored in pieces of bounded size, and written in its own order. A run that
 * was killed continues after its last whole piece, if monitor, settings and the lines so far are the same, and ends in the
 * same bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type ByteRange, STANDARD } from "../conversation/log_lines.ts";
import { type FileRecord, readRawRecords } from "../conversation/records.ts";
import { badRow } from "../conversation/row.ts";
import { UsageError, UserError } from "../core/errors.ts";
import { fileError } from "../core/files.ts";
import { visible } from "../core/foreign_text.ts";
import { type GrowingFile, openGrowingFile } from "../core/growing_file.ts";
import { hashOf } from "../core/json.ts";
import type { Progress } from "../core/progress.ts";
import {
  addNotes,
  chooseLogColumn,
  type LogEntry,
  type Notes,
  parseLogEntry,
} from "../log/logs.ts";
import type { FittedMonitor } from "./fitted_monitor.ts";
import { verdictsAt } from "./fusion.ts";
import { openScorer } from "./scorer.ts";

/** Changes when the same record would be written as another text, so that no output is begun with one and ended with another. */
const RENDERING = 3;

/** What to score, and how. */
export interface ScoreLogOptions {
  /** A file of JSON Lines, plain or gzipped, or of Parquet, or `-` for standard input. */
  input: string;
  /** A file, gzipped where it ends in `.gz`, or `-` for standard output. */
  output: string;
  /** The false-positive rate at which conversations are flagged. */
  fpr: number;
  /** Columns of the input that the output has too, as they stand there. Default none. */
  keep?: readonly string[];
  /** Whether surprising places are written. */
  spans: boolean;
  /** Whether thoughts are part of the conversations. Default true. */
  thoughts?: boolean;
  /** Which lines to score; numbers count from the first of them. Default: all. */
  range?: ByteRange;
  /** Whether an output that exists is replaced. */
  overwrite: boolean;
  /** Threads; what is written does not depend on it. */
  threads: number;
  /** Folder of the cache, from which large weights are mapped into memory. */
  cache: string;
  /** Told the share of the input that is done, from 0 to 1. */
  progress: Progress;
  /** Told what a user should know before the end. */
  say?: (message: string) => void;
  /**
   * Conversations are scored together, and written together, until they have so many characters at the most; fewer where that
   * would take longer than some seconds. What is written does not depend on it. Default 2^20: enough for full batches, and little
   * in memory.
   */
  pieceSize?: number;
}

/** How long a piece should take, in milliseconds: a killed run loses no more than about two. */
const PIECE_TIME = 4000;

/** Characters of the first piece, when nothing is known of the machine and the models yet; and the fewest of any. */
const [FIRST_PIECE, LEAST_PIECE] = [2 ** 14, 2 ** 10];

/** What was scored. */
export interface ScoreCounts {
  /** Conversations. */
  rows: number;
  /** Those flagged. */
  flagged: number;
  /** Those that lost turns at the front. */
  truncated: number;
  /** What stands in them by name alone, because it has no text. */
  notes: Notes;
}

/** How far a run is. */
interface State extends ScoreCounts {
  /** The last line that was scored. */
  line: number;
  /** SHA-256 of the lines up to it. */
  input: string;
}

/** A conversation, where it stands, and the columns that are kept. */
interface Placed extends LogEntry {
  line: number;
  place: string;
  kept: Record<string, unknown>;
}

/** What the output has of its own. */
const OWN_COLUMNS = [
  ...["line", "id", "score", "p", "flagged", "loudest", "parts", "shares"],
  ...["truncatedTurns", "spans"],
];

/** Conversations that are scored together. */
interface Piece {
  conversations: Placed[];
  /** How many characters they have. */
  size: number;
  /** How far the input is read with them. */
  upTo: Pick<State, "line" | "input">;
  /** Share of the input, from 0 to 1. */
  share: number;
}

/**
 * Scores a log.
 *
 * @param monitor which monitor.
 * @returns counts over the whole output, the lines read, blank ones too, and the line after which it continued a run that had
 * stopped, else 0;
 * throws a {@linkcode UserError} where a line is bad, or a file cannot be read or written.
 */
export async function scoreLog(
  monitor: FittedMonitor,
  options: ScoreLogOptions,
): Promise<ScoreCounts & { resumedAt: number; lines: number }> {
  const { input, fpr, spans, threads, cache, progress } = options;
  requireScorable(monitor, options);
  using file = openOutput(monitor, options);
  const none = { rows: 0, flagged: 0, truncated: 0, notes: {}, line: 0, input: "" };
  const begun: State = structuredClone(file.saved ?? none);
  const { line: resumedAt, input: _, ...counts } = begun;
  await using scorer = await openScorer(monitor, { fpr, threads, cache, spans });
  const { pieceSize = 2 ** 20 } = options;
  let limit = Math.min(pieceSize, FIRST_PIECE);
  let lines = resumedAt;
  for await (
    const { conversations, size, upTo, share } of readPieces(options, begun, () => limit)
  ) {
    lines = upTo.line;
    if (conversations.length === 0) continue;
    const started = performance.now();
    const scored = await scorer.score(
      conversations.map(({ conversation }) => conversation),
      (i) => `on ${conversations[i].place} of "${input}"`,
    );
    const written = scored.map((found, i) => {
      const { line, givenId: id, kept, notes } = conversations[i];
      addNotes(counts.notes, notes);
      if (found.flagged) counts.flagged++;
      if (found.truncatedTurns > 0) counts.truncated++;
      return JSON.stringify({ line, id, ...kept, ...found }) + "\n";
    });
    counts.rows += scored.length;
    file.append(written.join(""), { ...counts, ...upTo });
    const inTime = size * PIECE_TIME / (performance.now() - started);
    limit = Math.min(pieceSize, Math.max(LEAST_PIECE, Math.min(4 * limit, inTime)));
    progress.update(share, `${counts.rows} conversations`);
  }
  if (counts.rows === 0 && options.range === undefined) {
    throw emptyLog(input);
  }
  await file.finish();
  return { ...counts, resumedAt, lines };
}

/**
 * Refuses, before anything is scored or made for the output, what cannot be done.
 *
 * @param monitor which monitor.
 * @param options which files, columns and rate; throws a {@linkcode UserError} where they do not go together.
 */
export function requireScorable(
  monitor: Pick<FittedMonitor, "fusion">,
  { input, output, keep, fpr }: Pick<ScoreLogOptions, "input" | "output" | "keep" | "fpr">,
): void {
  refuseOwnColumns(keep);
  verdictsAt(monitor.fusion, fpr); // refuses a rate
  refuseSameFile(input, output);
  if (input !== STANDARD) requireFile(input);
}

/** The conversations after those that were scored before; the lines up to there must be the same as then. */
async function* readPieces(
  { input, output, range, keep = [], thoughts = true }: ScoreLogOptions,
  begun: State,
  limit: () => number,
): AsyncGenerator<Piece> {
  const hash = createHash("sha256");
  const digest = () => hash.copy().digest("hex"); // of the lines so far; more are added later
  let [conversations, size, line, share]: [Placed[], number, number, number] = [[], 0, 0, 0];
  const piece = (): Piece => ({ conversations, size, upTo: { line, input: digest() }, share });
  const choose = (name: string) => chooseLogColumn(name) || keep.includes(name);
  for await (const raw of readRawRecords(input, choose, range)) {
    ({ line, share } = raw);
    hash.update(raw.bytes).update("\n");
    if (line === begun.line && digest() !== begun.input) throw otherInput(input, output, begun);
    const record = line > begun.line ? raw.read() : undefined;
    if (record === undefined) continue;
    const entry = parseLogEntry(input, record, { thoughts });
    conversations.push({ line, place: record.place, kept: keptOf(input, record, keep), ...entry });
    size += entry.conversation.length;
    if (size < limit()) continue;
    yield piece();
    [conversations, size] = [[], 0];
  }
  if (line < begun.line) throw otherInput(input, output, begun);
  yield piece(); // blank lines at the end count, too
}

/**
 * A log without conversations.
 *
 * @param input the file.
 * @returns an error with a remedy.
 */
export function emptyLog(input: string): UserError {
  return new UserError(
    `Cannot score "${input}": it must hold conversations, got none`,
    "Check how it was made.",
  );
}

/** The columns of a record that are kept. */
function keptOf(
  input: string,
  { place, value }: FileRecord,
  keep: readonly string[],
): Record<string, unknown> {
  const columns = value as Record<string, unknown>; // as `parseLogEntry` found
  return Object.fromEntries(keep.map((name) => {
    if (!Object.hasOwn(columns, name)) {
      throw badRow(
        input,
        place,
        `the column "${name}" is missing`,
        "Keep columns that every line has.",
      );
    }
    return [name, columns[name]];
  }));
}

function refuseOwnColumns(keep: readonly string[] = []): void {
  const own = keep.find((name) => OWN_COLUMNS.includes(name));
  if (own === undefined) return;
  throw new UsageError(
    `Cannot keep the column "${own}": the output has one of that name`,
    own === "id" ? "An id is kept by itself." : "Give it another name in the input.",
  );
}

function openOutput(
  { hash }: FittedMonitor,
  { output, fpr, keep = [], spans, range, thoughts = true, overwrite, say }: ScoreLogOptions,
): GrowingFile<State> {
  if (output === STANDARD) return standardOutput();
  const key = hashOf({
    monitor: hash,
    fpr,
    keep,
    spans,
    thoughts,
    rendering: RENDERING,
    ...range && { range: { ...range } },
  });
  return openGrowingFile<State>(output, { key, overwrite, ...say && { say } });
}

/** Standard output, which no later run can continue. */
function standardOutput(): GrowingFile<State> {
  return {
    saved: undefined,
    append(text) {
      const bytes = new TextEncoder().encode(visible(text, "\n")); // in JSON the same values
      try {
        for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
      } catch (error) {
        throw fileError("write", "standard output", error);
      }
    },
    finish: () => Promise.resolve(),
    [Symbol.dispose]() {},
  };
}

/** The output grows under its partial name, which must not be the input's either. */
function refuseSameFile(input: string, output: string): void {
  if (input === STANDARD || output === STANDARD) return;
  const read = identityOf(input);
  if (read === undefined || ![output, `${output}.partial`].map(identityOf).includes(read)) return;
  throw new UserError(
    `Cannot score "${input}": the output must be another file, got "${output}"`,
    "Choose another output.",
  );
}

function requireFile(path: string): void {
  try {
    Deno.statSync(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/** Device and number of a file, whatever name it goes by; undefined where there is none. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}/${ino}`;
  } catch {
    return undefined; // whoever opens it says what is wrong
  }
}

function otherInput(input: string, output: string, { line }: State): UserError {
  return new UserError(
    `Cannot continue "${output}.partial": its first ${line} lines were scored from another input than "${input}"`,
    `Give that input, or remove "${output}.partial" to begin anew.`,
  );
}
