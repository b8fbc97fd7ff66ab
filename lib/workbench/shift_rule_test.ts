import assert from "node:assert/strict";
import type { Row } from "../conversation/row.ts";
import { stream } from "../core/random.ts";
import { fitCalibration } from "../detector/calibration.ts";
import { ALL_KNOWN, ID_ALONE, leftOut, under, underRules } from "./shift_rule.ts";

const row = (domain: Row["domain"], id: number): Row => ({
  ...{ id: `${domain}-${id}`, conversation: "", domain, malign: 0 },
});

Deno.test("underRules() holds known shifts at the rate, and each shift that is left out by the others alone", () => {
  const random = stream("shift rule");
  const rows = (["hh-rlhf-helpful", "swahili", "verse"] as const)
    .flatMap((domain) => Array.from({ length: 200 }, (_, i) => row(domain, i)));
  const mean = { "hh-rlhf-helpful": 0, "swahili": 8, "verse": 2 } as Record<string, number>;
  const scores = Float64Array.from(rows, ({ domain }) => mean[domain] + random.normal());
  const safe = fitCalibration(Array.from({ length: 300 }, () => random.normal()));
  const { thresholds } = underRules({ m: [{ safe, scores }] }, rows, 0.05);
  const flagged = (rule: string, domain: string) => {
    const [[threshold]] = thresholds[under("m", rule)];
    return scores.filter((s, i) => rows[i].domain === domain && s > threshold).length / 200;
  };
  assert.ok(flagged(ID_ALONE, "hh-rlhf-helpful") < 0.03 && flagged(ID_ALONE, "swahili") === 1);
  for (const shift of ["swahili", "verse"]) assert.ok(flagged(ALL_KNOWN, shift) <= 0.05);
  assert.ok(flagged(leftOut("swahili"), "verse") <= 0.05);
  assert.ok(flagged(leftOut("swahili"), "swahili") > 0.99); // verse is no help with it
  assert.equal(flagged(leftOut("verse"), "verse"), 0); // swahili is more than enough
});

Deno.test("underRules() flags nothing where too few rows are known to promise a rate", () => {
  const rows = [row("hh-rlhf-helpful", 0), row("verse", 0)];
  const monitor = { safe: fitCalibration([1, 2, 3]), scores: Float64Array.of(0, 1e9) };
  const { thresholds } = underRules({ m: [monitor] }, rows, 0.05);
  assert.deepEqual([...thresholds[under("m", ALL_KNOWN)][0]], [Number.MAX_VALUE]);
});
