import assert from "node:assert/strict";
import fc from "fast-check";
import { placesBeforeNfc } from "./nfc.ts";

// e + grave below + acute, Å by another code, Hangul in its parts, a composition that NFC takes apart, vowel signs that compose
const UNITS = [..."ae\u0301\u0316\u212b\u1112\u1161\u11ab\u0958\u09c7\u09be🎉\u200d \n", "\r\n"];

Deno.test("placesBeforeNfc() gives stretches of the text that normalise to what holds the stretch", () => {
  const unit = fc.constantFrom(...UNITS);
  fc.assert(fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
    const normal = text.normalize("NFC");
    const stretches = Array.from(normal, (_, start) => ({ start, end: start + 1 }));
    const all = placesBeforeNfc(text, [{ start: 0, end: normal.length }, ...stretches]);
    assert.deepEqual(all.shift(), { start: 0, end: text.length });
    all.forEach(({ start, end }, n) => {
      const { start: at } = stretches[n];
      const before = text.slice(0, start).normalize("NFC");
      const found = text.slice(start, end).normalize("NFC");
      assert.ok(normal.startsWith(before + found), "nothing composes over the edges");
      assert.ok(before.length <= at && at < before.length + found.length);
    });
  }));
});

Deno.test("placesBeforeNfc() leaves places where they are, where nothing is changed", () => {
  const text = "é e\u0302\u0323 a\u0301b"; // the first é and what stands alone are normal already
  const places = placesBeforeNfc(text, [{ start: 0, end: 2 }, { start: 4, end: 5 }]);
  assert.deepEqual(places, [{ start: 0, end: 2 }, { start: 6, end: 8 }]);
});
