import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { conformalP, fitCalibration } from "./calibration.ts";
import { binCuts, binsOf, fitMondrian, withinGroups } from "./mondrian.ts";

Deno.test("withinGroups() holds each row against its own group", () => {
  const mondrian = fitMondrian([1, 2, 10, 20, 30], ["a", "a", "b", "b", "b"]);
  const p = withinGroups(mondrian, conformalP, [5, 5], ["a", "b"]);
  assert.deepEqual([...p], [1 / 3, 1]);
  assert.throws(
    () => withinGroups(mondrian, conformalP, [5], ["c"]),
    /its group must be one of a, b, got "c"/,
  );
  assert.throws(() => fitMondrian([1, 2], ["a"]), /each of 2 rows must have one, got 1/);
});

Deno.test("withinGroups() keeps the rate in every group, where one calibration keeps it on average", () => {
  const random = stream("mondrian");
  const groups = Array.from({ length: 20_000 }, (_, i) => i % 4 === 0 ? "long" : "short");
  const draw = () =>
    Float64Array.from(groups, (group) => (group === "long" ? 3 : 1) * random.normal());
  const [safe, scores] = [draw(), draw()];
  const flaggedOf = (group: string, p: Float64Array) => {
    const ofGroup = p.filter((_, i) => groups[i] === group);
    return ofGroup.filter((value) => value <= 0.05).length / ofGroup.length;
  };
  const pooled = conformalP(fitCalibration(safe), scores);
  assert.ok(flaggedOf("long", pooled) > 0.12 && flaggedOf("short", pooled) < 0.02);
  const grouped = withinGroups(fitMondrian(safe, groups), conformalP, scores, groups);
  for (const group of ["long", "short"]) {
    const flagged = flaggedOf(group, grouped);
    assert.ok(flagged > 0.04 && flagged < 0.06, `${group}: ${flagged}`);
  }
});

Deno.test("binsOf() fills bins alike", () => {
  const lengths = Array.from({ length: 90 }, (_, i) => i * i);
  const bins = binsOf(binCuts(lengths, 3), lengths);
  for (const name of ["0", "1", "2"]) assert.equal(bins.filter((bin) => bin === name).length, 30);
  assert.deepEqual(binsOf([10, 20], [10, 11, 99]), ["0", "1", "2"]);
});
