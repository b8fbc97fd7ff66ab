// deno-lint-ignore-file no-console -- a script prints
/**
 * A detector of one's own beside the guard: does an assistant that talks a lot misbehave more? Replace `talkativeness` by your
 * idea. This runs on the guards of the embedded suite, trained when they are not in the cache.
 *
 *     deno run --allow-read --allow-env=ORT_DISABLE_TELEMETRY --allow-ffi --allow-write=.cache examples/my_detector.ts
 *
 * For an experiment that is part of the report, with claims and tests, see `deno task new`.
 *
 * @module
 */
import { evaluate, guardScores, openWorkbench, recallTable, renderTable } from "../mod.ts";

/** The share of a conversation's characters that the assistant said; danger points up. */
function talkativeness(conversation: string): number {
  const turns = conversation.split(/\n\n(?=Human: |Assistant: |System: |Function: )/);
  const said = turns.filter((turn) => turn.trimStart().startsWith("Assistant: "));
  return said.join("").length / Math.max(1, conversation.length);
}

const bench = await openWorkbench({
  suite: Deno.args[0] ?? "mini",
  quick: Deno.args[1] === "quick",
  seeds: 1,
  threads: navigator.hardwareConcurrency,
  cache: ".cache",
  say: console.error,
});
const { test } = bench.suite;
const scores = {
  "guard": await guardScores(bench, "test"),
  "talkativeness": [Float64Array.from(test, ({ conversation }) => talkativeness(conversation))],
};
const { results } = evaluate(test, scores, { streamName: "my_detector", resamples: 500 });
console.log(renderTable(recallTable(results, {
  title: "Does an assistant that talks a lot misbehave more?",
  monitors: Object.keys(scores),
  seeds: 1,
  synthetic: bench.suite.synthetic,
})));
