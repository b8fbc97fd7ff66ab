/**
 * Schemas (`zod`) at the doors through which data comes in: what passes is trusted after, and what does not is one sentence that
 * names the place, the field, and what came.
 *
 * @module
 */
import type { z } from "zod";
import { UserError } from "./errors.ts";
import { excerpt } from "./foreign_text.ts";

/** All that a schema finds wrong with a value. */
export type Problems = z.ZodError;

/** As much of a zod schema as is needed to check with it; a `z.ZodType<T>` is one. */
export interface Schema<T> {
  /**
   * Looks at a value.
   *
   * @param value anything.
   * @returns it as the schema gives it, or what is wrong with it.
   */
  safeParse(
    value: unknown,
  ): { success: true; data: T; error?: undefined } | {
    success: false;
    data?: undefined;
    error: Problems;
  };
}

/**
 * The first thing that a schema finds wrong.
 *
 * @param error what the schema found.
 * @param value what it looked at.
 * @returns such as `"size" must be a whole number, got -1`; the words after the field's name are the schema's own.
 */
export function firstProblem(error: Problems, value: unknown): string {
  const [{ path, message }] = error.issues;
  const got = JSON.stringify(valueAt(value, path)) ?? "nothing";
  const field = path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join(
    "",
  );
  const name = field === "" ? "it" : `"${field.replace(/^\./, "")}"`;
  return `${name} ${message}, got ${excerpt(got, 60)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (at: unknown, key) => (at as Record<PropertyKey, unknown> | null)?.[key],
    value,
  );
}

/**
 * Checks a value.
 *
 * @param schema what it must be; its messages read after the name of a field: `must be text`.
 * @param value what came in.
 * @param place for the error: `Cannot read "x.jsonl" line 3`.
 * @param remedy what to do about it.
 * @returns the value, as the schema gives it; throws a {@linkcode UserError} that names the field.
 */
export function checked<T>(
  schema: Schema<T>,
  value: unknown,
  place: string,
  remedy: string,
): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new UserError(`${place}: ${firstProblem(error, value)}`, remedy);
}
