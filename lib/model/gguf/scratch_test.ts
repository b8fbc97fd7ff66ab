import assert from "node:assert/strict";
import { STRETCH, takeScratch } from "./scratch.ts";

Deno.test("takeScratch() gives arrays again once they are given back, and never to two at a time", () => {
  const first = takeScratch(10);
  const second = takeScratch(10);
  assert.notEqual(first.values, second.values);
  first[Symbol.dispose]();
  const third = takeScratch(STRETCH);
  assert.equal(third.values, first.values);
  third[Symbol.dispose]();
  second[Symbol.dispose]();
});

Deno.test("takeScratch() has room for more than a stretch, but does not keep it", () => {
  const large = takeScratch(STRETCH + 1);
  assert.equal(large.values.length, STRETCH + 1);
  assert.equal(large.bytes.length, 4 * (STRETCH + 1));
  large[Symbol.dispose]();
  using next = takeScratch(1);
  assert.equal(next.values.length, STRETCH);
});
