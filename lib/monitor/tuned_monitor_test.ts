import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../conversation/testing.ts";
import { UserError } from "../core/errors.ts";
import { scratchFolder } from "../core/testing.ts";
import { loadLabelledSuite } from "../log/labelled_suite.ts";
import { randomModel, writeRandomCheckpoint } from "../model/testing.ts";
import type { MonitorKind } from "../workbench/pretrained/tuned_recipe.ts";
import { fitMonitor } from "./fit.ts";
import { type FittedMonitor, readMonitor } from "./fitted_monitor.ts";
import { FUSIONS } from "./fusion.ts";
import { openScorer } from "./scorer.ts";
import { writeTinyMonitor } from "./testing.ts";
import { tunedMaker } from "./tuned_maker.ts";

const scratch = scratchFolder();
const cache = join(scratch, "cache");
const from = { cache, say: () => {} };
// six blocks, of which the last four are adapted
const size = { vocabSize: 300, layers: 6, contextLength: 64 };
const model = writeRandomCheckpoint(
  join(scratch, "model"),
  randomModel("language-model", size, "a"),
);
const suite = await loadLabelledSuite(join(writeTinySuite(scratch, 40), "train.jsonl"));
const texts = suite.calibration.map(({ conversation }) => conversation);

interface Fit {
  monitors: MonitorKind;
  output: string;
  layer?: number;
  cache?: string;
  threads?: number;
}

function fit({ monitors, output, layer = 4, threads = 1, ...rest }: Fit) {
  const given = { model, monitors, layer, device: "cpu", dtype: "float32" };
  const options = { suite: "", given, quick: false, seeds: 1, threads, ...from, ...rest };
  const folder = join(scratch, output);
  return fitMonitor(tunedMaker(suite, options, undefined), {
    output: folder,
    fusion: { kind: "smallest-p" },
    fprTargets: [0.2],
  }).then((summary) => ({ ...summary, folder }));
}

async function scoresOf(monitor: FittedMonitor, { threads = 1, one = false } = {}) {
  await using scorer = await openScorer(monitor, { fpr: 0.2, threads, cache, spans: false });
  if (!one) return await scorer.score(texts);
  const scored = [];
  for (const text of texts.toReversed()) scored.unshift(...await scorer.score([text]));
  return scored;
}

const [head, lora] = [
  await fit({ monitors: "head", output: "head" }),
  await fit({ monitors: "lora", output: "lora" }),
];

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? namesIn(join(folder, name)).map((inner) => `${name}/${inner}`) : [name]
  ).sort();
}

Deno.test("a monitor of a pretrained model holds head or adapters, and the name and hashes of the model", () => {
  const adapter = (of: string) =>
    ["adapter_config.json", "adapter_model.safetensors"]
      .map((name) => `${of}/${name}`);
  const both = [...adapter("language-model"), "mahalanobis.safetensors", "monitor.json"];
  assert.deepEqual(namesIn(head.folder), ["guard/head.json", ...both]);
  assert.deepEqual(namesIn(lora.folder), [...adapter("guard"), ...both]);
  const { tuning } = JSON.parse(Deno.readTextFileSync(join(lora.folder, "monitor.json")));
  assert.deepEqual(tuning.state, { layer: 4, poolings: ["last"] });
  assert.deepEqual([tuning.base.name, tuning.base.reference], ["model", model]);
  assert.deepEqual(
    tuning.base.files.map(({ name }: { name: string }) => name),
    ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
  );
  const config = join(lora.folder, "guard", "adapter_config.json");
  const { base_model_name_or_path, layers_to_transform } = JSON.parse(
    Deno.readTextFileSync(config),
  );
  assert.deepEqual([base_model_name_or_path, layers_to_transform], [model, [0, 1, 2, 3]]);
});

Deno.test("a monitor of a pretrained model flags what its fit said, and shares the model's weights", async () => {
  for (const { folder, rates: [{ recall }], rows } of [head, lora]) {
    const monitor = await readMonitor(folder, from);
    const scored = await scoresOf(monitor);
    const unsafe = scored.filter((_, i) => suite.calibration[i].malign === 1);
    const flagged = unsafe.filter(({ flagged }) => flagged).length;
    assert.equal(flagged / rows.calibration.unsafe, recall);
    assert.ok(new Set(scored.map((found) => "p" in found && found.parts.guard)).size > 10);
    const { guard, languageModel } = monitor.parts;
    for (const name of ["model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight"]) {
      const shared = guard.model.parameters.get(name) === languageModel.parameters.get(name);
      assert.equal(shared, folder === head.folder || name.includes("embed"));
    }
  }
});

Deno.test("a monitor of a pretrained model scores the same in any batch, order and number of threads", async () => {
  for (const { folder } of [head, lora]) {
    const monitor = await readMonitor(folder, from);
    const scored = await scoresOf(monitor);
    assert.ok(scored.some(({ truncatedTurns }) => truncatedTurns > 0));
    assert.deepEqual(await scoresOf(monitor, { threads: 2 }), scored);
    assert.deepEqual(await scoresOf(monitor, { one: true }), scored);
    await using scorer = await openScorer(monitor, { fpr: 0.2, threads: 1, cache, spans: true });
    const places = await scorer.score(texts);
    assert.deepEqual(places.map(({ score }) => score), scored.map(({ score }) => score));
    for (const [i, { spans }] of places.entries()) {
      for (const { start, end, text } of spans!) assert.equal(texts[i].slice(start, end), text);
    }
  }
});

Deno.test("fitMonitor() writes the same bytes from another cache and with two threads", async () => {
  for (const [monitors, first] of [["head", head], ["lora", lora]] as const) {
    const again = await fit({
      monitors,
      output: `${monitors}-again`,
      cache: join(scratch, "other"),
      threads: 2,
    });
    const [a, b] = [first, again].map(({ folder }) =>
      Deno.readTextFileSync(join(folder, "monitor.json"))
    );
    assert.equal(b, a);
  }
});

/** A copy of a folder, flat or not. */
function copyOf(folder: string, name: string): string {
  const copy = join(scratch, name);
  for (const inner of namesIn(folder)) {
    Deno.mkdirSync(join(copy, inner, ".."), { recursive: true });
    Deno.copyFileSync(join(folder, inner), join(copy, inner));
  }
  return copy;
}

function append(path: string): void {
  Deno.writeTextFileSync(path, " ", { append: true });
}

Deno.test("readMonitor() takes the model from elsewhere, and refuses another one or none", async () => {
  const refuses = (folder: string, options: object, message: RegExp, remedy = /--model/) =>
    assert.rejects(readMonitor(folder, { ...from, ...options }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      assert.match(error.remedy, remedy);
      return true;
    });
  const moved = copyOf(model, "moved");
  const [there] = await scoresOf(await readMonitor(head.folder, from));
  const [elsewhere] = await scoresOf(await readMonitor(head.folder, { ...from, model: moved }));
  assert.deepEqual(elsewhere, there);

  const other = writeRandomCheckpoint(
    join(scratch, "other-model"),
    randomModel("language-model", size, "b"),
  );
  await refuses(
    head.folder,
    { model: other },
    /its base must be the "model" that it was fitted on, but ".*other-model" has another "model\.safetensors"/,
  );
  append(join(moved, "tokenizer.json"));
  await refuses(head.folder, { model: moved }, /moved" has another "tokenizer\.json"/);
  await refuses(
    head.folder,
    { model: lora.folder },
    /Cannot use the checkpoint ".*lora": it must be a language model, got a monitor/,
    /its monitor\.json names it/,
  );
  await refuses(
    await writeTinyMonitor(join(scratch, "trained")),
    { model },
    /Cannot use --model with the monitor ".*tiny": it was trained from nothing/,
  );
  Deno.renameSync(model, `${model}-gone`);
  try {
    await refuses(head.folder, {}, /its base, "model", is no longer at ".*model"/, /with --model/);
  } finally {
    Deno.renameSync(`${model}-gone`, model);
  }
});

Deno.test("readMonitor() refuses a damaged head or adapter", async () => {
  for (
    const [folder, name] of [
      [head.folder, "guard/head.json"],
      [lora.folder, "guard/adapter_config.json"],
      [lora.folder, "language-model/adapter_model.safetensors"],
    ]
  ) {
    const copy = copyOf(folder, `damaged-${name.replaceAll("/", "-")}`);
    append(join(copy, name));
    await assert.rejects(readMonitor(copy, from), new RegExp(`"${name}" is missing or changed`));
  }
});

Deno.test("fitMonitor() refuses a layer beyond the model, a monitor for a model, and rows of one class", async () => {
  const output = "refused";
  await assert.rejects(
    fit({ monitors: "head", output, layer: 7 }),
    /Cannot use --layer 7: the model must have such a layer, got 6 layers/,
  );
  const given = { model: head.folder, device: "cpu", dtype: "float32" };
  const options = { suite: "", given, quick: false, seeds: 1, threads: 1, ...from };
  const rates = { output: join(scratch, output), fusion: { kind: FUSIONS[0] } };
  await assert.rejects(
    fitMonitor(tunedMaker(suite, options, undefined), rates),
    /Cannot use the checkpoint ".*head": it must be a language model, got a monitor/,
  );
  const safe = { ...suite, train: suite.train.filter(({ malign }) => malign === 0) };
  await assert.rejects(
    fitMonitor(tunedMaker(safe, options, undefined), rates),
    /Cannot fit a monitor: it takes at least 2 safe rows and an unsafe one to train on/,
  );
  assert.throws(() => tunedMaker(suite, options, 3), /Cannot use --seed with a head/);
});
