import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { temporaryFolder } from "../core/testing.ts";
import { add, mul, pow } from "../graph/elementwise.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { constant, customGradient, input, weight } from "../graph/tensor.ts";
import { type Device, openSession, type SessionOptions } from "./session.ts";
import { assertGradient } from "./testing.ts";

const value = (...numbers: number[]) => ({
  data: Float32Array.from(numbers),
  dims: [numbers.length],
});

Deno.test("run() feeds inputs of one name once and gives all outputs", async () => {
  const [a, b] = [input("x", ["n"]), input("x", ["n"])];
  await using session = await openSession({ sum: add(a, b), product: mul(a, b) }, { threads: 1 });
  const { sum, product } = await session.run({ x: value(1, 2, 3) });
  assert.deepEqual([...sum.data, ...product.data], [2, 4, 6, 1, 4, 9]);
  assert.deepEqual(sum.dims, [3]);
});

Deno.test("run() writes an output into the array that is given for it", async () => {
  await using session = await openSession({ y: mul(input("x", [2]), constant([3], [])) }, {
    threads: 1,
  });
  const into = value(0, 0);
  await session.run({ x: value(1, 2) }, { y: into });
  assert.deepEqual([...into.data], [3, 6]);
});

Deno.test("openSession() gives the same with weights in a file, and leaves none behind", async () => {
  using temporary = temporaryFolder();
  const [C, V] = [40, 1000];
  const random = stream("session test");
  const draw = (size: number) => Float32Array.from({ length: size }, () => random.normal());
  const table = weight({ name: "table", shape: [V, C], data: draw(V * C) });
  const gain = weight({ name: "gain", shape: [C], data: draw(C) });
  const rows = mul(gather(table, input("ids", ["n"], "int64")), gain); // (n, C)
  const outputs = { y: matmul(rows, table, { transB: true }) };
  const ids = { data: BigInt64Array.of(3n, 999n, 0n), dims: [3] };
  const run = async (options: Partial<SessionOptions>) => {
    await using session = await openSession(outputs, { threads: 1, ...options });
    assert.deepEqual([...Deno.readDirSync(temporary.path)], []);
    return (await session.run({ ids })).y.data;
  };
  const assertClose = (found: Float32Array, expected: Float32Array, tolerance: number) =>
    found.forEach((v, i) => assert.ok(Math.abs(v - expected[i]) < tolerance, `${i}`));
  const expected = await run({});
  assertClose(await run({ weightsFolder: temporary.path }), expected, 1e-4);
  const half: Device = { provider: "cpu", precision: "float16" };
  const halved = await run({ weightsFolder: temporary.path, device: half });
  assertClose(halved, expected, 0.05); // 11 bits of numbers whose products add up to some 10
  assert.notDeepEqual(halved, expected);
  assert.deepEqual(halved, await run({ device: half }));
});

Deno.test("openSession() says what to do where memory does not suffice", async () => {
  const huge = matmul(input("x", ["n", 1]), input("y", [1, "m"]));
  await using session = await openSession({ huge }, { threads: 1 });
  const ones = new Float32Array(1 << 24).fill(1);
  const run = session.run({
    x: { data: ones, dims: [ones.length, 1] },
    y: { data: ones, dims: [1, ones.length] },
  });
  await assert.rejects(run, { name: "UserError", remedy: /token budget/ });
});

Deno.test("assertGradient() finds a wrong rule", async () => {
  const wrong = assertGradient(
    (x) => customGradient("cube", pow(x, constant([3], [])), [x], (_, g) => [mul(g, x)]),
    [[4]],
    { positive: true },
  );
  await assert.rejects(wrong, /^AssertionError.*gradient 0: central difference/);
});
