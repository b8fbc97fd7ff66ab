// deno-lint-ignore-file no-console -- a script prints
/**
 * Draws what `deno task score` wrote: how the scores of your conversations are spread, and where the threshold stands.
 *
 *     deno run --allow-read --allow-write=. examples/plot_scores.ts scored.jsonl scores.svg
 *
 * @module
 */
import { streamJsonl } from "../lib/conversation/jsonl.ts";
import { type Figure, renderFigure } from "../lib/report/figure.ts";

const [input, output] = Deno.args;
if (output === undefined) {
  console.error("Usage: plot_scores.ts SCORED.jsonl FIGURE.svg");
  Deno.exit(2);
}

const values: { score: number; flagged: string }[] = [];
for await (const { value } of streamJsonl(input)) {
  const { score, flagged } = value as { score: number; flagged: boolean };
  values.push({ score, flagged: flagged ? "flagged" : "passed" });
}

const figure: Figure = {
  title: { text: "Scores of a log", subtitle: `${values.length} conversations` },
  data: { values },
  width: 560,
  height: 240,
  mark: "bar",
  encoding: {
    x: { field: "score", bin: { maxbins: 60 }, title: "fused score" },
    y: { aggregate: "count", title: "conversations", scale: { type: "symlog" } },
    color: { field: "flagged", type: "nominal", title: null },
  },
};
Deno.writeTextFileSync(output, await renderFigure(figure));
console.log(
  `${values.filter(({ flagged }) => flagged === "flagged").length} flagged, drawn in ${output}`,
);
