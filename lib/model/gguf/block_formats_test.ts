import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { blockFormat, FORMAT_NAMES, formatName } from "./block_formats.ts";
import golden from "./testdata/blocks_golden.json" with { type: "json" };

/** Bytes in a buffer of their own. */
const decoded = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));

for (const [name, { type, blocks, values }] of Object.entries(golden.cases)) {
  Deno.test(`blockFormat() dequantises ${name} as the gguf package does, to the bit`, () => {
    const expected = new Float32Array(decoded(values).buffer);
    const found = new Float32Array(expected.length);
    const bytes = decoded(blocks);
    const format = blockFormat(type)!;
    assert.equal(format.name, name);
    assert.equal(bytes.length / format.bytes * format.values, expected.length);
    format.decode(bytes, found);
    assert.deepEqual(new Uint32Array(found.buffer), new Uint32Array(expected.buffer));
  });
}

Deno.test("FORMAT_NAMES lists what the golden values cover, and others have names, too", () => {
  assert.deepEqual([...FORMAT_NAMES].sort(), Object.keys(golden.cases).sort());
  assert.equal(blockFormat(23), undefined);
  assert.deepEqual([formatName(23), formatName(8), formatName(99)], ["IQ4_XS", "Q8_0", "type 99"]);
});
