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

Deno.test("readSafetensors() gives half-precision weights as the float32 that they stand for", () => {
  const values = [1, -2.5, 2 ** -20, 0]; // 2⁻²⁰ is a subnormal of F16, exact in both
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const files: Record<string, ArrayLike<number> & ArrayBufferView> = {
    F16: new Float16Array(values),
    BF16: Uint16Array.from(bits, (b) => b >>> 16),
  };
  withFile((path) => {
    for (const [dtype, { buffer }] of Object.entries(files)) {
      const header = JSON.stringify({ w: { dtype, shape: [4], data_offsets: [0, 8] } });
      const length = new BigUint64Array([BigInt(header.length)]);
      Deno.writeFileSync(
        path,
        Uint8Array.from([
          ...new Uint8Array(length.buffer),
          ...new TextEncoder().encode(header),
          ...new Uint8Array(buffer),
        ]),
      );
      assert.deepEqual([...readSafetensors(path).parameters.get("w")!.data], values, dtype);
    }
  });
});

Deno.test("readSafetensors() says so where the file is cut or gone when values are read", () => {
  withFile((path) => {
    Deno.writeFileSync(path, library);
    const opened = readSafetensors(path).parameters.get("b")!;
    Deno.truncateSync(path, library.length - 4);
    assert.throws(() => opened.data, /model\.safetensors": .*it ends 4 bytes too early/);
    Deno.removeSync(path);
    assert.throws(() => opened.data, /Cannot read ".*": there is no such file/);
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
    Deno.writeFileSync(path, header('"F32"', '"I64"'));
    const { parameters } = readSafetensors(path); // as long as nobody needs it
    const [stray] = [...parameters.values()].filter(({ problem }) => problem !== undefined);
    assert.match(stray.problem!, /"\w" must be F32, F16, BF16, got I64/);
    assert.throws(() => stray.data, {
      name: "UserError",
      message: /"\w" must be F32, F16, BF16, got I64/,
    });
    Deno.writeFileSync(path, header("[1,3]", "[3,3]"));
    assert.throws(() => readSafetensors(path), /"b" has the wrong size/);
  });
});
