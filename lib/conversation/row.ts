/**
 * The row of a suite: one conversation, its domain and its label. A file of rows is checked whole, and
 * the first bad row is an error with its line; no row is ever skipped.
 *
 * @module
 */
import { suggestName, UserError } from "../core/errors.ts";
import { type Domain, DOMAINS, isDomain } from "./domains.ts";
import { type JsonLine, readJsonl } from "./jsonl.ts";

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
 * Reads and checks a file of rows. The label column is `malign`, or `safe`, which is its opposite.
 *
 * @param path a `.jsonl`, `.jsonl.gz` or `.parquet` file.
 * @returns its rows in file order; throws a {@linkcode UserError} with the line or row of the first bad one.
 */
export async function readRows(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  const placeOf = new Map<string, string>();
  for await (const { place, value } of readRecords(path)) {
    const row = checkRow(path, place, value);
    const earlier = placeOf.get(row.id);
    if (earlier !== undefined) {
      const problem = `the id "${row.id}" stands on ${earlier} already`;
      throw badRow(path, place, problem, "Give every row its own id.");
    }
    placeOf.set(row.id, place);
    rows.push(row);
  }
  return rows;
}

/** What a file holds, one value a row, and where each stands. */
async function* readRecords(path: string): AsyncGenerator<{ place: string; value: unknown }> {
  if (path.endsWith(".parquet")) {
    const { readParquet } = await import("./parquet.ts"); // its decoders are large, and seldom needed
    for await (const { row, value } of readParquet(path)) yield { place: `row ${row}`, value };
  } else {
    for (const { line, value } of readJsonl(path)) yield { place: `line ${line}`, value };
  }
}

/**
 * Checks one line of a file of rows; columns that no row has are ignored.
 *
 * @param path the file, for the error.
 * @param record what the line holds.
 * @returns the row; throws a {@linkcode UserError} where a column is missing or wrong.
 */
export function parseRow(path: string, { line, value }: JsonLine): Row {
  return checkRow(path, `line ${line}`, value);
}

function checkRow(path: string, place: string, value: unknown): Row {
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
  const id = text("id");
  const conversation = text("conversation");
  const domain = text("domain");
  if (!isDomain(domain)) {
    throw badRow(path, place, `unknown domain "${domain}"`, suggestName(domain, DOMAINS));
  }
  const row: Row = { id, conversation, domain, malign: labelOf(path, place, columns) };
  return typeof columns.scene === "string" ? { ...row, scene: columns.scene } : row;
}

/**
 * Reads a row's label: `malign`, or `safe`, which is its opposite.
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
  const [name, value] = malign === undefined ? ["safe", safe] : ["malign", malign];
  if (value !== 0 && value !== 1) {
    const problem = `"${name}" must be 0 or 1, got ${show(value)}`;
    throw badRow(path, place, problem, "Label unsafe rows malign 1 and safe rows malign 0.");
  }
  if (malign !== undefined && safe !== undefined && safe !== 1 - value) {
    const problem = `"malign" ${show(malign)} and "safe" ${show(safe)} contradict each other`;
    throw badRow(path, place, problem, "Keep one of the two columns.");
  }
  return (value === 1) === (name === "malign") ? 1 : 0;
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
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
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
