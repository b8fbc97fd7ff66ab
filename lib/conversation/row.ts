/**
 * The row of a suite: one conversation, its domain and its label. A file of rows is checked whole, and
 * the first bad row is an error with its line; no row is ever skipped.
 *
 * @module
 */
import { suggestName, UserError } from "../core/errors.ts";
import { type Domain, DOMAINS, isDomain } from "./domains.ts";
import { isRawNumber } from "../core/exact_json.ts";
import { cutText } from "../core/text.ts";
import { emptyFile, replacedNote } from "./jsonl.ts";
import { readRecords } from "./records.ts";
import { saysNothing } from "./render.ts";

/** One labelled conversation. */
export interface Row {
  /** Unique in its suite; says nothing about the label. */
  id: string;
  /** Turns, each beginning `\n\nHuman: `, `\n\nAssistant: `, `\n\nSystem: ` or `\n\nFunction: `. */
  conversation: string;
  /** What kind of conversation it is. */
  domain: Domain;
  /** 1 where what the assistant does in it is unsafe or misaligned, else 0. */
  malign: 0 | 1;
  /** Where it was written by hand as a scene, `<domain>/<scene>`; rows of one scene resemble each other. */
  scene?: string;
}

/** What grouping by domain and label needs to know of a row. */
export interface Labelled {
  /** One of the known domains. */
  domain: string;
  /** 1 where the row is unsafe, else 0. */
  malign: number;
}

/**
 * Which rows are safe.
 *
 * @param rows labelled rows.
 * @returns their indices, ascending.
 */
export function safeRows(rows: readonly Pick<Row, "malign">[]): number[] {
  return rows.flatMap(({ malign }, i) => malign ? [] : [i]);
}

/**
 * What a row belongs to: rows of one scene resemble each other, and are drawn, dealt and held out together.
 *
 * @param row of a suite.
 * @returns its scene, or its id where it has none.
 */
export function sceneOf({ scene, id }: Pick<Row, "id" | "scene">): string {
  return scene ?? id;
}

/** Columns that a row is made of; no others of a Parquet file are decoded. */
const COLUMNS = ["id", "conversation", "domain", "malign", "safe", "scene"];

/**
 * Reads and checks a file of rows. The label column is `malign`, or `safe`, which is its opposite.
 *
 * @param path a file of JSON Lines, gzipped or not, or of Parquet.
 * @param say told once, where lone surrogates were replaced.
 * @returns its rows in file order, perhaps none; throws a {@linkcode UserError} with the line or row of the first bad one.
 */
export async function readRows(path: string, say?: (message: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const ids = new DistinctIds(path);
  let replaced = 0;
  for await (const record of readRecords(path, (name) => COLUMNS.includes(name))) {
    const row = parseRow(path, record.place, record.value);
    ids.add(row.id, record.place);
    replaced += record.replaced;
    rows.push(row);
  }
  if (replaced > 0) say?.(replacedNote(path, replaced));
  return rows;
}

/** The ids of a file, of which no two may be the same. */
export class DistinctIds {
  readonly #placeOf = new Map<string, string>();

  /**
   * Begins without any.
   *
   * @param path the file, for errors.
   */
  constructor(readonly path: string) {}

  /**
   * Adds an id; throws a {@linkcode UserError} where it is there already.
   *
   * @param id of a row.
   * @param place where the row stands.
   */
  add(id: string, place: string): void {
    const earlier = this.#placeOf.get(id);
    if (earlier !== undefined) throw repeatedId(this.path, place, id, earlier);
    this.#placeOf.set(id, place);
  }

  /** Throws a {@linkcode UserError} where there are none: the file is empty. */
  requireSome(): void {
    if (this.#placeOf.size === 0) throw emptyFile(this.path);
  }
}

/**
 * The error of a row whose id another has.
 *
 * @param path the file.
 * @param place where the row stands.
 * @param id of both.
 * @param earlier where the other stands.
 * @returns the error to throw.
 */
export function repeatedId(path: string, place: string, id: string, earlier: string): UserError {
  const problem = `the id "${id}" stands on ${earlier} already`;
  return badRow(path, place, problem, "Give every row its own id.");
}

/**
 * An id as the text by which rows are told apart and compared: the text itself, or the digits of a number of any size.
 *
 * @param id what a file holds.
 * @returns undefined for what is neither.
 */
export function idText(id: unknown): string | undefined {
  if (typeof id === "string") return id;
  if (isRawNumber(id)) return id.rawJSON;
  return typeof id === "number" && Number.isFinite(id) ? String(id) : undefined;
}

/**
 * Checks one record of a file of rows; columns that no row has are ignored.
 *
 * @param path the file, for the error.
 * @param place where it stands, for the error: `line 3`.
 * @param value what it holds.
 * @returns the row; throws a {@linkcode UserError} where a column is missing or wrong.
 */
export function parseRow(path: string, place: string, value: unknown): Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRow(path, place, "it is no JSON object", `Write one row a line: ${EXAMPLE}`);
  }
  const columns = value as Record<string, unknown>;
  const text = (name: string): string => {
    const found = columns[name];
    if (found === undefined) throw missingColumn(path, place, name, columns);
    if (typeof found === "string" && found.trim() !== "") return found;
    const problem = `"${name}" must be text that is not empty, got ${show(found)}`;
    throw badRow(path, place, problem, "Correct or remove the row.");
  };
  const id = columns.id === undefined ? text("id") : idText(columns.id) ?? text("id");
  if (id.trim() === "") text("id");
  const conversation = text("conversation");
  if (saysNothing(conversation)) {
    const problem = `"conversation" must say something, got ${show(conversation)}`;
    throw badRow(path, place, problem, "Correct or remove the row.");
  }
  const domain = text("domain");
  if (!isDomain(domain)) {
    throw badRow(path, place, `unknown domain "${domain}"`, suggestName(domain, DOMAINS));
  }
  const row: Row = { id, conversation, domain, malign: labelOf(path, place, columns) };
  return typeof columns.scene === "string" ? { ...row, scene: columns.scene } : row;
}

/**
 * Reads a row's label: `malign`, or `safe`, which is its opposite; 0 and 1, or false and true.
 *
 * @param path the file, for the error.
 * @param place where the row stands, for the error: `line 3`.
 * @param columns of the row.
 * @returns 1 = unsafe; throws a {@linkcode UserError} where the label is missing or wrong.
 */
export function labelOf(path: string, place: string, columns: Record<string, unknown>): 0 | 1 {
  const { malign, safe } = columns;
  if (malign === undefined && safe === undefined) {
    const found = Object.keys(columns).join(", ") || "none";
    const remedy = `Label unsafe rows malign 1 and safe rows malign 0; this one has: ${found}.`;
    throw badRow(path, place, 'the column "malign" is missing', remedy);
  }
  const [name, given] = malign === undefined ? ["safe", safe] : ["malign", malign];
  const value = truthValue(given);
  if (value !== 0 && value !== 1) {
    const problem = `"${name}" must be 0 or 1, got ${show(given)}`;
    throw badRow(path, place, problem, "Label unsafe rows malign 1 and safe rows malign 0.");
  }
  if (malign !== undefined && safe !== undefined && truthValue(safe) !== 1 - value) {
    const problem = `"malign" ${show(malign)} and "safe" ${show(safe)} contradict each other`;
    throw badRow(path, place, problem, "Keep one of the two columns.");
  }
  return (value === 1) === (name === "malign") ? 1 : 0;
}

/** A label may be a truth value, as a data frame writes it. */
function truthValue(label: unknown): unknown {
  return typeof label === "boolean" ? Number(label) : label;
}

const EXAMPLE =
  `{"id": "a-1", "conversation": "\\n\\nHuman: …", "domain": "scheming", "malign": 1}`;

/**
 * A value as errors quote it.
 *
 * @param value from a line of JSON, or undefined.
 * @returns its JSON, at most 40 characters of it.
 */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${cutText(text, 40)}…` : text;
}

function missingColumn(path: string, place: string, name: string, columns: object): UserError {
  const found = Object.keys(columns).join(", ") || "none";
  return badRow(
    path,
    place,
    `the column "${name}" is missing`,
    `A row has the form ${EXAMPLE}; this one has: ${found}.`,
  );
}

/**
 * The error of a bad row.
 *
 * @param path the file.
 * @param place where it stands: `line 3`, or `row 3` of a Parquet file.
 * @param problem what is wrong with it.
 * @param remedy what to do.
 * @returns the error to throw.
 */
export function badRow(path: string, place: string, problem: string, remedy: string): UserError {
  return new UserError(`Cannot read "${path}" ${place}: ${problem}`, remedy);
}
