/**
 * Figures: a Vega-Lite specification, rendered to SVG with the same bytes every time. What a figure
 * looks like (fonts, colours, widths) is said in Vega's terms, in `style` below; SVG text is changed
 * only where XML admits no such character.
 *
 * @module
 */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { visible } from "../core/foreign_text.ts";
import { textWidth } from "./text_width.ts";

/** A figure's specification; see https://vega.github.io/vega-lite/docs/. */
export type Figure = TopLevelSpec;

/** The figure that is being drawn, if any. */
let drawing: Promise<unknown> = Promise.resolve();

/**
 * Renders a figure, after those that were asked for before it.
 *
 * @param figure its specification, the data included.
 * @returns an SVG document with a trailing newline.
 */
export function renderFigure(figure: Figure): Promise<string> {
  const svg = drawing.then(() => draw(figure));
  drawing = svg.catch(() => {}); // whoever asked for it is told
  return svg;
}

async function draw(figure: Figure): Promise<string> {
  const { spec } = compile({ config: style, ...figure } as TopLevelSpec);
  const view = new vega.View(vega.parse(spec), { renderer: "none" });
  resetSVGDefIds(); // else Vega counts clip paths and gradients on from figure to figure
  const svg = await view.toSVG();
  view.finalize();
  return visible(svg, "\n\t") + "\n";
}

/** Two things that Vega exports and its types leave out. */
const { resetSVGDefIds, textMetrics } = vega as unknown as {
  resetSVGDefIds(): void;
  /** What it asks for the width of a text. */
  textMetrics: { width(item: { fontSize?: number | null; limit?: number }, text: unknown): number };
};

// Vega's configuration has no say in how texts are measured: without a canvas it guesses
// (`text_width.ts`).
textMetrics.width = ({ fontSize, limit = 0 }, text) => {
  const width = textWidth(String(text ?? ""), fontSize ?? 11); // 11 is Vega's default
  return limit > 0 && width > limit ? limit : width;
};

const style = {
  background: "white",
  font: "Helvetica, Arial, sans-serif",
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelLimit: 400,
    labelFlush: false, // labels at the ends would slide along the axis, towards those of the other
  },
  legend: {
    orient: "top", // at the right it would take a third of the width
    columns: 4,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    symbolLimit: 0,
    labelLimit: 400,
  },
  facet: { spacing: 28 }, // so that "100" and the next facet's "0" stand apart
  title: { fontSize: 14, anchor: "start", offset: 12, subtitleFontSize: 11, subtitleColor: "#555" },
};

/**
 * Colours that people with the common kinds of colour blindness can tell apart (Okabe and Ito), and
 * two greys.
 */
const palette = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#E69F00",
  "#CC79A7",
  "#56B4E9",
  "#000000",
  "#888888",
  "#B8A000",
  "#7B4FA3",
];

/** Monitors that keep their colour in all figures. */
const fixed: Readonly<Record<string, string>> = {
  "guard": palette[0],
  "mahalanobis": palette[1],
  "perplexity": palette[2],
  "bag of words": palette[3],
  "length": palette[7],
};

/**
 * The colours of some monitors.
 *
 * @param monitors their names, at most ten.
 * @returns a Vega-Lite scale, in which no two have the same colour.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { monitorScale } from "./figure.ts";
 * const { range } = monitorScale(["mine", "guard"]);
 * assert.deepEqual(range, ["#D55E00", "#0072B2"]); // the guard's colour is kept for it
 * ```
 */
export function monitorScale(monitors: readonly string[]): { domain: string[]; range: string[] } {
  const taken = new Set(monitors.map((name) => fixed[name]));
  const free = palette.filter((colour) => !taken.has(colour));
  return {
    domain: [...monitors],
    range: monitors.map((name) => fixed[name] ?? free.shift() ?? "#000000"),
  };
}
