import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, hashOf, roundNumbers, sha256, sha256OfAll } from "./json.ts";

Deno.test("hashOf() hashes the text that RFC 8785 gives for its sample (3.2.2)", () => {
  const sample = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`);
  const canonical = String
    .raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
  assert.equal(hashOf(sample), sha256(canonical));
  assert.equal(canonicalJson(sample), canonical.replace("333333333.3333333", "333333000") + "\n");
});

Deno.test("canonicalJson() sorts keys by UTF-16 units, as RFC 8785 does (3.2.3)", () => {
  const sample = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const values = [...canonicalJson(sample).matchAll(/:"([^"]*)"/g)].map(([, value]) => value);
  assert.deepEqual(values, [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

Deno.test("sha256() agrees with the standard's example (FIPS 180-2, B.1)", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(sha256("abc"), abc);
  assert.equal(sha256(Uint8Array.of(0x61, 0x62, 0x63)), abc);
  assert.equal(sha256OfAll(["a", "", "bc"]), abc);
});

Deno.test("canonicalJson() keeps six significant digits, and whole numbers whole", () => {
  const value = {
    a: 0.123456789,
    b: -1234567.8,
    c: 1.5e-9,
    d: 123456789,
    e: -0,
    f: 0.30000000000000004,
  };
  assert.equal(
    canonicalJson(value),
    '{"a":0.123457,"b":-1234570,"c":1.5e-9,"d":123456789,"e":0,"f":0.3}\n',
  );
});

Deno.test("roundNumbers() copies typed arrays as lists and drops undefined fields", () => {
  const value = Object.freeze({ x: Float32Array.of(0.1, 2), gone: undefined, list: [[1.23456]] });
  assert.deepEqual(roundNumbers(value, 3), { x: [0.1, 2], list: [[1.23]] });
});

Deno.test("canonicalJson() refuses what JSON cannot hold, and says where", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.throws(
      () => canonicalJson({ rows: [{ auroc: 1 }, { auroc: bad }] }),
      new RegExp(
        `^RangeError: Cannot write JSON: \\$\\.rows\\[1\\]\\.auroc must be finite, got ${bad}`,
      ),
    );
  }
  for (const bad of [() => 0, 1n, Symbol("s"), [undefined]]) {
    assert.throws(() => canonicalJson({ bad }), /^TypeError: Cannot write JSON: \$\.bad/);
  }
});

Deno.test("hashOf() refuses NaN and undefined, which would give unlike settings one key", () => {
  for (const bad of [NaN, { a: Infinity }, undefined]) assert.throws(() => hashOf(bad));
});

Deno.test("hashOf() sees the last bit of a number and not the order of keys", () => {
  assert.notEqual(hashOf({ x: 0.1 + 0.2 }), hashOf({ x: 0.3 }));
  assert.equal(hashOf({ x: 1, y: [2] }), hashOf({ y: [2], x: 1 }));
});

Deno.test("canonicalJson() reads back, and writes what it read in the same bytes", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = canonicalJson(value);
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(roundNumbers<unknown>(value))));
    assert.equal(canonicalJson(JSON.parse(text)), text);
    assert.ok(text.endsWith("\n"));
  }));
});
