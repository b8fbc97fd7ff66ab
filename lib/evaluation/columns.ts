/**
 * The columns of scored rows as they grow.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { DOMAINS } from "../conversation/domains.ts";
import { parseLine } from "../conversation/jsonl.ts";
import {
  type ByteRange,
  lineEnd,
  readLinesInPlace,
  requireLength,
} from "../conversation/log_lines.ts";
import type { FileRecord } from "../conversation/records.ts";
import { repeatedId } from "../conversation/row.ts";
import type { UserError } from "../core/errors.ts";
import { grown, type TextArrays, TextTable } from "../core/text_table.ts";
import type { EvaluatedRow } from "./evaluation.ts";
import { emptyPlainRow, type PlainRow, readPlainRow } from "./plain_row.ts";
import { parseScoredRow } from "./scored_file.ts";

const KNOWN: readonly string[] = DOMAINS;

/** What was read, in arrays that another thread can be handed. */
export interface ReadRows {
  /** The ids. */
  ids: TextArrays;
  /** The labels that there are, each once. */
  labels: EvaluatedRow[];
  /** Of each row, which of them. */
  labelOf: Int32Array;
  /** Of each row. */
  scores: Float64Array;
  /** On which line each stands, from 1. */
  lines: Float64Array;
  /** How many lone surrogates were replaced. */
  replaced: number;
}

/** Columns that grow row by row. */
export class Columns {
  /** The ids; a row's index is the number of its id. */
  readonly ids: TextTable = new TextTable();
  #size = 0;
  /** Of each row, with room for more, as the next two. */
  #scores = new Float64Array(16);
  #lines = new Float64Array(16);
  #labelOf = new Int32Array(16);
  readonly #labels: EvaluatedRow[] = [];
  /** Where labels stand, by what they are made of. */
  readonly #places = new Map<number, number>();
  readonly #scenes = new TextTable();
  #replaced = 0;

  /**
   * Begins without rows.
   *
   * @param path the file, for errors.
   * @param predictSafe whether the scores rise with safety; they are negated then.
   */
  constructor(readonly path: string, readonly predictSafe: boolean) {}

  /**
   * Adds the rows of some lines.
   *
   * @param bytes the lines.
   * @param line number of the first.
   * @returns that of the line behind them; throws a `UserError` where one is bad.
   */
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

  /**
   * Adds rows of a plain file.
   *
   * @param range which of its lines.
   * @param line number of the first.
   * @returns that of the line behind them; throws a `UserError` where one is bad.
   */
  addRange(range: ByteRange, line: number): number {
    for (const bytes of readLinesInPlace(this.path, range)) line = this.addLines(bytes, line);
    return line;
  }

  #addPlain(bytes: Uint8Array, row: PlainRow, line: number): void {
    const { idFrom, idTo, sceneFrom, sceneTo, domain, malign, score } = row;
    this.#addId(bytes, idFrom, idTo, line);
    const scene = sceneFrom < 0 ? -1 : this.#scenes.add(bytes, sceneFrom, sceneTo);
    this.#push(line, this.#label(domain, malign, scene), this.predictSafe ? -score : score);
  }

  /**
   * All that was added.
   *
   * @returns arrays, which a later addition may change.
   */
  read(): ReadRows {
    const [ids, labels, replaced] = [this.ids.arrays(), this.#labels, this.#replaced];
    const [labelOf, scores, lines] = [
      this.#labelOf.subarray(0, this.#size),
      this.#scores.subarray(0, this.#size),
      this.#lines.subarray(0, this.#size),
    ];
    return { ids, labels, labelOf, scores, lines, replaced };
  }

  /**
   * Adds rows that other columns have read, behind those that are here.
   *
   * @param rows as {@linkcode Columns.read} gives them.
   * @param before how many lines stand before those that they were read from; throws a `UserError` where an id is here already.
   */
  addRead({ ids, labels, labelOf, scores, lines, replaced }: ReadRows, before: number): void {
    const own = labels.map((label) => this.#labelLike(label));
    for (let i = 0; i < scores.length; i++) {
      const [from, to] = [ids.starts[i], ids.starts[i + 1]];
      const line = before + lines[i];
      this.#addId(ids.bytes, from, to, line);
      this.#push(line, own[labelOf[i]], scores[i]);
    }
    this.#replaced += replaced;
  }

  #addId(bytes: Uint8Array, from: number, to: number, line: number): void {
    if (this.ids.add(bytes, from, to) >= this.#size) return;
    throw this.#repeated(new TextDecoder().decode(bytes.subarray(from, to)), `line ${line}`);
  }

  /** Adds a record that was read whole; throws a `UserError` where it is bad. */
  add(record: FileRecord): void {
    const row = parseScoredRow(this.path, record, this.predictSafe);
    if (this.ids.addText(row.id) < this.#size) throw this.#repeated(row.id, record.place);
    this.#push(record.line, this.#labelLike(row), row.score);
    this.#replaced += record.replaced;
  }

  #push(line: number, label: number, score: number): void {
    const at = this.#size++;
    if (at === this.#scores.length) {
      this.#lines = grown(this.#lines, 2 * at);
      this.#labelOf = grown(this.#labelOf, 2 * at);
      this.#scores = grown(this.#scores, 2 * at);
    }
    this.#lines[at] = line;
    this.#labelOf[at] = label;
    this.#scores[at] = score;
  }

  #repeated(id: string, place: string): UserError {
    const [word] = place.split(" "); // line or row
    return repeatedId(this.path, place, id, `${word} ${this.#lines[this.ids.addText(id)]}`);
  }

  #labelLike({ domain, malign, scene }: EvaluatedRow): number {
    const place = scene === undefined ? -1 : this.#scenes.addText(scene);
    return this.#label(KNOWN.indexOf(domain), malign, place);
  }

  /** The place of a label; rows that agree in it share one. */
  #label(domain: number, malign: number, scene: number): number {
    const key = 2 * ((scene + 1) * DOMAINS.length + domain) + malign;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const label = { domain: DOMAINS[domain], malign };
    const place = this.#labels.push(
      scene < 0 ? label : { ...label, scene: this.#scenes.text(scene) },
    ) - 1;
    this.#places.set(key, place);
    return place;
  }
}
