/**
 * HTML in which text stays text: whatever is put into {@linkcode markup} is escaped, unless it is
 * HTML that was made here.
 *
 * @module
 */

/** A piece of HTML; an object of another class, such as one read from JSON, is none. */
export class Html {
  /** As it stands in a page. */
  readonly source: string;

  /**
   * Takes a text for HTML as it is. Only for what this project itself drew or wrote, never for text
   * that it was given.
   *
   * @param source of whole elements.
   */
  constructor(source: string) {
    this.source = source;
  }
}

/** What may stand in a template: text, which is escaped, or pieces of HTML. */
export type Part = string | number | Html | readonly Part[];

/**
 * Makes HTML from a template. Attributes must stand in double quotes.
 *
 * @param literals the template's own text, taken as it is.
 * @param parts what stands between; lists are joined.
 * @returns the piece of HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { markup } from "./html.ts";
 * const hostile = "<script>";
 * assert.equal(markup`<p>${hostile}</p>`.source, "<p>&#60;script&#62;</p>");
 * ```
 */
export function markup(literals: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(
    literals.map((literal, i) => literal + (i < parts.length ? sourceOf(parts[i]) : "")).join(""),
  );
}

function sourceOf(part: Part): string {
  if (part instanceof Html) return part.source;
  if (Array.isArray(part)) return part.map(sourceOf).join("");
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
