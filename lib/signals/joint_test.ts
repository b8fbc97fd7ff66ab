import assert from "node:assert/strict";
import { join } from "node:path";
import { scratchFolder } from "../core/testing.ts";
import { toOnnx } from "../graph/onnx.ts";
import { applyAdapter, readAdapter } from "../model/adapter.ts";
import type { Model } from "../model/checkpoint.ts";
import { cutModel } from "../model/cut.ts";
import { randomModel, writeAdapter } from "../model/testing.ts";
import { silent } from "../core/progress.ts";
import { type Reading, signalGraphs } from "./signal_graph.ts";
import { openJointReader, readSignals } from "./signals.ts";

const base = randomModel("language-model", { layers: 3, hiddenSize: 32 });
/** An adapter of the second block's queries. */
const adapter = readAdapter(
  writeAdapter(join(scratchFolder(), "adapter"), base, { head: false }),
);
const tuned: Model = { ...base, parameters: applyAdapter(base.parameters, adapter) };
const other = randomModel("language-model", { layers: 3, hiddenSize: 32 }, "another");
const sequences = [40, 3, 17].map((n) => Int32Array.from({ length: n }, (_, i) => (7 * i) % 300));
const state = (layer: number) => [{ layer, pooling: "mean" }, { layer, pooling: "last" }] as const;

const pairs: [string, Reading, Reading][] = [
  ["below the tuned blocks", { model: base, request: { hidden: state(1) } }, {
    model: tuned,
    request: { nll: true },
  }],
  ["in the tuned blocks", { model: base, request: { hidden: state(2) } }, {
    model: tuned,
    request: { nll: true, tokens: true },
  }],
  ["at the top", { model: base, request: { nll: true, hidden: state(3) } }, {
    model: tuned,
    request: { nll: true, hidden: state(3) },
  }],
  ["at the norm of a cut model", { model: cutModel(base, 1), request: { hidden: state(1) } }, {
    model: base,
    request: { hidden: state(1), nll: true },
  }],
  ["of the same model", { model: base, request: { hidden: state(3) } }, {
    model: base,
    request: { nll: true },
  }],
  ["of models that share nothing", { model: other, request: { hidden: state(2) } }, {
    model: base,
    request: { nll: true },
  }],
];

for (const [where, ...readings] of pairs) {
  Deno.test(`openJointReader() reads two models in one pass as one after the other, ${where}`, async () => {
    await using reader = await openJointReader(readings, { threads: 1 });
    const together = await reader.read(sequences);
    for (const [m, { model, request }] of readings.entries()) {
      const alone = await readSignals(model, sequences, request, { threads: 1, progress: silent });
      assert.deepEqual(together[m], alone);
    }
  });
}

Deno.test("signalGraphs() holds what models share once", () => {
  const bytesOf = (...readings: Reading[]) => {
    const outputs = signalGraphs(readings, 1).flatMap((own, m) =>
      Object.entries(own).map(([name, tensor]) => [`${m}.${name}`, tensor] as const)
    );
    return toOnnx(Object.fromEntries(outputs)).length;
  };
  const surprise = { model: tuned, request: { nll: true } };
  const alone = bytesOf(surprise);
  const below = bytesOf({ model: base, request: { hidden: state(1) } }, surprise);
  assert.ok(below - alone < 10_000, `${below - alone} bytes more`); // pooling and tables of angles; a block has 28,000
  const within = bytesOf({ model: base, request: { hidden: state(2) } }, surprise);
  const queries = 4 * 32 * 32; // the one matrix that differs
  assert.ok(within - alone > queries && within - alone < queries + 10_000, `${within - alone}`);
  assert.ok(bytesOf({ model: other, request: { hidden: state(2) } }, surprise) > 1.5 * alone);
});
