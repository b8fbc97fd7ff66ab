import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { type BagOfWordsRow, fitBagOfWords } from "./bag_of_words.ts";
import golden from "./testdata/bag_of_words_golden.json" with { type: "json" };

const rows = golden.rows as BagOfWordsRow[];

function assertClose(actual: Float64Array, expected: readonly number[]) {
  assert.equal(actual.length, expected.length);
  actual.forEach((a, i) => assert.ok(Math.abs(a - expected[i]) < 1e-5, `${a}, ${expected[i]}`));
}

Deno.test("fitBagOfWords() chooses and scores as the same pipeline of scikit-learn", () => {
  const bag = fitBagOfWords(Object.freeze(rows));
  assert.deepEqual([bag.terms, bag.C], [golden.terms, golden.C]);
  assertClose(bag.score(golden.fresh), golden.logOdds);
});

Deno.test("fitBagOfWords() gives the same bits again, and the same scores for rows in another order", () => {
  const scores = fitBagOfWords(rows).score(golden.fresh);
  assert.deepEqual(fitBagOfWords(rows).score(golden.fresh), scores);
  const shuffled = stream("bag-of-words/test").shuffle(rows);
  assertClose(fitBagOfWords(shuffled).score(golden.fresh), [...scores]);
});

Deno.test("fitBagOfWords() scores each conversation apart from the others", () => {
  const bag = fitBagOfWords(rows);
  const together = bag.score(golden.fresh);
  golden.fresh.forEach((text, i) => assert.deepEqual(bag.score([text]), together.slice(i, i + 1)));
});

Deno.test("fitBagOfWords() holds scenes out whole, so that words of one scene earn no large C", () => {
  // The town tells the label, but no other scene has it; the land misleads, as its other scene has the other label.
  const named = Array.from({ length: 100 }, (_, i): BagOfWordsRow => {
    const scene = i % 10;
    const conversation = `town${scene} land${scene >> 1}`;
    return { id: `${i}`, conversation, malign: scene % 2 as 0 | 1, scene: `s${scene}` };
  });
  const apart = named.map(({ scene: _, ...row }) => row);
  assert.equal(fitBagOfWords(named).C, 1);
  assert.equal(fitBagOfWords(apart).C, 100);
});

Deno.test("fitBagOfWords() says what is missing when a label has too few scenes", () => {
  const oneScene = rows.map((row) => row.malign ? { ...row, scene: "only" } : row);
  for (const bad of [rows.filter((row) => row.malign === 0), oneScene]) {
    assert.throws(
      () => fitBagOfWords(bad),
      (error) => error instanceof UserError && /unsafe training rows must/.test(error.message),
    );
  }
});
