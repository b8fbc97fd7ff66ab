/**
 * Scored rows in columns: what is measured of a file, in some 80 bytes a row, whatever its conversations are. The rest of a row is
 * read again where it is to be written again.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { DOMAINS } from "../conversation/domains.ts";
import { emptyFile, parseLine, replacedNote } from "../conversation/jsonl.ts";
import { lineEnd, readLineBlocks, requireLength, STANDARD } from "../conversation/log_lines.ts";
import { type FileRecord, isParquet, readRecords } from "../conversation/records.ts";
import { badRow, repeatedId } from "../conversation/row.ts";
import type { UserError } from "../core/errors.ts";
import { TextTable } from "../core/text_table.ts";
import type { EvaluatedRow } from "./evaluation.ts";
import { emptyPlainRow, type PlainRow, readPlainRow } from "./plain_row.ts";
import { parseScoredRow, type ScoredRow } from "./scored_file.ts";

/** The rows of one file, in its order. */
export interface ScoredColumns {
  /** Where they came from. */
  path: string;
  /** The ids; a row's index is the number of its id. */
  ids: TextTable;
  /** Domain, label and scene of each row; rows that agree in them share one object. */
  labels: EvaluatedRow[];
  /** Rise with danger, shape (rows). */
  scores: Float64Array;
  /** What the user should know of the file, a sentence each. */
  warnings: string[];
  /** Reads the rows again, each with all its columns; throws a `UserError` where the file has changed. */
  readAgain(): AsyncGenerator<ScoredRow>;
}

/** Settings of {@linkcode readScoredColumns}. */
export interface ScoredColumnsOptions {
  /** Whether the scores rise with safety; they are negated then. Defaults to false. */
  predictSafe?: boolean;
  /** Whether the rows will be read again: of what can be read only once, such as a pipe, they are kept. Defaults to false. */
  again?: boolean;
}

/**
 * Reads and checks a file.
 *
 * @param path a file of JSON Lines, gzipped or not, or of Parquet, whose columns of bytes and of nested data are left out.
 * @param options direction of the scores, and whether the file will be read again.
 * @returns its columns; throws a `UserError` with the line of the first bad row.
 */
export async function readScoredColumns(
  path: string,
  { predictSafe = false, again = false }: ScoredColumnsOptions = {},
): Promise<ScoredColumns> {
  const kept: FileRecord[] | undefined = again && !isRegularFile(path) ? [] : undefined;
  const leftOut: string[] = [];
  const columns = new Columns(path, predictSafe);
  if (kept !== undefined || isParquet(path)) {
    const choose = (name: string, isData: boolean) => {
      if (!isData) leftOut.push(name);
      return isData;
    };
    for await (const record of readRecords(path, choose)) {
      columns.add(record);
      kept?.push(record);
    }
  } else {
    let line = 1;
    for await (const { bytes } of readLineBlocks(path)) line = columns.addLines(bytes, line);
  }
  const { ids, labels, scores, replaced } = columns;
  if (ids.size === 0) throw emptyFile(path);
  const warnings = [
    ...leftOut.length > 0
      ? [
        `"${path}" has columns that are no text or numbers, which are not written again: ${
          leftOut.join(", ")
        }.`,
      ]
      : [],
    ...replaced > 0 ? [replacedNote(path, replaced)] : [],
  ];
  async function* readAgain() {
    let row = 0;
    for await (const record of kept ?? readRecords(path, (_, isData) => isData)) {
      const scored = parseScoredRow(path, record, predictSafe);
      const isSame = row < ids.size && scored.id === ids.text(row) && scored.score === scores[row];
      if (!isSame) throw changedFile(path, row);
      yield scored;
      row++;
    }
    if (row < ids.size) throw changedFile(path, row);
  }
  return { path, ids, labels, scores: Float64Array.from(scores), warnings, readAgain };
}

function changedFile(path: string, row: number): UserError {
  const problem = "the file was changed since its scores were read";
  return badRow(path, `row ${row + 1}`, problem, "Analyse it again when it is finished.");
}

function isRegularFile(path: string): boolean {
  try {
    return path !== STANDARD && Deno.statSync(path).isFile;
  } catch {
    return true; // whoever opens it says what is wrong
  }
}

/** Columns that grow row by row. */
class Columns {
  readonly ids = new TextTable();
  readonly labels: EvaluatedRow[] = [];
  readonly scores: number[] = [];
  /** How many lone surrogates were replaced. */
  replaced = 0;
  /** On which line of the file, or in which row, each stands, from 1. */
  readonly #lines: number[] = [];
  readonly #scenes = new TextTable();
  readonly #shared = new Map<number, EvaluatedRow>();

  constructor(readonly path: string, readonly predictSafe: boolean) {}

  /** Adds the rows of some lines, of which the first has the given number; returns that of the line behind them. */
  addLines(bytes: Uint8Array, line: number): number {
    const isText = isUtf8(bytes);
    const plain = emptyPlainRow();
    for (let from = 0; from < bytes.length; line++) {
      const to = lineEnd(bytes, from);
      requireLength(this.path, line, to - from);
      if (isText && readPlainRow(bytes, from, to, plain) && !(this.predictSafe && plain.flipped)) {
        this.#addPlain(bytes, plain, line);
      } else {
        const parsed = parseLine(this.path, { line, bytes: bytes.subarray(from, to) });
        if (parsed !== undefined) this.add({ ...parsed, place: `line ${line}` });
      }
      from = to + 1;
    }
    return line;
  }

  #addPlain(bytes: Uint8Array, row: PlainRow, line: number): void {
    const { idFrom, idTo, sceneFrom, sceneTo, domain, malign, score } = row;
    if (this.ids.add(bytes, idFrom, idTo) < this.scores.length) {
      throw this.#repeated(new TextDecoder().decode(bytes.subarray(idFrom, idTo)), `line ${line}`);
    }
    const scene = sceneFrom < 0 ? -1 : this.#scenes.add(bytes, sceneFrom, sceneTo);
    this.#push(line, this.#label(domain, malign, scene), this.predictSafe ? -score : score);
  }

  /** Adds a record that was read whole. */
  add(record: FileRecord): void {
    const row = parseScoredRow(this.path, record, this.predictSafe);
    if (this.ids.addText(row.id) < this.scores.length) throw this.#repeated(row.id, record.place);
    const scene = row.scene === undefined ? -1 : this.#scenes.addText(row.scene);
    this.#push(record.line, this.#label(DOMAINS.indexOf(row.domain), row.malign, scene), row.score);
    this.replaced += record.replaced;
  }

  #push(line: number, label: EvaluatedRow, score: number): void {
    this.#lines.push(line);
    this.labels.push(label);
    this.scores.push(score);
  }

  #repeated(id: string, place: string): UserError {
    const [word] = place.split(" "); // line or row
    return repeatedId(this.path, place, id, `${word} ${this.#lines[this.ids.addText(id)]}`);
  }

  #label(domain: number, malign: number, scene: number): EvaluatedRow {
    const key = 2 * ((scene + 1) * DOMAINS.length + domain) + malign;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const label = { domain: DOMAINS[domain], malign };
    const row = scene < 0 ? label : { ...label, scene: this.#scenes.text(scene) };
    this.#shared.set(key, row);
    return row;
  }
}
