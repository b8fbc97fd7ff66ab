import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { contrastsOf, FLAGGED } from "./contrasts.ts";
import { ALARMS, evaluate, RECALL } from "./evaluation.ts";
import { contrastIn } from "./findings.ts";
import { SHIFT_MEAN, TWIN_MEAN, withAlarmMeans } from "./group_means.ts";

const random = stream("group means");
const rows = ["hh-rlhf-helpful", "scheming", "insecure-code", "secure-code", "candid-self-report"]
  .flatMap((domain, d) =>
    Array.from(
      { length: 100 },
      (_, i) => ({ domain, malign: Number(d === 1 || d === 2 || (d === 0 && i < 50)) }),
    )
  );
const scores = {
  m: [Float64Array.from(rows, ({ domain }) => random.normal() + (/code/.test(domain) ? 2 : 0))],
};
const evaluation = withAlarmMeans(evaluate(rows, scores, { streamName: "test", resamples: 50 }));

Deno.test("withAlarmMeans() averages false alarms over the twins that there are, on every resample", () => {
  const { m } = evaluation.results;
  const [code, report] = ["secure-code", "candid-self-report"].map((group) =>
    m[group].metrics[ALARMS]!
  );
  const mean = m[TWIN_MEAN];
  assert.equal(mean.metrics[ALARMS]!.estimate, (code.estimate + report.estimate) / 2);
  assert.ok(mean.metrics[ALARMS]!.low < mean.metrics[ALARMS]!.estimate);
  assert.deepEqual([mean.nSafe, mean.nUnsafe], [200, 0]);
  assert.equal(m[SHIFT_MEAN].metrics[ALARMS], null); // there is none
});

Deno.test("withAlarmMeans() makes groups that contrasts may name", () => {
  const wanted = { subject: "m", first: "oodMean", second: TWIN_MEAN, metric: FLAGGED };
  const { m } = evaluation.results;
  const { estimate } = contrastIn(contrastsOf(evaluation, [wanted]), wanted)!;
  const expected = m.oodMean.metrics[RECALL]!.estimate - m[TWIN_MEAN].metrics[ALARMS]!.estimate;
  assert.ok(Math.abs(estimate - expected) < 1e-12);
  const none = { ...wanted, second: SHIFT_MEAN };
  assert.equal(contrastIn(contrastsOf(evaluation, [none]), none), null);
});
