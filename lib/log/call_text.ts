/**
 * A call of a tool as text: `call NAME ARGUMENTS`.
 *
 * @module
 */
import { parseExact, spacedJson } from "../core/exact_json.ts";

/**
 * Writes a call. Arguments that are a text of JSON are written as the same arguments would be that are data.
 *
 * @param call the name of the tool, and what it is given.
 * @returns one line, unless the arguments are a text of several.
 */
export function textOfCall({ name, given }: { name: string; given: unknown }): string {
  const data = typeof given === "string" ? jsonOf(given) : given;
  const text = typeof data === "object" && data !== null ? spacedJson(data) : given ?? "";
  return `call ${name} ${typeof text === "string" ? text : spacedJson(text)}`.trimEnd();
}

/**
 * The data that a text may be.
 *
 * @param text perhaps JSON.
 * @returns what it holds, undefined where it is no JSON.
 */
export function jsonOf(text: string): unknown {
  try {
    return parseExact(text).value;
  } catch {
    return undefined;
  }
}
