/**
 * A checkpoint that people use, against transformers. It is too large to be part of the project: the environment variable
 * REAL_CHECKPOINT names its folder; `testdata/real_checkpoint_golden.py` says where it comes from and what is compared.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { silent } from "../core/progress.ts";
import { readCheckpoint } from "../model/checkpoint.ts";
import { type Parameter, SCORE } from "../model/parameters.ts";
import { loadGivenTokenizer } from "../tokenizer/given.ts";
import { readSignals } from "./signals.ts";
import golden from "./testdata/real_checkpoint_golden.json" with { type: "json" };

const folder = Deno.env.get("REAL_CHECKPOINT");

function assertClose(
  found: ArrayLike<number>,
  expected: readonly number[],
  what: string,
  most = 1e-3,
): void {
  assert.equal(found.length, expected.length, what);
  const worst = Math.max(...expected.map((value, i) => Math.abs(found[i] - value)));
  assert.ok(worst < most, `${what}: off by ${worst}`);
}

Deno.test({
  name: "readSignals() gives transformers' numbers for a real checkpoint",
  ignore: folder === undefined,
  async fn() {
    const hash = createHash("sha256");
    using file = Deno.openSync(join(folder!, "model.safetensors"));
    for await (const chunk of file.readable) hash.update(chunk);
    assert.equal(hash.digest("hex"), golden.sha256, "the same weights");

    const tokenizer = loadGivenTokenizer(folder!);
    golden.cases.forEach(({ text, ids }) => assert.deepEqual([...tokenizer.encode(text)], ids));

    const model = readCheckpoint(folder!);
    const { config: { hiddenSize: C }, parameters } = model;
    const data = Float32Array.from({ length: 2 * C }, (_, i) => Math.sin(i) / Math.sqrt(C));
    const score: Parameter = { name: SCORE, shape: [2, C], data };
    const signals = await readSignals(
      { ...model, parameters: new Map([...parameters, [SCORE, score]]) },
      golden.cases.map(({ ids }) => Int32Array.from(ids)),
      {
        guard: true,
        nll: true,
        tokens: true,
        hidden: golden.layers.map((layer) => ({ layer, pooling: "last" })),
      },
      { threads: navigator.hardwareConcurrency, progress: silent },
    );
    golden.cases.forEach(({ nll, entropy, hidden, guard }, i) => {
      assertClose(signals.tokenNll![i], nll, `surprise ${i}`);
      assertClose(signals.entropy![i], entropy, `entropy ${i}`, 1e-4);
      assertClose([signals.nll![i]], [nll.reduce((a, b) => a + b) / nll.length], `mean ${i}`);
      assertClose(signals.guard!.subarray(2 * i, 2 * i + 2), guard, `guard ${i}`);
      hidden.forEach((expected, k) => {
        const state = signals.hidden[k].subarray(i * C, i * C + expected.length);
        assertClose(state, expected, `layer ${golden.layers[k]} of ${i}`);
      });
    });
  },
});
