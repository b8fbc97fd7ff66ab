import assert from "node:assert/strict";
import "../runtime/no_telemetry.ts";
import * as ort from "onnxruntime-node";
import { matmul } from "./matmul.ts";
import { toOnnx } from "./onnx.ts";
import { input, weight } from "./tensor.ts";

const numbers = (length: number) => Float32Array.from({ length }, (_, i) => (i * 7) % 11 - 5);

Deno.test("toOnnx() writes the same products in ONNX's own ops, which all devices have", async () => {
  const x = input("x", [2, 3, 4]);
  const w = weight({ name: "w", shape: [5, 4], data: numbers(20) });
  const outputs = {
    projected: matmul(x, w, { transB: true }),
    scores: matmul(x, x, { transB: true, alpha: 0.5 }),
    gram: matmul(x, x, { transA: true }),
    plain: matmul(matmul(x, w, { transB: true }), w),
  };
  const feeds = { x: new ort.Tensor("float32", numbers(24), [2, 3, 4]) };
  const run = async (fused: boolean, precision: "float32" | "float16") => {
    const model = toOnnx(outputs, { fused, precision });
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
    const values = await session.run(feeds);
    await session.release();
    return Object.keys(outputs).map((name) => values[name].data);
  };
  // small whole numbers, exact in either type
  const expected = await run(true, "float32");
  assert.deepEqual(await run(false, "float32"), expected);
  assert.deepEqual(await run(true, "float16"), expected);
  assert.deepEqual(await run(false, "float16"), expected);
  const [first] = expected;
  // the first rows of x and w are equal
  assert.equal(first[0], [-5, 2, -2, 5].reduce((sum, v) => sum + v * v, 0));
});
