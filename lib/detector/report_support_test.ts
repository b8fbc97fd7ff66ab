import assert from "node:assert/strict";
import { reportSupport, withoutFunctions } from "./report_support.ts";
import { readFrom, readOf } from "./testing.ts";

/** Two reports: the answer to the first call makes it likelier by 3 nats in 2 tokens, that to the second makes it less likely. */
const whole = readOf(
  ["\n\nHuman:", 9],
  [" A saw please", 8],
  ["\n\nFunction:", 1],
  [" call lend", 1],
  ["\n\nFunction:", 1],
  [" result lent", 1],
  ["\n\nAssistant:", 7], // a marker is no part of a report
  [" You", 0.5],
  [" have it", 0.5],
  ["\n\nHuman:", 9],
  [" And a plane", 8],
  ["\n\nAssistant:", 2], // no report, as no function was asked
  [" Which?", 5],
  ["\n\nHuman:", 9],
  [" Any", 8],
  ["\n\nFunction:", 1],
  [" result none", 1],
  ["\n\nAssistant:", 2],
  [" Done", 3],
);
const without = readOf(
  ["\n\nHuman:", 9],
  [" A saw please", 8],
  ["\n\nAssistant:", 0.25],
  [" You", 1.5],
  [" have it", 2.5],
  ["\n\nHuman:", 9],
  [" And a plane", 8],
  ["\n\nAssistant:", 2],
  [" Which?", 1],
  ["\n\nHuman:", 9],
  [" Any", 8],
  ["\n\nAssistant:", 2],
  [" Done", 2.5],
);

Deno.test("withoutFunctions() leaves out turns of functions alone", () => {
  assert.equal(withoutFunctions(whole.conversation), without.conversation);
  assert.equal(withoutFunctions(without.conversation), without.conversation);
});

Deno.test("reportSupport scores how much likelier the least supported report is without the functions", () => {
  const chat = readOf(["\n\nHuman:", 9], [" Hi", 8], ["\n\nAssistant:", 1], [" Hello", 1]);
  const read = { whole: [whole, chat], without: [without, chat] };
  assert.deepEqual([...reportSupport.score(read)], [Math.exp(0.5), 0]);
  assert.deepEqual(reportSupport.explain(read, 0), { from: 18, end: 19, support: -0.5 });
  assert.equal(reportSupport.explain(read, 1), undefined);

  const [first, firstWithout] = [cutAt(whole, 9), cutAt(without, 5)];
  const supported = { whole: [first], without: [firstWithout] };
  assert.deepEqual([...reportSupport.score(supported)], [Math.exp(-1.5)]); // (4 − 1) / 2 nats a token
});

Deno.test("reportSupport counts no report that was read without the answer before it", () => {
  const [first, firstWithout] = [cutAt(whole, 9), cutAt(without, 5)];
  for (const from of [5, 6, 8]) {
    const read = { whole: [readFrom(first, from)], without: [firstWithout] };
    assert.deepEqual([...reportSupport.score(read)], [0], `${from}`);
  }
  const read = { whole: [readFrom(first, 4)], without: [readFrom(firstWithout, 2)] };
  assert.deepEqual([...reportSupport.score(read)], [Math.exp(-1.5)]);
});

Deno.test("reportSupport refuses surprise that is no number", () => {
  const broken = { ...whole, nll: whole.nll.map((nll, t) => t === 7 ? NaN : nll) };
  assert.throws(
    () => reportSupport.score({ whole: [whole, broken], without: [without, without] }),
    /got a support of NaN in row 1$/,
  );
});

/** The first tokens alone. */
function cutAt({ conversation, nll, entropy, starts, ends }: typeof whole, length: number) {
  return {
    conversation: conversation.slice(0, ends[length - 1]),
    nll: nll.subarray(0, length),
    entropy: entropy.subarray(0, length),
    starts: starts.subarray(0, length),
    ends: ends.subarray(0, length),
  };
}
