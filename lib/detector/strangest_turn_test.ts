import assert from "node:assert/strict";
import { perplexity } from "./perplexity.ts";
import { strangestTurn } from "./strangest_turn.ts";
import { readOf } from "./testing.ts";

/** A turn of so many tokens, each as surprising, behind a marker of one token that no turn counts. */
function turn(speaker: string, tokens: number, nll: number) {
  return [
    [`\n\n${speaker}:`, 2] as const,
    ...Array.from({ length: tokens }, () => [" a", nll] as const),
  ];
}

Deno.test("strangestTurn is the perplexity of the turn that surprises most, drawn towards that of all", () => {
  const ordinary = readOf(...turn("Human", 19, 2), ...turn("Assistant", 59, 2));
  const strange = readOf(
    ...turn("Human", 48, 2),
    ...turn("Assistant", 32, 5),
    ...turn("Human", 14, 2),
  );
  const scores = strangestTurn.score([ordinary, strange]);
  assert.ok(Math.abs(scores[0] - Math.exp(2)) < 1e-9);
  // of 97 tokens 32 have 5 nats and 65 have 2, mean 290/97; (32 · 5 + 16 · 290/97) / 48
  assert.ok(Math.abs(Math.log(scores[1]) - (160 + 4640 / 97) / 48) < 1e-9);
  const { nll: _, ...place } = strangestTurn.explain([ordinary, strange], 1);
  assert.deepEqual(place, { speaker: "Assistant", from: 50, end: 82 });
});

Deno.test("strangestTurn makes less of a short strange turn than of a long one", () => {
  const shrunk = (tokens: number) =>
    strangestTurn.score([readOf(...turn("Human", 400, 2), ...turn("Assistant", tokens, 5))])[0];
  assert.ok(shrunk(2) < shrunk(16) && shrunk(16) < shrunk(64));
});

Deno.test("strangestTurn is the perplexity where nobody says anything that was read", () => {
  const [score] = strangestTurn.score([readOf(["\n\nHuman", 1], [":", 2])]);
  assert.equal(score, perplexity.score(Float32Array.of(1.5))[0]);
});

Deno.test("strangestTurn refuses what has no surprise", () => {
  assert.throws(() => strangestTurn.score([readOf()]), /got none in row 0$/);
  const fine = readOf(["\n\nHuman: Hi", 1]);
  assert.throws(() => strangestTurn.score([fine, readOf(["Hi", NaN])]), /got NaN in row 1$/);
});
