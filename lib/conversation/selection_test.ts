import assert from "node:assert/strict";
import { DOMAINS } from "./domains.ts";
import type { Row } from "./row.ts";
import { selectionSuffix, selectTestRows } from "./selection.ts";
import { miniSuite, type Suite } from "./suite.ts";

const mini = miniSuite();
const wordsOf = (text: string) => text.split(/\s+/).length;
const never = () => assert.fail("no length is needed");
const ids = (rows: readonly Row[]) => rows.map(({ id }) => id);

Deno.test("selectTestRows() keeps test rows of some domains, and every other split whole", () => {
  const chosen = selectTestRows(mini, { domains: ["verse", "scheming"] }, never);
  assert.deepEqual(
    ids(chosen.test),
    ids(mini.test.filter(({ domain }) => domain === "verse" || domain === "scheming")),
  );
  assert.equal(chosen.train, mini.train);
  assert.deepEqual(chosen.calibration, mini.calibration);
  assert.deepEqual(chosen.selection, { domains: ["verse", "scheming"] });
  assert.notEqual(chosen.hash, mini.hash);
});

Deno.test("selectTestRows() leaves out what is longer than the limit, and counts it", () => {
  const chosen = selectTestRows(mini, { maxLength: 60 }, wordsOf);
  const lengths = (rows: readonly Row[]) => rows.map(({ conversation }) => wordsOf(conversation));
  assert.ok(lengths(mini.test).includes(60), "the limit itself occurs");
  assert.deepEqual(lengths(chosen.test), lengths(mini.test).filter((length) => length <= 60));
  const short = lengths(mini.calibration).filter((length) => length <= 60);
  assert.deepEqual(lengths(chosen.calibration), short);
  assert.deepEqual(chosen.selection?.tooLong, {
    calibration: mini.calibration.length - chosen.calibration.length,
    test: mini.test.length - chosen.test.length,
  });
});

Deno.test("selectTestRows() draws the same rows of every domain whatever their order, fewer as part of more", () => {
  const draw = (suite: Suite, rowsPerDomain: number) =>
    ids(selectTestRows(suite, { rowsPerDomain }, never).test).sort();
  const few = draw(mini, 20);
  const perDomain = Map.groupBy(
    selectTestRows(mini, { rowsPerDomain: 20 }, never).test,
    ({ domain }) => domain,
  );
  assert.deepEqual(
    [...perDomain.values()].map((rows) => rows.length),
    Array(DOMAINS.length).fill(20),
  );
  assert.deepEqual(draw({ ...mini, test: mini.test.toReversed() }, 20), few);
  const more = new Set(draw(mini, 30));
  assert.ok(few.every((id) => more.has(id)));
  assert.equal(draw(mini, 10_000).length, mini.test.length);
});

Deno.test("selectTestRows() names the nearest domain that the suite is tested on", () => {
  const withoutVerse = { ...mini, test: mini.test.filter(({ domain }) => domain !== "verse") };
  assert.throws(
    () => selectTestRows(withoutVerse, { domains: ["verse"] }, never),
    /Cannot choose the domain "verse": the suite "mini" has no test rows of it/,
  );
});

Deno.test("selectionSuffix() tells selections apart, and is empty without one", () => {
  assert.equal(selectionSuffix({}), "");
  assert.equal(
    selectionSuffix({ domains: ["scheming", "verse"], maxLength: 512, rowsPerDomain: 100 }),
    "-domains-scheming+verse-max-length-512-rows-100",
  );
});
