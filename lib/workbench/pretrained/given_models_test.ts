import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { scratchFolder } from "../../core/testing.ts";
import { writeTinySuite } from "../../conversation/testing.ts";
import { type Head, readCheckpoint } from "../../model/checkpoint.ts";
import { randomModel, writeAdapter, writeRandomCheckpoint } from "../../model/testing.ts";
import { SCORE } from "../../model/parameters.ts";
import { openGivenModels } from "./given_models.ts";
import { givenWorkbench } from "./given_workbench.ts";
import { scoredParts } from "../fused.ts";
import { openWorkbench } from "../open_workbench.ts";
import { type RunOptions, trainsHere } from "../workbench.ts";

const scratch = scratchFolder();
const suite = writeTinySuite(scratch, 40);

/** Writes a checkpoint of a tiny decoder with random weights. */
const checkpoint = (name: string, head: Head, seed: string, vocabSize = 300) =>
  writeRandomCheckpoint(join(scratch, name), randomModel(head, { vocabSize }, seed));
const model = checkpoint("model", "language-model", "a");
const guard = checkpoint("guard", "guard", "a"); // the same decoder
const otherGuard = checkpoint("other-guard", "guard", "b");

let caches = 0;
const options = (given: object): RunOptions => ({
  suite,
  given: { model, device: "cpu", dtype: "float32", ...given },
  quick: false,
  seeds: 1,
  threads: 1,
  cache: join(scratch, `cache-${caches++}`),
  say: () => {},
});
const passes = (cache: string) => [...Deno.readDirSync(join(cache, "signals"))].length;

Deno.test("openWorkbench() reads guard and language model of one decoder in one pass, to the same bits", async () => {
  const settings = options({ guard });
  const shared = await openWorkbench(settings);
  const { scores } = await scoredParts(shared, "test");
  assert.equal(passes(settings.cache), 2); // over training rows, over test rows

  const models = await openGivenModels(settings.given!, settings);
  const { shared: _, ...apart } = models;
  const alone = options({ guard });
  const separate = givenWorkbench(shared.suite, apart, alone);
  assert.deepEqual((await scoredParts(separate, "test")).scores, scores);
  assert.equal(passes(alone.cache), 3);

  const other = options({ guard: otherGuard });
  await scoredParts(await openWorkbench(other), "test");
  assert.equal(passes(other.cache), 3);
});

Deno.test("openGivenModels() turns a guard round whose label 0 means unsafe, and says so", async () => {
  const { config, head, parameters } = readCheckpoint(guard);
  const score = parameters.get(SCORE)!;
  const C = config.hiddenSize;
  const data = Float32Array.of(...score.data.subarray(C), ...score.data.subarray(0, C));
  const folder = writeRandomCheckpoint(join(scratch, "reversed"), {
    config,
    head,
    parameters: new Map(parameters).set(SCORE, { ...score, data }),
  });
  const path = join(folder, "config.json");
  const hub = JSON.parse(Deno.readTextFileSync(path));
  const opened = async (names: string[], given: object = {}) => {
    const labels = { id2label: { ...names }, label2id: undefined };
    Deno.writeTextFileSync(path, JSON.stringify({ ...hub, ...labels }));
    const said: string[] = [];
    const settings = options({ guard: folder, ...given });
    const models = await openGivenModels(settings.given!, {
      ...settings,
      say: (message) => said.push(message),
    });
    return { ...models, said };
  };
  const named = await opened(["unsafe", "safe"]);
  assert.deepEqual(named.guard!.model.parameters.get(SCORE)!.data, score.data);
  assert.deepEqual(
    named.said.filter((message) => /other way round: 0, "unsafe"/.test(message)).length,
    1,
  );
  await assert.rejects(opened(["yes", "no"]), /must say which one means unsafe/);
  const asked = await opened(["yes", "no"], { unsafeLabel: "yes" });
  assert.deepEqual(asked.guard!.model.parameters.get(SCORE)!.data, score.data);
  assert.equal(asked.origins.guard!.unsafeLabel, "yes");
  const other = await opened(["yes", "no"], { unsafeLabel: "no" });
  assert.notEqual(other.guard!.key, asked.guard!.key);
});

Deno.test("openWorkbench() makes a guard of the model with an adapter that has a score head", async () => {
  const adapter = writeAdapter(join(scratch, "adapter"), readCheckpoint(model), { head: true });
  const settings = options({ guardAdapter: adapter });
  const bench = await openWorkbench(settings);
  const { scores } = await scoredParts(bench, "test");
  assert.ok(new Set(scores.guard[0]).size > 10, "scores differ");
  assert.equal(passes(settings.cache), 3); // the decoders are not the same
  const provenance = await bench.provenance(true);
  assert.ok("models" in provenance);
  assert.deepEqual(Object.keys(provenance.models.guard!), ["model", "adapter"]);
  await assert.rejects(openWorkbench(options({ lmAdapter: adapter })), /as language model/);
});

Deno.test("openWorkbench() cuts conversations to the context of a given model, as of our own", async () => {
  const said: string[] = [];
  const bench = await openWorkbench({ ...options({}), say: (message) => said.push(message) });
  const { sequences, truncated } = await bench.encoded("test");
  assert.ok(truncated > 0);
  sequences.forEach((ids) => assert.ok(ids.length <= 96 && ids[0] === 1));
  assert.ok(said.some((message) => /longer than 96 tokens; turns at their front/.test(message)));
});

Deno.test("a workbench of given models has one seed and trains nothing", async () => {
  const bench = await openWorkbench(options({ guard }));
  assert.deepEqual(bench.seeds, [0]);
  assert.ok(!trainsHere(bench));
});

Deno.test("openWorkbench() names what is wrong with models from outside", async () => {
  const fails = (given: object, message: RegExp) =>
    assert.rejects(openWorkbench(options(given)), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  await fails(
    { model: "no-such-folder" },
    /Cannot use the checkpoint "no-such-folder": there is no/,
  );
  await fails({ model: guard }, /Cannot use "guard" as language model: it must not be a sequence/);
  await fails({ guard: model }, /Cannot use "model" as guard: it must have a score head/);
  const stranger = checkpoint("stranger", "guard", "a", 400);
  await fails(
    { guard: stranger },
    /must share a tokenizer, got vocabularies of 400 and 300 tokens/,
  );
  await fails({ dtype: "float16" }, /Cannot use --device cpu --dtype float16/);
});
