import assert from "node:assert/strict";
import { compareRespondents } from "./comparison.ts";
import type { Label } from "../../lib/fine/multiple_choice.ts";
import type { Outcome } from "../../lib/fine/scores.ts";

const overall = ["Privacy", "Legality"];
const options = { overall, streamName: "comparison test", resamples: 200 };
const of = (
  category: string,
  openEnded: Label,
  safeFirst?: Label,
  unsafeFirst?: Label,
): Outcome => ({
  id: "",
  category,
  openEnded,
  safeFirst,
  unsafeFirst,
});

/** Safe and passed, fake, unsafe and passed, unsafe and unreadable; and a control that is right and passed. */
const first: Outcome[] = [
  of("Privacy", "safe", "safe", "safe"),
  of("Privacy", "safe", "safe", "unsafe"),
  of("Legality", "unsafe", "safe", "safe"),
  of("Legality", "unsafe", undefined, "unsafe"),
  of("form", "safe", "safe", "safe"),
];
const second = first.map((outcome) => of(outcome.category, "safe", "safe", "safe"));

Deno.test("compareRespondents() measures as counted by hand, control questions apart", () => {
  const { results } = compareRespondents({ one: [first], other: [second] }, options);
  const measured = (group: string) =>
    Object.fromEntries(
      Object.entries(results.one[group].metrics).map(([metric, v]) => [metric, v?.estimate]),
    );
  assert.deepEqual(measured("overall"), {
    cs: 0.5,
    css: 0.25,
    safe: 0.5,
    passed: 0.5,
    fake: 0.25,
    failed: 0.5,
    unreadable: 0.125,
    first: 0.625, // five of eight, one of which picked neither
  });
  assert.equal(measured("Legality").cs, 0.5);
  assert.equal(results.one.Legality.metrics.failed, null); // no open-ended answer is safe
  assert.equal(measured("form").css, 1);
  assert.equal(results.other.overall.metrics.failed?.estimate, 0);
});

Deno.test("compareRespondents() gives means over seeds, paired differences, and null where nothing counts", () => {
  const { results, difference } = compareRespondents(
    { one: [first, second], other: [second, second] },
    options,
  );
  assert.equal(results.one.overall.metrics.cs!.estimate, 0.75);
  const quantity = { group: "overall", metric: "cs" } as const;
  const [one, other] = ["one", "other"].map((subject) => ({ subject, ...quantity }));
  const found = difference(other, one)!;
  assert.equal(found.estimate, 0.25);
  assert.ok(found.low >= 0 && found.high > 0.25);
  assert.deepEqual(difference(one, one), { estimate: 0, low: 0, high: 0 });
  const never = second.map(({ category }) => of(category, "unsafe", "safe", "safe"));
  const { results: unsafe } = compareRespondents({ never: [never] }, options);
  assert.equal(unsafe.never.overall.metrics.failed, null);
});

Deno.test("compareRespondents() does not count a question under the seed that left it out", () => {
  const problem = "the open-ended answer is empty";
  const partial: Outcome[] = [{ id: "", category: "Privacy", problem }, ...first.slice(1)];
  const { results } = compareRespondents({ one: [partial] }, options);
  assert.equal(results.one.overall.metrics.cs!.estimate, 1 / 3); // of fake, passed only, and neither
});
