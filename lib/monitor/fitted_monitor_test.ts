import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { canonicalJson, hashOf } from "../core/json.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readMonitor, writeMonitor } from "./fitted_monitor.ts";
import { trainedFiles } from "./stored_parts.ts";
import { writeTinyMonitor } from "./testing.ts";

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
  const settings = {
    lambda: { coefficient: 2, anchor: 0, means: [1, 2, 3], deviations: [4, 5, 6] },
    thresholds: [{ target: 0.05, threshold: 1.25, fpr: 0.04, recall: 0.5 }],
    thoughts: false,
    fittedOn: { rows: 12 },
  };
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

const foldersIn = (monitor: string) => ({
  guard: join(monitor, "guard"),
  languageModel: join(monitor, "language-model"),
});

Deno.test("readMonitor() reads what the first version wrote, which did not say how conversations were rendered", async () => {
  using temporary = temporaryFolder();
  const folder = await writeTinyMonitor(temporary.path);
  const path = join(folder, "monitor.json");
  const { hash: _, ...manifest } = JSON.parse(Deno.readTextFileSync(path));
  const first = { ...manifest, version: 1 };
  Deno.writeTextFileSync(path, canonicalJson({ ...first, hash: hashOf(first) }));
  const { thoughts, tuning, lambda } = await readMonitor(folder, HERE);
  assert.deepEqual([thoughts, tuning, lambda], [undefined, undefined, manifest.lambda]);
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
    Deno.writeTextFileSync(path, canonicalJson({ ...body, hash: hashOf(body) }));
  };
  write({ version: 3 });
  await assertUnusable(folder, /its version must be 1 or 2, got 3/);
  write({ thresholds: [] });
  await assertUnusable(folder, /in monitor\.json "thresholds" must not be empty, got \[\]/);
  Deno.writeTextFileSync(path, manifest.replace('"threshold":0.5', '"threshold":9'));
  await assertUnusable(folder, /monitor\.json was changed/);
  Deno.writeTextFileSync(path, manifest.slice(0, 40));
  await assertUnusable(folder, /monitor\.json is broken JSON/);
});
