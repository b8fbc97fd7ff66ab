import assert from "node:assert/strict";
import fc from "fast-check";
import { findNotFinite, fromBigInt, isRawNumber, parseExact, spacedJson } from "./exact_json.ts";

Deno.test("parseExact() gives numbers of any size back as they stood", () => {
  const texts = [
    '{"id":1290473920184655873}',
    '[12345678901234567890123,-9007199254740993,{"deep":[9223372036854775807]}]',
    '{"huge":1e999,"large":1e30}',
    "9007199254740993",
  ];
  for (const text of texts) assert.equal(JSON.stringify(parseExact(text).value), text);
});

Deno.test("parseExact() reads what fits as JSON.parse() does", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    assert.deepEqual(JSON.parse(JSON.stringify(parseExact(text).value)), JSON.parse(text));
  }));
  const { value } = parseExact('["9007199254740993", 9007199254740991, 1.5e2, 0.1234567890123456]');
  assert.deepEqual(value, ["9007199254740993", 9007199254740991, 150, 0.1234567890123456]);
});

Deno.test("parseExact() replaces halves of surrogate pairs, in names too, and counts them", () => {
  assert.deepEqual(parseExact(String.raw`{"a\ud83d":["x\udc00y\ud800","\ud83d\ude00"]}`), {
    value: { "a\ufffd": ["x\ufffdy\ufffd", "😀"] },
    replaced: 3,
  });
});

Deno.test("fromBigInt() keeps what a number cannot hold", () => {
  assert.equal(fromBigInt(7n), 7);
  assert.equal(fromBigInt(2n ** 53n - 1n), 9007199254740991);
  assert.ok(isRawNumber(fromBigInt(2n ** 53n)));
  assert.equal(JSON.stringify(fromBigInt(-(2n ** 63n))), "-9223372036854775808");
});

Deno.test("spacedJson() writes as Python does", () => {
  const { value } = parseExact('{"a":[1,{"b":null}],"c":{},"d":[],"e":12345678901234567890}');
  assert.equal(
    spacedJson(value),
    '{"a": [1, {"b": null}], "c": {}, "d": [], "e": 12345678901234567890}',
  );
});

Deno.test("findNotFinite() names word and field, and passes over strings", () => {
  assert.deepEqual(findNotFinite('{"score": NaN}'), { word: "NaN", field: "score" });
  assert.deepEqual(findNotFinite('{"a": "NaN: \\"", "b": -Infinity}'), {
    word: "-Infinity",
    field: "b",
  });
  assert.deepEqual(findNotFinite("[1, NaN]"), { word: "NaN" });
  assert.equal(findNotFinite('{"text": "Infinity", '), undefined);
});
