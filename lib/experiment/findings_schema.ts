/**
 * Schemas of what experiments find, as their artifacts hold it. An experiment states what it finds once, by a schema of these
 * parts; its type follows from that, and an artifact of an older version is told by the field that it lacks. What is exported
 * is marked as internal because `deno doc` takes zod's types for private.
 *
 * @module
 */
import { z } from "zod";
import type { Difference } from "../evaluation/contrasts.ts";
import type { GroupResult } from "../evaluation/evaluation.ts";
import type { Contrasts } from "../evaluation/findings.ts";
import type { Interval } from "../stats/bootstrap.ts";

/**
 * A finite number.
 *
 * @returns the schema.
 * @internal
 */
export function number(): z.ZodNumber {
  return z.number("must be a number");
}

/**
 * How many.
 *
 * @returns the schema.
 * @internal
 */
export function count(): z.ZodNumber {
  return z.int("must be a whole number").nonnegative("must not be below 0");
}

/**
 * Text.
 *
 * @returns the schema.
 * @internal
 */
export function text(): z.ZodString {
  return z.string("must be text");
}

/**
 * Yes or no.
 *
 * @returns the schema.
 * @internal
 */
export function flag(): z.ZodBoolean {
  return z.boolean("must be true or false");
}

/**
 * A list.
 *
 * @param of what each entry must be.
 * @returns the schema.
 * @internal
 */
export function list<Entry extends z.ZodType>(of: Entry): z.ZodArray<Entry> {
  return z.array(of, "must be a list");
}

/**
 * Values by names that are not known beforehand, such as those of monitors.
 *
 * @param of what each value must be.
 * @returns the schema.
 * @internal
 */
export function named<Value extends z.ZodType>(of: Value): z.ZodRecord<z.ZodString, Value> {
  return z.record(z.string(), of, "must hold values by name");
}

/**
 * Fields that must all be there; others may be there too.
 *
 * @param shape what each field must be.
 * @returns the schema.
 * @internal
 */
export function fields<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.object(shape, "must hold fields") as z.ZodObject<Shape>;
}

/**
 * An estimate with its interval.
 *
 * @returns the schema.
 * @internal
 */
export function interval(): z.ZodType<Interval> {
  return fields({ estimate: number(), low: number(), high: number() });
}

/**
 * Figures of monitors, by monitor and group.
 *
 * @returns the schema.
 * @internal
 */
export function results(): z.ZodType<Record<string, Record<string, GroupResult>>> {
  const metrics = named(interval().nullable());
  return named(named(fields({ nSafe: count(), nUnsafe: count(), metrics })));
}

/**
 * Contrasts between monitors.
 *
 * @returns the schema.
 * @internal
 */
export function contrasts(): z.ZodType<Contrasts<Difference>> {
  const difference = fields({
    estimate: number(),
    low: number(),
    high: number(),
    shareAbove: number(),
  });
  return asContrasts(named(difference.nullable()));
}

/**
 * Contrasts of which nothing but the interval is kept.
 *
 * @returns the schema.
 * @internal
 */
export function plainContrasts(): z.ZodType<Contrasts> {
  return asContrasts(named(interval().nullable()));
}

/** Checked by name and value; that nobody reads them by a typed-out name, their own type sees to. */
function asContrasts<Difference extends Interval>(
  record: z.ZodType<Record<string, Difference | null>>,
): z.ZodType<Contrasts<Difference>> {
  return record as z.ZodType<Contrasts<Difference>>;
}

/**
 * What most experiments find: monitors in the order of the table, their results, and contrasts between them.
 *
 * @param more what else the experiment finds. Defaults to nothing.
 * @returns the schema.
 * @internal
 */
export function evaluated<More extends z.ZodRawShape = Record<never, never>>(
  more: More = {} as More,
): z.ZodObject<
  More & {
    monitors: z.ZodArray<z.ZodString>;
    results: z.ZodType<Record<string, Record<string, GroupResult>>>;
    contrasts: z.ZodType<Contrasts<Difference>>;
  }
> {
  return fields({ ...more, monitors: list(text()), results: results(), contrasts: contrasts() });
}
