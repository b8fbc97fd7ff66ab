/**
 * Figures inside a page. This is the one place that changes SVG as text, as Vega can be told neither
 * to prefix its ids (`clip0`), which must differ between the figures of a page, nor to leave out the
 * roles and labels of marks in the page alone: the `.svg` file of the same drawing keeps them.
 *
 * @module
 */
import { Html, markup } from "./html.ts";

/**
 * Makes a rendered figure fit to stand in a page among others: its ids are its own, and to a screen
 * reader it is one image with a description, as the marks by themselves say nothing.
 *
 * @param svg as `renderFigure` gives it.
 * @param name of the figure, once in a page; its ids begin with it.
 * @param description what a reader who cannot see the figure should know.
 * @returns an `svg` element.
 */
export function inlineSvg(svg: string, name: string, description: string): Html {
  const tags = svg.trim().replace(/<[^>]+>/g, (tag) =>
    tag
      .replace(/ (?:role|aria-[a-z]+|xmlns:xlink|version|class|pointer-events)="[^"]*"/g, "")
      .replace(/ id="|url\(#|href="#/g, (start) => `${start}${name}-`));
  const start = markup`<svg role="img" aria-label="${description}"`.source;
  return new Html(tags.replace("<svg", () => start)); // as a text, `$&` in it would mean something
}
