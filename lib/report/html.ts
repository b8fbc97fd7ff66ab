/**
 * HTML in which text stays text: whatever is put into {@linkcode html} is escaped, unless it is HTML that was made here.
 *
 * @module
 */

/** A piece of HTML; an object of another class, such as one read from JSON, is none. */
export class Html {
  /** The markup itself. */
  readonly markup: string;

  /**
   * Takes a text for HTML as it is. Only for what this project itself drew or wrote, never for text that it was given.
   *
   * @param markup of whole elements.
   */
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: text, which is escaped, or pieces of HTML. */
export type Part = string | number | Html | readonly Part[];

/**
 * Makes HTML from a template. Attributes must stand in double quotes.
 *
 * @param literals the template's own markup, taken as it is.
 * @param parts what stands between; lists are joined.
 * @returns the piece of HTML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { html } from "./html.ts";
 * const hostile = "<script>alert(1)</script>";
 * assert.equal(html`<p>${hostile}</p>`.markup, "<p>&#60;script&#62;alert(1)&#60;/script&#62;</p>");
 * ```
 */
export function html(literals: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(
    literals.map((literal, i) => literal + (i < parts.length ? markupOf(parts[i]) : "")).join(""),
  );
}

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (Array.isArray(part)) return part.map(markupOf).join("");
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
