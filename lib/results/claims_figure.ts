/**
 * The published claims as a figure: what is claimed as a range, and ours as a point with its interval.
 *
 * @module
 */
import type { Figure } from "../report/figure.ts";
import { inPercent } from "../report/table.ts";
import type { JudgedClaim, Verdict } from "./claims.ts";

/** Verdicts differ in colour and in shape. */
const VERDICTS: Record<Exclude<Verdict, "not evaluated">, { colour: string; shape: string }> = {
  "holds": { colour: "#009E73", shape: "circle" },
  "does not hold": { colour: "#D55E00", shape: "cross" },
  "not decided by this data": { colour: "#666666", shape: "diamond" },
};

/**
 * Draws judged claims.
 *
 * @param judged claims, of which those that were evaluated are shown.
 * @param synthetic whether the conversations were made up; if so, the figure says it.
 * @returns a Vega-Lite specification.
 */
export function claimsFigure(judged: readonly JudgedClaim[], synthetic: boolean): Figure {
  const evaluated = judged.flatMap(({ claim: { claim, predicate }, ours, verdict }) =>
    ours === null ? [] : [{ claim: inLines(claim), predicate, verdict, ...inPercent(ours) }]
  );
  const bounds = evaluated.flatMap(({ low, high, predicate: { above = 0, below = 0 } }) =>
    [low, high, 100 * above, 100 * below].map(Math.abs)
  );
  const limit = Math.ceil(Math.max(5, ...bounds) / 5) * 5;
  const values = evaluated.map(({ predicate: { above = -1, below = 1 }, ...rest }) => ({
    ...rest,
    from: Math.max(100 * above, -limit),
    to: Math.min(100 * below, limit),
  }));
  const names = Object.keys(VERDICTS) as (keyof typeof VERDICTS)[];
  const y = {
    field: "claim",
    type: "nominal",
    sort: null,
    title: null,
    axis: {
      labelLimit: 0,
      labelOffset: -5,
      labelExpr: "split(datum.label, '\\n')",
      domain: false,
      ticks: false,
    },
  };
  const x = {
    type: "quantitative",
    scale: { domain: [-limit, limit], nice: false },
    title: "%, or points of difference",
  };
  const ofVerdict = (range: string[]) => ({
    field: "verdict",
    type: "nominal",
    scale: { domain: names, range },
    title: null,
    legend: { labelLimit: 0 },
  });
  const color = ofVerdict(names.map((name) => VERDICTS[name].colour));
  const shape = ofVerdict(names.map((name) => VERDICTS[name].shape));
  return {
    title: {
      text: "Claims, and what our data says of them",
      subtitle: `band: the claimed range; point and line: ours with its 95% interval${
        synthetic ? "; synthetic conversations" : ""
      }`,
    },
    data: { values },
    width: 500,
    height: { step: 28 },
    layer: [
      {
        mark: { type: "bar", color: "#dce8f2", height: 18 },
        encoding: { y, x: { ...x, field: "from" }, x2: { field: "to" } },
      },
      { mark: { type: "rule", color: "#555", strokeWidth: 0.7 }, encoding: { x: { datum: 0 } } },
      {
        mark: { type: "rule", strokeWidth: 2 },
        encoding: { y, color, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 70, opacity: 1 },
        encoding: { y, color, shape, x: { ...x, field: "estimate" } },
      },
    ],
  } as Figure;
}

/** A sentence in lines of at most 60 characters: two of them have room between one claim and the next. */
function inLines(sentence: string): string {
  return sentence.replace(/(.{1,60})(?: |$)/g, "$1\n").trimEnd();
}
