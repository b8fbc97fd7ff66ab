/**
 * JSON that comes out as it went in. A JavaScript number holds whole numbers to 2^53 only: an id such as 1290473920184655873 would
 * come out as another. A number that does not fit is kept as its own text, in what V8 calls a raw JSON value, which
 * `JSON.stringify` writes as it was read. Lone surrogates ("\ud83d" without its other half), which JSON permits and UTF-8 does
 * not, are replaced by U+FFFD and counted: what is written can always be read back, here and elsewhere.
 *
 * @module
 */

/** A number as its text, because JavaScript's numbers cannot hold it; `JSON.stringify` writes the text. */
export interface RawNumber {
  /** The text, such as `12345678901234567890`. */
  readonly rawJSON: string;
}

/** What a text of JSON holds. */
export interface ExactJson {
  /** Its value; numbers that do not fit are {@linkcode RawNumber}s, strings are well formed. */
  value: unknown;
  /** How many lone surrogates were replaced. */
  replaced: number;
}

/** What V8 has and TypeScript does not declare yet. */
const json = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
};

/** Sixteen digits or an exponent: only then may a number not fit. Elsewhere the parser alone does, ten times as fast. */
const MAY_NOT_FIT = /\d{16}|\d[eE]/;

/** The escape of half a surrogate pair: only then may a string be ill formed. */
const MAY_BE_LONE = /\\u[dD][89a-fA-F]/;

/**
 * Parses JSON without changing a number.
 *
 * @param text the JSON.
 * @returns its value; throws the parser's `SyntaxError` where it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { value } = parseExact('{"id":1290473920184655873}');
 * assert.equal(JSON.stringify(value), '{"id":1290473920184655873}');
 * ```
 */
export function parseExact(text: string): ExactJson {
  const value = MAY_NOT_FIT.test(text)
    ? json.parse(
      text,
      (_, value, { source }) => typeof value === "number" ? exactNumber(value, source!) : value,
    )
    : JSON.parse(text);
  return MAY_BE_LONE.test(text) ? wellFormed(value) : { value, replaced: 0 };
}

/** A number beyond 2^53, or so large that it became infinite, as its text. */
function exactNumber(value: number, source: string): number | RawNumber {
  const fits = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return fits ? value : json.rawJSON(source);
}

/**
 * A whole number of any size, as {@linkcode parseExact} would have read it.
 *
 * @param value the number, such as a column of 64-bit integers holds it.
 * @returns a number where it fits, else its text.
 */
export function fromBigInt(value: bigint): number | RawNumber {
  return exactNumber(Number(value), String(value));
}

/**
 * Whether a value is a number that was kept as text.
 *
 * @param value of {@linkcode parseExact}, or part of it.
 * @returns true for a {@linkcode RawNumber}.
 */
export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}

/**
 * Replaces lone surrogates by U+FFFD.
 *
 * @param value JSON data; it is left as it is.
 * @returns the value with well-formed strings and names, and how many were replaced.
 */
export function wellFormed(value: unknown): ExactJson {
  let replaced = 0;
  const ofText = (text: string): string => {
    if (text.isWellFormed()) return text;
    replaced += [...text].filter((char) => !char.isWellFormed()).length;
    return text.toWellFormed();
  };
  const visit = (v: unknown): unknown => {
    if (typeof v === "string") return ofText(v);
    if (Array.isArray(v)) return v.map(visit);
    if (!isObject(v)) return v;
    return Object.fromEntries(Object.entries(v).map(([name, x]) => [ofText(name), visit(x)]));
  };
  return { value: visit(value), replaced };
}

/**
 * Whether a value is an object with named fields: no list, no null, no number kept as text.
 *
 * @param value of {@linkcode parseExact}, or part of it.
 * @returns true for such an object.
 */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !ArrayBuffer.isView(value) && !isRawNumber(value);
}

/**
 * JSON with a blank behind every comma and colon, as Python writes it, and with it most of what tools are given.
 *
 * @param value JSON data, perhaps of {@linkcode parseExact}.
 * @returns one line of text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(spacedJson({ sku: "P-7", sizes: [1, 2] }), '{"sku": "P-7", "sizes": [1, 2]}');
 * ```
 */
export function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, v]) => v !== undefined);
  return `{${fields.map(([name, v]) => `${JSON.stringify(name)}: ${spacedJson(v)}`).join(", ")}}`;
}

/**
 * The words NaN and Infinity, which Python writes and JSON does not know, in a text that is no JSON because of them.
 *
 * @param text what could not be parsed.
 * @returns the first such word outside of strings, and the name of its field where it has one; undefined where there is none.
 */
export function findNotFinite(text: string): { word: string; field?: string } | undefined {
  const token = /("(?:[^"\\]|\\.)*")\s*(:?)|(-?(?:NaN|Infinity))\b|[[\]{},]/g;
  let field: string | undefined;
  for (const [found, name, colon, word] of text.matchAll(token)) {
    if (word !== undefined) return field === undefined ? { word } : { word, field };
    if (colon === ":") field = JSON.parse(quoted(name));
    else if (found === "," || found === "{" || found === "}") field = undefined;
  }
  return undefined;
}

/** The name as the file has it, or, where it is no JSON either, as a string of its characters. */
function quoted(name: string): string {
  try {
    JSON.parse(name);
    return name;
  } catch {
    return JSON.stringify(name.slice(1, -1));
  }
}
