import assert from "node:assert/strict";
import { join } from "node:path";
import { scratchFolder } from "../../core/testing.ts";
import { writeTinySuite } from "../../conversation/testing.ts";
import { readCheckpoint } from "../../model/checkpoint.ts";
import { randomModel, writeAdapter, writeRandomCheckpoint } from "../../model/testing.ts";
import { readSignals } from "../../signals/signals.ts";
import { silent } from "../../core/progress.ts";
import scaling from "../../../experiments/scaling.ts";
import { scoredParts } from "../fused.ts";
import { openWorkbench } from "../open_workbench.ts";
import { guardScores, guardSignals } from "../scores.ts";
import { hasSizes, type RunOptions, trainsHere } from "../workbench.ts";

const scratch = scratchFolder();
const suite = writeTinySuite(scratch, 40);
const model = writeRandomCheckpoint(
  join(scratch, "model"),
  randomModel("language-model", { vocabSize: 300, layers: 3 }, "a"),
);

let caches = 0;
const options = (given: object, others: object = {}): RunOptions => ({
  suite,
  given: { model, device: "cpu", dtype: "float32", ...given },
  quick: false,
  seeds: 2,
  threads: 1,
  cache: join(scratch, `cache-${caches++}`),
  say: () => {},
  ...others,
});
const entries = (cache: string, kind: string) => [...Deno.readDirSync(join(cache, kind))].length;

Deno.test("a pretrained model's guards are heads on one pass over each split, another for each seed", async () => {
  const settings = options({});
  const bench = await openWorkbench(settings);
  assert.ok(trainsHere(bench) && !hasSizes(bench));
  const [first, second] = await guardScores(bench, "test");
  assert.notDeepEqual(first, second);
  const { hidden } = await guardSignals(bench, await bench.guard(0), "test");
  assert.equal(hidden[0].length, bench.suite.test.length * 16);
  assert.equal(entries(settings.cache, "signals"), 3); // train, calibration for the choice, test
  assert.equal(entries(settings.cache, "head"), 2);
});

Deno.test("the state that guards stand on is the best on the calibration split, or the one asked for", async () => {
  const chosen = await (await openWorkbench(options({}))).provenance(true);
  assert.ok("models" in chosen);
  const { state, candidates, monitors } = chosen.models.tuned!;
  assert.equal(monitors, "head");
  assert.equal(candidates.length, 9); // three layers, three poolings
  const best = Math.max(...candidates.map(({ auroc }) => auroc));
  const { auroc: _, ...first } = candidates.find(({ auroc }) => auroc === best)!;
  assert.deepEqual(state, first);
  const asked = await (await openWorkbench(options({ layer: 2 }))).provenance(true);
  assert.ok("models" in asked);
  assert.equal(asked.models.tuned!.state.layer, 2);
  await assert.rejects(
    (await openWorkbench(options({ layer: 4 }))).guard(0),
    /Cannot use --layer 4: the model must have such a layer, got 3 layers/,
  );
});

Deno.test("guards and language model are the same with one thread and two, in small batches and large", async () => {
  const scores = async (others: object, given: object = {}) => {
    const bench = await openWorkbench(options({ layer: 2, ...given }, { seeds: 1, ...others }));
    return (await scoredParts(bench, "test")).scores;
  };
  for (const monitors of ["head", "lora"]) {
    const one = await scores({}, { monitors });
    assert.ok(new Set(one.guard[0]).size > 10 && new Set(one.perplexity[0]).size > 10);
    assert.deepEqual(await scores({ threads: 2 }, { monitors, tokenBudget: 100 }), one);
  }
});

Deno.test("guards with low-rank updates are of the blocks below their head, and kept as adapters", async () => {
  const settings = options({ monitors: "lora", layer: 2 }, { seeds: 1 });
  const bench = await openWorkbench(settings);
  const guard = await bench.guard(0);
  assert.equal(guard.model.config.layers, 2);
  assert.equal(guard.model.head, "guard");
  const adapter = JSON.parse(Deno.readTextFileSync(join(guard.folder, "adapter_config.json")));
  assert.deepEqual(adapter.layers_to_transform, [0, 1]);
  const [scores] = await guardScores(bench, "test");
  const [again] = await guardScores(await openWorkbench(settings), "test");
  assert.deepEqual(again, scores);
});

Deno.test("blocks below the adapted ones are run once, and their kept states give the surprise of a pass through all", async () => {
  const deep = writeRandomCheckpoint(
    join(scratch, "deep"),
    randomModel("language-model", { vocabSize: 300, layers: 7 }, "b"),
  );
  const settings = options({ model: deep, layer: 6 }, { seeds: 1 });
  const bench = await openWorkbench(settings);
  const { perplexity: [scores] } = (await scoredParts(bench, "test")).scores;
  const tuned = await bench.safeLanguageModel();
  assert.equal(tuned.below?.request.states, 3);
  const { sequences } = await bench.encoded("test");
  const { nll } = await readSignals(tuned.model, sequences, { nll: true }, {
    threads: 1,
    progress: silent,
  });
  scores.forEach((score, i) => {
    const difference = Math.abs(Math.log(score) - nll![i]);
    assert.ok(difference < 2e-4, `${Math.log(score)} and ${nll![i]}`);
  });
  const guards = await openWorkbench(options({ model: deep, monitors: "lora", layer: 6 }));
  const [of, ofAnother] = await guardScores(guards, "test");
  assert.notDeepEqual(of, ofAnother);
  assert.equal((await guards.guard(0)).below?.request.states, 2);
});

Deno.test("what guards are is chosen on the calibration split where that is asked for, and what was measured is kept", async () => {
  const bench = await openWorkbench(options({ monitors: "auto", layer: 2 }, { seeds: 1 }));
  const provenance = await bench.provenance(true);
  assert.ok("models" in provenance);
  const { monitors, kinds } = provenance.models.tuned!;
  assert.deepEqual(kinds!.map(({ monitors }) => monitors), ["head", "lora"]);
  const best = Math.max(...kinds!.map(({ auroc }) => auroc));
  assert.equal(kinds!.find(({ auroc }) => auroc === best)!.monitors, monitors);
  const alone = await openWorkbench(options({ monitors, layer: 2 }, { seeds: 1 }));
  assert.deepEqual(await guardScores(bench, "test"), await guardScores(alone, "test"));
});

Deno.test("scaling compares a pretrained model with its lowest blocks, and with others; what is not twenty times larger judges no claim", async () => {
  const deep = writeRandomCheckpoint(
    join(scratch, "whole"),
    randomModel("language-model", { vocabSize: 300, layers: 6 }, "c"),
  );
  const own = (part: string) => `scaling/${part}`;
  const config = { ...scaling.config, resamples: 20 };
  const found = async (given: object) => {
    const bench = await openWorkbench(options({ model: deep, ...given }, { seeds: 1 }));
    assert.ok(trainsHere(bench));
    const { scales, contrasts } = await scaling.train!(bench, config, own);
    const values = contrasts as Record<string, unknown>;
    return { layers: scales.map(({ layers }) => layers), contrasts: values };
  };
  const { layers, contrasts } = await found({});
  assert.deepEqual(layers, [1, 2, 6]);
  const titles = Object.entries(contrasts).filter(([title]) =>
    title.startsWith("gain of detection at size s")
  );
  const judged = titles.filter(([title]) => title.includes("a guard at 20 s:"));
  assert.deepEqual(judged.map(([, value]) => value), [null, null]);
  assert.ok(titles.length === 4 && titles.some(([, value]) => value !== null));
  assert.deepEqual((await found({ models: [model] })).layers, [3, 6]);
});

Deno.test("a given language model measures perplexity as it is, and nothing is trained", async () => {
  const adapter = writeAdapter(join(scratch, "adapter"), readCheckpoint(model), { head: false });
  const settings = options({ lmAdapter: adapter, layer: 2 }, { seeds: 1 });
  const bench = await openWorkbench(settings);
  await scoredParts(bench, "test");
  const provenance = await bench.provenance(true);
  assert.ok("models" in provenance && provenance.models.tuned!.safeLanguageModel === undefined);
  assert.throws(() => entries(settings.cache, "adapter"), Deno.errors.NotFound);
});
