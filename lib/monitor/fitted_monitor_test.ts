import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { canonicalJson, hashOf } from "../core/json.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readMonitor, writeMonitor } from "./fitted_monitor.ts";
import { trainedFiles } from "./stored_parts.ts";
import { TINY_LAMBDA, tinySmallestP, writeTinyMonitor } from "./testing.ts";

const HERE = { cache: "", say: () => {} };

async function assertUnusable(folder: string, why: RegExp): Promise<void> {
  await assert.rejects(readMonitor(folder, HERE), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^Cannot load the monitor "/);
    assert.match(error.message, why);
    assert.match(error.remedy, /deno task fit/);
    return true;
  });
}

Deno.test("readMonitor() gives back what writeMonitor() wrote, the detector to 12 digits", async () => {
  using temporary = temporaryFolder();
  const tiny = await writeTinyMonitor(temporary.path);
  const random = stream("fitted monitor");
  const draw = (n: number) => Float64Array.from({ length: n }, () => 1e3 * random.normal());
  const mahalanobis = { mean: draw(16), lower: draw(256), shrinkage: 0.1 };
  const fusion = {
    ...tinySmallestP(),
    chosen: { share: 0.1, alone: 1 / 3, recall: 0.32, loss: 0.02, fpr: 0.01 },
    byLength: { cuts: [300, 900], fused: { 0: fused(60), 1: fused(70), 2: fused(70) } },
  };
  const settings = { fusion, thoughts: false, fittedOn: { rows: 12 } };
  const folder = join(temporary.path, "some", "where", "else");
  await writeMonitor(folder, settings, trainedFiles({ ...foldersIn(tiny), mahalanobis }));
  const { parts, hash: _, ...read } = await readMonitor(folder, HERE);
  assert.deepEqual(read, settings);
  const { guard, languageModel } = parts;
  assert.deepEqual([guard.model.head, languageModel.head], ["guard", "language-model"]);
  for (const part of ["mean", "lower"] as const) {
    mahalanobis[part].forEach((x, k) =>
      assert.ok(Math.abs(parts.mahalanobis[part][k] - x) <= 1e-12 * Math.abs(x))
    );
  }
});

const fused = (rows: number) => tinySmallestP(2 * rows).calibrated.fused;

const foldersIn = (monitor: string) => ({
  guard: join(monitor, "guard"),
  languageModel: join(monitor, "language-model"),
});

Deno.test("readMonitor() reads what the first two versions wrote, which knew lambda alone", async () => {
  using temporary = temporaryFolder();
  for (const version of [1, 2]) {
    const folder = await writeTinyMonitor(temporary.path, `version-${version}`);
    const path = join(folder, "monitor.json");
    const { hash: _, fusion: { kind, ...ofLambda }, ...manifest } = JSON.parse(
      Deno.readTextFileSync(path),
    );
    assert.equal(kind, "lambda");
    const older = { ...manifest, ...ofLambda, version };
    Deno.writeTextFileSync(path, canonicalJson({ ...older, hash: hashOf(older) }));
    const { thoughts, tuning, fusion } = await readMonitor(folder, HERE);
    assert.deepEqual([thoughts, tuning, fusion], [undefined, undefined, TINY_LAMBDA]);
  }
});

Deno.test("writeMonitor() writes the same bytes for the same contents", async () => {
  using temporary = temporaryFolder();
  const texts: string[] = [];
  for (const name of ["a", "b"]) {
    const monitor = await writeTinyMonitor(join(temporary.path, name));
    texts.push(Deno.readTextFileSync(join(monitor, "monitor.json"))); // holds a hash of every other file
  }
  assert.equal(texts[0], texts[1]);
});

Deno.test("writeMonitor() leaves what is there, and nothing behind where it fails", async () => {
  using temporary = temporaryFolder();
  const tiny = await writeTinyMonitor(temporary.path);
  const before = Deno.readTextFileSync(join(tiny, "monitor.json"));
  await assert.rejects(
    writeTinyMonitor(temporary.path),
    /Cannot write the monitor ".*tiny": it exists/,
  );
  assert.equal(Deno.readTextFileSync(join(tiny, "monitor.json")), before);
  Deno.removeSync(join(tiny, "guard", "tokenizer.json"));
  const { parts, ...settings } = await readMonitor(
    await writeTinyMonitor(temporary.path, "other"),
    HERE,
  );
  const files = trainedFiles({ ...foldersIn(tiny), mahalanobis: parts.mahalanobis });
  await assert.rejects(writeMonitor(join(temporary.path, "half"), settings, files), UserError);
  const left = [...Deno.readDirSync(temporary.path)].map(({ name }) => name);
  assert.deepEqual(left.filter((name) => name.includes("half")), []);
});

Deno.test("readMonitor() says what is wrong with a folder", async () => {
  using temporary = temporaryFolder();
  await assertUnusable(temporary.path, /it must hold monitor\.json, got none/);
  await assertUnusable(join(temporary.path, "nowhere"), /it must hold monitor\.json, got none/);
  const folder = await writeTinyMonitor(temporary.path);
  const path = join(folder, "monitor.json");
  const manifest = Deno.readTextFileSync(path);
  const weights = join(folder, "guard", "model.safetensors");
  const bytes = Deno.readFileSync(weights);
  Deno.writeFileSync(weights, bytes.with(bytes.length - 1, 1));
  await assertUnusable(folder, /"guard\/model\.safetensors" is missing or changed/);
  Deno.removeSync(weights);
  await assertUnusable(folder, /"guard\/model\.safetensors" is missing or changed/);
  const write = (change: object) => {
    const { hash: _, ...body } = { ...JSON.parse(manifest), ...change };
    Deno.writeTextFileSync(path, canonicalJson({ ...body, hash: hashOf(body) }, 17));
  };
  write({ version: 4 });
  await assertUnusable(folder, /its version must be from 1 to 3, got 4/);
  write({ fusion: { ...TINY_LAMBDA, thresholds: [] } });
  await assertUnusable(folder, /in monitor\.json "fusion\.thresholds" must not be empty, got \[\]/);
  const { calibrated, ...rest } = tinySmallestP(8);
  const writeCalibrated = (change: object) =>
    write({ fusion: { ...rest, calibrated: { ...calibrated, ...change } } });
  const { fused, parts } = calibrated;
  const broken: [object, RegExp][] = [
    [{ fused: { ...fused, scores: [] } }, /"fusion\.calibrated\.fused\.scores" must not be empty/],
    [{ fused: { ...fused, scores: [2, 1] } }, /fused\.scores" must be ascending, got \[2,1\]/],
    [{ fused: { ...fused, tail: { ...fused.tail, scale: 0 } } }, /tail\.scale" must be above 0/],
    [{ parts: parts.slice(1) }, /"fusion\.calibrated\.parts" must hold 3 values/],
    [{ weights: [0.5, 0.5, 0.5] }, /weights" must sum to 1, got \[0\.5,0\.5,0\.5\]/],
    [{ how: "fisher" }, /"fusion\.calibrated\.how" must be "smallest", got "fisher"/],
  ];
  for (const [change, why] of broken) {
    writeCalibrated(change);
    await assertUnusable(folder, why);
  }
  const byLength = { cuts: [300, 900], fused: { 0: fused, 2: fused } };
  write({ fusion: { ...rest, calibrated, byLength } });
  await assertUnusable(folder, /"fusion\.byLength" must have a calibration between all cuts/);
  write({ fusion: { kind: "mean" } });
  await assertUnusable(
    folder,
    /"fusion\.kind" must be of the kind "smallest-p" or "lambda", got "mean"/,
  );
  Deno.writeTextFileSync(path, manifest.replace('"threshold":0.5', '"threshold":9'));
  await assertUnusable(folder, /monitor\.json was changed/);
  Deno.writeTextFileSync(path, manifest.slice(0, 40));
  await assertUnusable(folder, /monitor\.json is broken JSON/);
});
