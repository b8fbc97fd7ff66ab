import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { readCheckpoint } from "../model/checkpoint.ts";
import { randomModel } from "../model/testing.ts";
import golden from "../model/testdata/golden.json" with { type: "json" };
import type { Pooling, SignalRequest } from "./signal_graph.ts";
import {
  guardScoresOf,
  mergeSignals,
  openSignalReader,
  readSignals,
  type Signals,
} from "./signals.ts";

const checkpoint = (name: string) =>
  readCheckpoint(fileURLToPath(new URL(`../model/testdata/${name}`, import.meta.url)));
const [languageModel, guard] = [checkpoint("language-model"), checkpoint("guard")];

const sequences = golden.cases.map(({ ids }) => Int32Array.from(ids));
const poolings: Pooling[] = ["last", "mean", "max"];
const hidden = [0, 1, 2].flatMap((layer) => poolings.map((pooling) => ({ layer, pooling })));
const everything: SignalRequest = { guard: true, nll: true, tokens: true, hidden };

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(found.length, expected.length, what);
  for (let i = 0; i < found.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) < 1e-4, `${what}: ${found[i]}, ${expected[i]}`);
  }
}

// the lengths 15 and 16, 2 and 5 share a batch; 2, 5, 15, 17 and 33 are padded
Deno.test("readSignals() gives transformers' surprise and entropy of a language model", async () => {
  const { nll, tokenNll, entropy } = await readSignals(
    languageModel,
    sequences,
    { nll: true, tokens: true },
    { threads: 1, progress: silent },
  );
  golden.cases.forEach((expected, i) => {
    assertClose([nll![i]], [expected.meanNll], `mean surprise ${i}`);
    assertClose(tokenNll![i], expected.nll, `surprise ${i}`);
    assertClose(entropy![i], expected.entropy, `entropy ${i}`);
  });
});

Deno.test("readSignals() sums entropies over a large vocabulary as exactly as float64 does", async () => {
  const model = randomModel("language-model", { vocabSize: 60_000, contextLength: 16 });
  const norm = model.parameters.get("model.norm.weight")!;
  const loud = { ...norm, data: norm.data.map(() => 8) }; // logits of a real model's size,
  const rows = model.parameters.get("model.embed_tokens.weight")!;
  const far = { ...rows, data: rows.data.map((x, i) => i % 16 === 0 ? x + 4 : x) }; // all of them far from 0
  const { entropy, hidden } = await readSignals(
    {
      ...model,
      parameters: new Map(model.parameters).set(norm.name, loud).set(rows.name, far),
    },
    [Int32Array.of(5, 50_000, 7), Int32Array.of(5, 50_000)],
    { tokens: true, hidden: [{ layer: 2, pooling: "last" }] },
    { threads: 1, progress: silent },
  );
  const C = model.config.hiddenSize;
  const state = hidden[0].subarray(C); // at the second token
  const logits = Float64Array.from(
    { length: 60_000 },
    (_, v) => state.reduce((sum, h, c) => sum + h * far.data[v * C + c], 0),
  );
  const most = logits.reduce((a, b) => Math.max(a, b));
  const total = logits.reduce((sum, x) => sum + Math.exp(x - most), 0);
  const expected = logits.reduce((sum, x) => {
    const p = Math.exp(x - most) / total;
    return sum - p * Math.log(p);
  }, 0);
  const error = Math.abs(entropy![0][1] - expected);
  assert.ok(error < 1e-5, `off by ${error}`);
});

Deno.test("readSignals() gives transformers' logits and hidden states of a guard", async () => {
  const signals = await readSignals(guard, sequences, { guard: true, hidden }, {
    threads: 1,
    progress: silent,
  });
  const width = guard.config.hiddenSize;
  golden.cases.forEach(({ guard: { logits: [safe, unsafe], pools } }, i) => {
    assertClose(signals.guard!.subarray(2 * i, 2 * i + 2), [safe, unsafe], `guard ${i}`);
    assertClose([guardScoresOf(signals.guard!)[i]], [unsafe - safe], `guard ${i}`);
    hidden.forEach(({ layer, pooling }, k) => {
      const found = signals.hidden[k].subarray(i * width, (i + 1) * width);
      assertClose(found, pools[layer][pooling], `layer ${layer}, ${pooling}, conversation ${i}`);
    });
  });
});

Deno.test("readSignals() reads a guard at the last token that is no padding, as transformers does", async () => {
  const ids = sequences[0];
  const read = async (padId: number | undefined, texts: Int32Array[]) => {
    const { padId: _, ...rest } = guard;
    const model = { ...rest, ...padId !== undefined && { padId } };
    const { guard: logits } = await readSignals(model, texts, { guard: true }, {
      threads: 1,
      progress: silent,
    });
    return [...logits!];
  };
  const ended = Int32Array.of(...ids, 2, 2);
  const [plain, atEnd] = [await read(0, [ids]), await read(0, [ended])];
  assert.notDeepEqual(atEnd, plain);
  assertClose(await read(2, [ended]), plain, "padding is the end of the text");
  assert.deepEqual(await read(undefined, [ended]), atEnd);
  assert.ok((await read(2, [Int32Array.of(2, 2)])).every(Number.isFinite));
});

Deno.test("readSignals() names the weight, or the conversation, that gives no finite number", async () => {
  const name = "model.layers.1.mlp.up_proj.weight";
  const broken = (value: number) => {
    const weight = guard.parameters.get(name)!;
    const data = weight.data.map((x, i) => i === 7 ? value : x);
    const parameters = new Map(guard.parameters).set(name, { name, shape: weight.shape, data });
    return readSignals({ ...guard, parameters }, sequences, { guard: true, nll: true }, {
      threads: 1,
      progress: silent,
      nameRow: (row) => `"row ${row}"`,
    });
  };
  await assert.rejects(broken(NaN), {
    name: "UserError",
    message:
      `Cannot use the model: its weight "${name}" must hold finite numbers, got NaN at place 7`,
  });
  await assert.rejects(broken(3e38), {
    name: "UserError",
    message: /Cannot read the conversation "row \d+": its signals must be finite numbers/,
  });
});

Deno.test("readSignals() reads only what is asked for", async () => {
  const signals = await readSignals(guard, sequences, { guard: true }, {
    threads: 1,
    progress: silent,
  });
  assert.deepEqual(Object.keys(signals).sort(), ["guard", "hidden"]);
  assert.deepEqual(signals.hidden, []);
});

/** All signals of each conversation, by its index. */
function byConversation(signals: Signals, n: number): unknown[] {
  const width = guard.config.hiddenSize;
  return Array.from({ length: n }, (_, i) => ({
    guard: signals.guard!.slice(2 * i, 2 * i + 2),
    nll: signals.nll![i],
    tokenNll: signals.tokenNll![i],
    entropy: signals.entropy![i],
    hidden: signals.hidden.map((matrix) => matrix.slice(i * width, (i + 1) * width)),
  }));
}

Deno.test("readSignals() gives every bit the same in any batch, order and number of threads", async () => {
  const random = stream("signals test");
  const many = Array.from(
    { length: 60 },
    () => Int32Array.from({ length: 2 + random.below(39) }, () => 3 + random.below(37)),
  );
  const read = async (order: number[], threads: number, tokenBudget?: number) => {
    const chosen = order.map((i) => many[i]);
    const settings = {
      threads,
      progress: silent,
      ...(tokenBudget !== undefined && { tokenBudget }),
    };
    return byConversation(await readSignals(guard, chosen, everything, settings), chosen.length);
  };
  const all = many.map((_, i) => i);
  const reference = await read(all, 1, 1);
  assert.deepEqual(await read(all, 1), reference, "default batches");
  assert.deepEqual(await read(all, 2), reference, "two threads");
  // logits of so many tokens are made in chunks, some of them empty
  assert.deepEqual(await read(all, 1, 1e7), reference, "chunks");
  assert.deepEqual(await read([0], 1, 1e7), reference.slice(0, 1), "more chunks than tokens");
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(all, { minLength: 1 }),
      fc.integer({ min: 1, max: 2 }),
      fc.constantFrom(1, 40, 100, 333, 4096),
      async (order, threads, tokenBudget) => {
        assert.deepEqual(await read(order, threads, tokenBudget), order.map((i) => reference[i]));
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("readSignals() gives every bit the same also where attention is made in blocks", async () => {
  const random = stream("signals test of long conversations");
  const model = randomModel("guard", { keyValueHeads: 1, contextLength: 600 });
  const many = [200, 600, 40, 197, 203, 128, 595].map((length) =>
    Int32Array.from({ length }, () => 3 + random.below(37))
  );
  const read = async (chosen: Int32Array[], threads: number, tokenBudget: number) =>
    byConversation(
      await readSignals(model, chosen, everything, { threads, tokenBudget, progress: silent }),
      chosen.length,
    );
  const reference = await read(many, 1, 1);
  assert.deepEqual(await read(many, 2, 1), reference, "two threads");
  assert.deepEqual(await read(many, 2, 4096), reference, "batches");
  assert.deepEqual(await read(many.toReversed(), 1, 4096), reference.toReversed(), "order");
});

Deno.test("openSignalReader() reads as often as it is asked, each time the bits of readSignals()", async () => {
  const request: SignalRequest = { guard: true, hidden: [{ layer: 2, pooling: "last" }] };
  await using reader = await openSignalReader(guard, request, { threads: 1 });
  for (const part of [sequences, sequences.slice(0, 2), sequences]) {
    const once = await readSignals(guard, part, request, { threads: 1, progress: silent });
    assert.deepEqual(await reader.read(part), once);
  }
});

Deno.test("mergeSignals() puts rows back where they stood", async () => {
  const request: SignalRequest = { nll: true, tokens: true, hidden: hidden.slice(0, 2) };
  const read = (rows: readonly number[]) =>
    readSignals(languageModel, rows.map((i) => sequences[i]), request, {
      threads: 1,
      progress: silent,
    });
  const rows = [...sequences.keys()];
  const parts = [rows.filter((i) => i % 2 === 1).reverse(), rows.filter((i) => i % 2 === 0)];
  const merged = mergeSignals(
    await Promise.all(parts.map(async (of) => ({ rows: of, signals: await read(of) }))),
  );
  assert.deepEqual(merged, await read(rows));
});
