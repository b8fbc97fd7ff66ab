import assert from "node:assert/strict";
import { CPU } from "../runtime/session.ts";
import { benchmarkDevice, deviceTable } from "./device_benchmark.ts";

const SHAPE = {
  ...{ vocabSize: 300, hiddenSize: 16, intermediateSize: 32, layers: 5, heads: 2 },
  contextLength: 64,
};

Deno.test("benchmarkDevice() finds no distance between the CPU and itself, and rates that are there", async () => {
  const amount = { length: 32, compared: 2, read: 192, steps: 2, timed: 3 };
  const speed = await benchmarkDevice(CPU, 1, SHAPE, amount);
  assert.deepEqual([speed.surprise, speed.hidden, speed.loss], [0, 0, 0]);
  for (const rate of [speed.product, speed.readTokens, speed.read, speed.tunedTokens]) {
    assert.ok(rate > 0 && Number.isFinite(rate), JSON.stringify(speed));
  }
  assert.match(deviceTable(speed).title, /^cpu in float32$/);
});
