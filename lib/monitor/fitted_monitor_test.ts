import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readMonitor, writeMonitor } from "./fitted_monitor.ts";
import { writeTinyMonitor } from "./testing.ts";

function assertUnusable(folder: string, why: RegExp): void {
  assert.throws(() => readMonitor(folder), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^Cannot load the monitor "/);
    assert.match(error.message, why);
    assert.match(error.remedy, /deno task fit/);
    return true;
  });
}

Deno.test("readMonitor() gives back what writeMonitor() wrote, the detector to 12 digits", () => {
  using temporary = temporaryFolder();
  const tiny = writeTinyMonitor(temporary.path);
  const random = stream("fitted monitor");
  const draw = (n: number) => Float64Array.from({ length: n }, () => 1e3 * random.normal());
  const contents = {
    guard: join(tiny, "guard"),
    languageModel: join(tiny, "language-model"),
    mahalanobis: { mean: draw(16), lower: draw(256), shrinkage: 0.1 },
    lambda: { coefficient: 2, anchor: 0, means: [1, 2, 3], deviations: [4, 5, 6] },
    thresholds: [{ target: 0.05, threshold: 1.25, fpr: 0.04, recall: 0.5 }],
    fittedOn: { rows: 12 },
  };
  const folder = join(temporary.path, "some", "where", "else");
  writeMonitor(folder, contents);
  const monitor = readMonitor(folder);
  assert.deepEqual(monitor.lambda, contents.lambda);
  assert.deepEqual(monitor.thresholds, contents.thresholds);
  assert.deepEqual([monitor.guard.head, monitor.languageModel.head], ["guard", "language-model"]);
  for (const part of ["mean", "lower"] as const) {
    contents.mahalanobis[part].forEach((x, k) =>
      assert.ok(Math.abs(monitor.mahalanobis[part][k] - x) <= 1e-12 * Math.abs(x))
    );
  }
});

Deno.test("writeMonitor() writes the same bytes for the same contents", () => {
  using temporary = temporaryFolder();
  const texts = ["a", "b"].map((name) => {
    const monitor = writeTinyMonitor(join(temporary.path, name));
    return Deno.readTextFileSync(join(monitor, "monitor.json")); // holds a hash of every other file
  });
  assert.equal(texts[0], texts[1]);
});

Deno.test("writeMonitor() leaves what is there, and nothing behind where it fails", () => {
  using temporary = temporaryFolder();
  const tiny = writeTinyMonitor(temporary.path);
  const before = Deno.readTextFileSync(join(tiny, "monitor.json"));
  assert.throws(
    () => writeTinyMonitor(temporary.path),
    /Cannot write the monitor ".*tiny": it exists/,
  );
  assert.equal(Deno.readTextFileSync(join(tiny, "monitor.json")), before);
  Deno.removeSync(join(tiny, "guard", "tokenizer.json"));
  const folder = join(temporary.path, "half");
  assert.throws(() =>
    writeMonitor(folder, {
      guard: join(tiny, "guard"),
      languageModel: join(tiny, "language-model"),
      mahalanobis: readMonitor(writeTinyMonitor(temporary.path, "other")).mahalanobis,
      lambda: { coefficient: 0, anchor: 0, means: [], deviations: [] },
      thresholds: [],
      fittedOn: null,
    }), UserError);
  const left = [...Deno.readDirSync(temporary.path)].map(({ name }) => name);
  assert.deepEqual(left.filter((name) => name.includes("half")), []);
});

Deno.test("readMonitor() says what is wrong with a folder", () => {
  using temporary = temporaryFolder();
  assertUnusable(temporary.path, /it must hold monitor\.json, got none/);
  assertUnusable(join(temporary.path, "nowhere"), /it must hold monitor\.json, got none/);
  const folder = writeTinyMonitor(temporary.path);
  const path = join(folder, "monitor.json");
  const manifest = Deno.readTextFileSync(path);
  const weights = join(folder, "guard", "model.safetensors");
  const bytes = Deno.readFileSync(weights);
  Deno.writeFileSync(weights, bytes.with(bytes.length - 1, 1));
  assertUnusable(folder, /"guard\/model\.safetensors" is missing or changed/);
  Deno.removeSync(weights);
  assertUnusable(folder, /"guard\/model\.safetensors" is missing or changed/);
  Deno.writeTextFileSync(path, manifest.replace('"version":1', '"version":2'));
  assertUnusable(folder, /its version must be 1, got 2/);
  Deno.writeTextFileSync(path, manifest.replace('"threshold":0.5', '"threshold":9'));
  assertUnusable(folder, /monitor\.json was changed/);
  Deno.writeTextFileSync(path, manifest.slice(0, 40));
  assertUnusable(folder, /monitor\.json is broken JSON/);
});
