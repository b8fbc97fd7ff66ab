/**
 * JSON with one spelling: RFC 8785 (sorted keys, no blanks), numbers rounded to 6 significant
 * digits, a newline at the end. Equal values give equal bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** What an artifact may hold. */
export type Json = string | number | boolean | null | readonly Json[] | {
  readonly [key: string]: Json;
};

/** A value as {@linkcode roundNumbers} gives it back: the same, but that arrays of typed numbers are plain lists. */
export type Rounded<T> = T extends Json ? T
  : T extends ArrayBufferView ? number[]
  : T extends object ? { [Key in keyof T]: Rounded<Exclude<T[Key], undefined>> }
  : T;

/**
 * Rounds every number of a value; throws on NaN and infinities, which JSON would turn into null.
 *
 * @param value anything JSON can hold; `undefined` fields are dropped.
 * @param digits significant digits kept, from 1 to 100. Default 6.
 * @returns a rounded copy, of the same type.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { roundNumbers } from "./json.ts";
 * const rounded = roundNumbers({ third: 1 / 3, count: 1234567 }, 2);
 * assert.deepEqual(rounded, { third: 0.33, count: 1234567 });
 * ```
 */
export function roundNumbers<T>(value: T, digits = 6): Rounded<T> {
  const visit = (v: unknown, path: string): Json => {
    if (typeof v === "number") {
      if (!Number.isFinite(v)) {
        throw new RangeError(`Cannot write JSON: ${path} must be finite, got ${v}`);
      }
      return Number.isInteger(v) ? v : Number(v.toPrecision(digits));
    }
    if (v === null || typeof v === "string" || typeof v === "boolean") return v;
    if (ArrayBuffer.isView(v)) {
      return Array.from(v as Float64Array, (x, i) => visit(x, `${path}[${i}]`));
    }
    if (Array.isArray(v)) return v.map((x, i) => visit(x, `${path}[${i}]`));
    if (typeof v === "object") {
      const entries = Object.entries(v as object).filter(([, x]) => x !== undefined);
      return Object.fromEntries(entries.map(([k, x]) => [k, visit(x, `${path}.${k}`)]));
    }
    throw new TypeError(`Cannot write JSON: ${path} must be data, got ${typeof v}`);
  };
  return visit(value, "$") as Rounded<T>;
}

/**
 * The canonical text of an artifact.
 *
 * @param value anything JSON can hold.
 * @param digits significant digits kept; 17 keep every bit. Default 6.
 * @returns RFC 8785 text of the rounded value, with a trailing newline.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { canonicalJson } from "./json.ts";
 * assert.equal(canonicalJson({ b: 2 / 3, a: [1] }), '{"a":[1],"b":0.666667}\n');
 * ```
 */
export function canonicalJson(value: unknown, digits = 6): string {
  return canonicalize(roundNumbers(value, digits)) + "\n";
}

/**
 * SHA-256 of text or bytes.
 *
 * @param data text (as UTF-8) or bytes.
 * @returns 64 lowercase hexadecimal digits.
 */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * SHA-256 of many texts as if they were one, which may be longer than a string can be.
 *
 * @param texts in order, hashed as UTF-8.
 * @returns 64 lowercase hexadecimal digits.
 */
export function sha256OfAll(texts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
}

/**
 * A key for the cache: the hash of everything that a result depends on, unrounded.
 *
 * @param parts settings and hashes of inputs, as JSON data.
 * @returns 64 lowercase hexadecimal digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hashOf } from "./json.ts";
 * assert.equal(hashOf({ a: 1, b: 2 }), hashOf({ b: 2, a: 1 })); // the order of keys says nothing
 * ```
 */
export function hashOf(parts: unknown): string {
  const text = canonicalize(parts);
  if (text === undefined) throw new TypeError("Cannot hash: the parts must be JSON data");
  return sha256(text);
}
