import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../core/errors.ts";
import { readBytes } from "../core/files.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const library = Uint8Array.fromHex(golden.safetensors); // what the Rust library wrote

/** Runs `use` with the path of a file that does not exist yet. */
function withFile(use: (path: string) => void): void {
  using temporary = temporaryFolder();
  use(join(temporary.path, "model.safetensors"));
}

Deno.test("readSafetensors() reads what the reference library writes", () => {
  withFile((path) => {
    Deno.writeFileSync(path, library);
    const { parameters, metadata } = readSafetensors(path);
    assert.deepEqual(Object.fromEntries(parameters), {
      a: { name: "a", shape: [1], data: Float32Array.of(0.1) },
      b: { name: "b", shape: [1, 3], data: Float32Array.of(1.5, -2, 3.25) },
    });
    assert.deepEqual(metadata, { "made by": "safetensors" });
  });
});

Deno.test("readSafetensors() gives back any weights that were written, bit for bit", () => {
  const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
  const parameter = fc.tuple(fc.string(), shape).chain(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc.float32Array({ minLength: size, maxLength: size }).map((data) => ({
      name: `weight ${name}`,
      shape,
      data,
    }));
  });
  const weights = fc.uniqueArray(parameter, { selector: ({ name }) => name, maxLength: 4 });
  withFile((path) => {
    fc.assert(fc.property(weights, fc.string(), (weights, note) => {
      writeSafetensors(path, weights, { note });
      const { parameters, metadata } = readSafetensors(path);
      assert.deepEqual([...parameters.values()], weights);
      assert.deepEqual(metadata, { format: "pt", note });
    }));
  });
});

Deno.test("writeSafetensors() aligns the values and writes the same bytes each time", () => {
  withFile((path) => {
    const weights = [{ name: "é", shape: [2], data: Float32Array.of(1, 2) }];
    writeSafetensors(path, weights);
    const bytes = readBytes(path);
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(header % 8, 0);
    assert.equal(bytes.length, 8 + header + 8);
    writeSafetensors(path, weights);
    assert.deepEqual(readBytes(path), bytes);
  });
});

Deno.test("readSafetensors() refuses a file that is cut off anywhere", () => {
  withFile((path) => {
    for (let length = 0; length < library.length; length++) {
      Deno.writeFileSync(path, library.subarray(0, length));
      assert.throws(() => readSafetensors(path), (error) => {
        return error instanceof UserError &&
          error.message.startsWith(`Cannot read "${path}": it is not`);
      }, `${length} bytes`);
    }
  });
});

Deno.test("readSafetensors() says which weight is wrong", () => {
  const length = Number(new DataView(library.buffer).getBigUint64(0, true));
  const text = new TextDecoder().decode(library.subarray(8, 8 + length));
  const header = (from: string, to: string) => {
    const bytes = library.slice();
    bytes.set(new TextEncoder().encode(text.replace(from, to)), 8);
    return bytes;
  };
  withFile((path) => {
    Deno.writeFileSync(path, header('"F32"', '"F16"'));
    assert.throws(() => readSafetensors(path), /"\w" must be F32, got F16/);
    Deno.writeFileSync(path, header("[1,3]", "[3,3]"));
    assert.throws(() => readSafetensors(path), /"b" has the wrong size/);
  });
});
