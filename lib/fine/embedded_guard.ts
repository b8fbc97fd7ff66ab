/**
 * A guard of a suite as the judge of open-ended answers, its threshold from the calibration split.
 *
 * @module
 */
import { safeRows } from "../conversation/row.ts";
import { openGuardJudge } from "./guard_judge.ts";
import type { Judge } from "./open_ended.ts";
import { thresholdAt } from "../stats/tpr_at_fpr.ts";
import { guardScores } from "../workbench/scores.ts";
import type { Workbench } from "../workbench/workbench.ts";

/** Share of the safe calibration rows that the judge finds unsafe. */
const FPR = 0.01;

/**
 * Opens the first guard of a suite as a judge; it is trained when it is first asked for.
 *
 * @param bench the workbench.
 * @returns a judge, to be held with `await using`, which flags 1% of the safe calibration rows.
 */
export async function suiteGuardJudge(bench: Workbench): Promise<Judge & AsyncDisposable> {
  const { suite, options: { quick, threads } } = bench;
  const [scores] = await guardScores(bench, "calibration", [0]);
  const safe = safeRows(suite.calibration).map((row) => scores[row]);
  const { model } = await bench.guard(0);
  return await openGuardJudge(model, await bench.tokenizer(), {
    name: `${quick ? "quick guard" : "guard"} of suite ${suite.name}`,
    threshold: thresholdAt(safe, FPR),
    threads,
  });
}
