import assert from "node:assert/strict";
import { type Figure, renderFigure } from "./figure.ts";

const figure = {
  data: { values: [{ x: 1, y: 2, name: "a long name of a group" }, { x: 2, y: 1, name: "b" }] },
  mark: { type: "point", clip: true },
  encoding: {
    x: { field: "x", type: "quantitative" },
    y: { field: "name", type: "nominal" },
    color: { field: "y", type: "quantitative" },
  },
} as Figure;

Deno.test("renderFigure() gives the same bytes whatever was drawn before", async () => {
  const first = await renderFigure(figure);
  assert.match(first, /url\(#clip\d+\)[^]*url\(#gradient_\d+\)/); // what Vega numbers
  assert.equal(await renderFigure(figure), first);
  const atOnce = await Promise.all([renderFigure(figure), renderFigure(figure)]);
  assert.deepEqual(atOnce, [first, first]);
});

Deno.test("renderFigure() leaves labels about the room that they need", async () => {
  const svg = await renderFigure(figure);
  const [, left] = /<g fill="none"[^>]* transform="translate\((\d+),/.exec(svg)!;
  // 22 characters at 11 px are 110 px wide in Helvetica; the axis' title and ticks need about 30
  // beside them
  assert.ok(Number(left) > 130 && Number(left) < 170, left);
});
