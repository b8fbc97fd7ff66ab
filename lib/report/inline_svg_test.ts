import assert from "node:assert/strict";
import { type Figure, renderFigure } from "./figure.ts";
import { inlineSvg } from "./inline_svg.ts";

const hostile = `</svg><script>alert("1")</script> $& $\` $1`;

/** A figure that needs ids: its legend is a gradient, and its marks are clipped. */
const figure = {
  title: hostile,
  data: { values: [{ x: 1, y: 2, group: hostile }, { x: 2, y: 1, group: "b" }] },
  mark: { type: "point", clip: true },
  encoding: {
    x: { field: "x", type: "quantitative", scale: { domain: [0, 1] }, title: hostile },
    y: { field: "group", type: "nominal" },
    color: { field: "y", type: "quantitative" },
  },
} as Figure;

Deno.test("inlineSvg() gives every figure ids of its own, and leads each reference to its own figure", async () => {
  const svg = await renderFigure(figure);
  const [one, other] = ["one", "other"].map((name) => inlineSvg(svg, name, "A figure").source);
  const ids = (source: string) => [...source.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.ok(ids(one).length >= 2);
  assert.ok(ids(one).every((id) => id.startsWith("one-")));
  assert.equal(new Set([...ids(one), ...ids(other)]).size, ids(one).length + ids(other).length);
  const references = [...one.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id);
  assert.ok(references.length >= 2);
  for (const id of references) assert.ok(ids(one).includes(id), id);
});

Deno.test("inlineSvg() describes the figure as one image, and nothing in it can run", async () => {
  const source = inlineSvg(await renderFigure(figure), "one", `all "of" $& it`).source;
  assert.match(source, /^<svg role="img" aria-label="all &#34;of&#34; \$&#38; it"/);
  assert.equal(source.match(/role=/g)!.length, 1);
  assert.doesNotMatch(source, /<script|<\/svg>./s);
  assert.match(source, /<\/svg>$/);
});
