import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { silent } from "../core/progress.ts";
import { readCheckpoint } from "../model/checkpoint.ts";
import { highPerplexity, perplexity, windowedPerplexity } from "./perplexity.ts";
import { readSignals } from "../signals/signals.ts";
import golden from "./testdata/surprise_golden.json" with { type: "json" };

/** A high-perplexity token as MOOD's release reports it. */
interface Released {
  char: number;
  token: string;
  nll: number;
  z_score: number;
}

function assertSameTokens(
  found: ReturnType<typeof highPerplexity>,
  expected: readonly Released[],
  tolerance: number,
): void {
  const places = found.map(({ start, text }) => [start, text]);
  assert.deepEqual(places, expected.map(({ char, token }) => [char, token]));
  found.forEach(({ nll, z }, i) => {
    assert.ok(Math.abs(nll - expected[i].nll) < tolerance, `${nll}, ${expected[i].nll}`);
    assert.ok(Math.abs(z - expected[i].z_score) < tolerance, `${z}, ${expected[i].z_score}`);
  });
}

Deno.test("perplexity and highPerplexity() give what MOOD's release does on the same checkpoint", async () => {
  const folder = fileURLToPath(new URL("../model/testdata/language-model", import.meta.url));
  const { nll, tokenNll, entropy } = await readSignals(
    readCheckpoint(folder),
    golden.cases.map(({ ids }) => Int32Array.from(ids)),
    { nll: true, tokens: true },
    { threads: 1, progress: silent },
  );
  const scores = perplexity.score(nll!);
  golden.cases.forEach(({ text, perplexity: expected, high }, i) => {
    assert.ok(Math.abs(scores[i] - expected) < 1e-4 * expected, `${scores[i]}, ${expected}`);
    const stretches = [...text.matchAll(/\d+ /g)].map(({ 0: { length }, index }) => ({
      start: index,
      end: index + length,
    }));
    const tokens = {
      nll: tokenNll![i],
      entropy: entropy![i],
      starts: stretches.map(({ start }) => start),
      ends: stretches.map(({ end }) => end),
    };
    assertSameTokens(highPerplexity(tokens, text), high, 1e-4);
  });
});

Deno.test("highPerplexity() finds the tokens of MOOD's release in given surprises", () => {
  assert.ok(golden.recorded.some(({ high }) => high.length > 1));
  for (const { high, text, ...tokens } of golden.recorded) {
    assertSameTokens(highPerplexity(tokens, text), high, 1e-9);
  }
});

Deno.test("highPerplexity() measures against entropy, and counts characters as JavaScript does", () => {
  const text = "🙂abcdefghijklm";
  const starts = [0, ...Array.from({ length: 13 }, (_, t) => t + 2)];
  const tokens = { starts, ends: [...starts.slice(1), 15] };
  const nll = starts.map((_, t) => t === 4 || t === 9 ? 8 : 1);
  const entropy = starts.map((_, t) => t === 4 ? 8 : 1); // the eight nats at token 4 were expected
  const found = highPerplexity({ ...tokens, nll, entropy }, text);
  assert.deepEqual(found.map(({ start, end, text }) => [start, end, text]), [[10, 11, "i"]]);
  assert.ok(Math.abs(found[0].z - Math.sqrt(13)) < 1e-12); // one of 14 stands out: z = √(14 − 1)
  assert.deepEqual(highPerplexity({ ...tokens, nll, entropy: nll }, text), []);
  const missing = { ...tokens, nll, entropy: [1] };
  assert.throws(() => highPerplexity(missing, text), /must have 14 tokens, got 1 entropies/);
});

Deno.test("windowedPerplexity() notices a strange passage that the whole conversation hides", () => {
  const ordinary = new Float32Array(400).fill(2);
  const strange = ordinary.slice().fill(5, 120, 124).fill(1, 0, 12);
  const detector = windowedPerplexity({ window: 4 });
  const [calm, alarmed] = detector.score([ordinary, strange]);
  assert.ok(Math.abs(calm - Math.exp(2)) < 1e-9);
  assert.ok(Math.abs(alarmed - Math.exp(5)) < 1e-9);
  assert.deepEqual(detector.explain([ordinary, strange], 1), { from: 120, end: 124, nll: 5 });
  assert.deepEqual(detector.explain([ordinary], 0), { from: 0, end: 4, nll: 2 });
});

Deno.test("windowedPerplexity() is the perplexity of a conversation shorter than a window", () => {
  const [score] = windowedPerplexity({ window: 9 }).score([Float32Array.of(1, 2, 4.5)]);
  assert.ok(Math.abs(score - perplexity.score(Float32Array.of(2.5))[0]) < 1e-12);
});

Deno.test("perplexity and windowedPerplexity() refuse what has no surprise", () => {
  assert.throws(() => perplexity.score(Float32Array.of(1, NaN)), /got NaN in row 1$/);
  const { score } = windowedPerplexity();
  assert.throws(() => score([Float32Array.of(1), new Float32Array(0)]), /got none in row 1$/);
  assert.throws(() => score([Float32Array.of(1, NaN)]), /got NaN in row 0$/);
  assert.throws(() => windowedPerplexity({ window: 0 }), /must have tokens, got 0$/);
});
