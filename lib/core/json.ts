/**
 * JSON with one spelling: RFC 8785 (sorted keys, no blanks), numbers rounded to 6 significant digits,
 * a newline at the end. Equal values give equal bytes.
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
 * @param digits significant digits kept.
 * @returns a rounded copy, of the same type.
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
 * @returns RFC 8785 text of the rounded value, with a trailing newline.
 */
export function canonicalJson(value: unknown): string {
  return canonicalize(roundNumbers(value)) + "\n";
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
 * A key for the cache: the hash of everything that a result depends on, unrounded.
 *
 * @param parts settings and hashes of inputs.
 * @returns 64 lowercase hexadecimal digits.
 */
export function hashOf(parts: unknown): string {
  const text = canonicalize(parts);
  if (text === undefined) throw new TypeError("Cannot hash: the parts must be JSON data");
  return sha256(text);
}
