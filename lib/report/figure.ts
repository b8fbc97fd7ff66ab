/**
 * Figures: a Vega-Lite specification, rendered to SVG with the same bytes every time.
 *
 * @module
 */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** A figure's specification; see https://vega.github.io/vega-lite/docs/. */
export type Figure = TopLevelSpec;

/**
 * Renders a figure.
 *
 * @param figure its specification, the data included.
 * @returns an SVG document with a trailing newline.
 */
export async function renderFigure(figure: Figure): Promise<string> {
  const { spec } = compile({ config: style, ...figure } as TopLevelSpec);
  const view = new vega.View(vega.parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg + "\n";
}

const style = {
  background: "white",
  font: "Helvetica, Arial, sans-serif",
  axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", labelLimit: 220 },
  legend: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", symbolLimit: 0 },
  title: { fontSize: 14, anchor: "start", subtitleFontSize: 11, subtitleColor: "#555" },
};

/** One colour for each monitor, in all figures; safe for the common kinds of colour blindness (Okabe and Ito). */
const colours: Readonly<Record<string, string>> = {
  "guard": "#0072B2",
  "bag of words": "#E69F00",
  "length": "#999999",
  "perplexity": "#009E73",
  "mahalanobis": "#D55E00",
  "ensemble": "#56B4E9",
  "judge": "#CC79A7",
};

/**
 * The colours of some monitors.
 *
 * @param monitors their names; a name that begins with a known one has its colour.
 * @returns a Vega-Lite scale.
 */
export function monitorScale(monitors: readonly string[]): { domain: string[]; range: string[] } {
  const colourOf = (name: string) => {
    const known = Object.keys(colours).find((prefix) => name.startsWith(prefix));
    return known === undefined ? "#000000" : colours[known];
  };
  return { domain: [...monitors], range: monitors.map(colourOf) };
}
