/**
 * The documented commands as a user runs them: as processes, with the permissions of their tasks, on a suite small enough to
 * train on in seconds.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { spawnTask, task, withFolder, writeScored } from "./testing.ts";

const filesOf = (folder: string) =>
  Object.fromEntries(
    [...Deno.readDirSync(folder)]
      .filter(({ name }) => !name.endsWith(".run.json")) // what may vary
      .map(({ name }) => [name, Deno.readTextFileSync(join(folder, name))]),
  );

Deno.test("reproduce writes the same bytes from empty caches, with one and with two threads, and from a warm one", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 25);
    const run = (results: string, cache: string, threads: string) =>
      task(
        "reproduce",
        "--suite",
        suite,
        "--quick",
        "--seeds",
        "2",
        "--only",
        "guard_generalization",
        "--threads",
        threads,
        "--results",
        join(folder, results),
        "--cache",
        join(folder, cache),
      ); // deno-fmt-ignore
    const first = await run("a", "cache-a", "1");
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /oodMean/);
    assert.equal((await run("b", "cache-b", "2")).code, 0);
    assert.equal((await run("c", "cache-a", "2")).code, 0);
    const files = filesOf(join(folder, "a"));
    assert.deepEqual(Object.keys(files).sort(), [
      "claims.svg",
      "guard_generalization.json",
      "guard_generalization.svg",
      "recall_heat_map.svg",
      "report.html",
    ]);
    assert.deepEqual(filesOf(join(folder, "b")), files);
    assert.deepEqual(filesOf(join(folder, "c")), files);
  });
});

Deno.test("verify accepts what reproduce wrote, and names what was changed", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 25);
    const results = join(folder, "results");
    const run = ["--suite", suite, "--quick", "--seeds", "1", "--cache", join(folder, "cache")];
    const flags = [...run, "--only", "guard_generalization", "--results", results];
    assert.equal((await task("reproduce", ...flags)).code, 0);
    const accepted = await task("verify", ...flags);
    assert.equal(accepted.code, 0, accepted.err);
    assert.match(accepted.out, /identical to the last byte/);
    const { artifacts, claims } = JSON.parse((await task("verify", ...flags, "--json")).out);
    assert.deepEqual(artifacts.map(({ agrees }: { agrees: boolean }) => agrees), [true]);
    assert.ok(claims.length > 0);
    const path = join(results, "guard_generalization.json");
    const artifact = JSON.parse(Deno.readTextFileSync(path));
    artifact.findings.results.guard.id.metrics.auroc.estimate += 0.001;
    Deno.writeTextFileSync(path, JSON.stringify(artifact));
    const refused = await task("verify", ...flags);
    assert.equal(refused.code, 1);
    assert.match(refused.out, /DIFFERS.*findings\.results\.guard\.id\.metrics\.auroc\.estimate/);
    const nowhere = await task("verify", ...run, "--results", join(folder, "nowhere"));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.err, /Cannot verify ".*nowhere": there is no such folder\.\nMake results/);
    Deno.writeTextFileSync(path, '{"id');
    for (const name of ["verify", "reproduce"]) {
      // reproduce judges what else is there
      const only = name === "verify" ? "guard_generalization" : "published_tables";
      const { code, err } = await task(name, ...run, "--only", only, "--results", results);
      assert.equal(code, 1);
      assert.match(err, /Cannot read .*: it is no artifact of "guard_generalization"\./);
      assert.doesNotMatch(err, /\n\s+at /, "no stack");
    }
  });
});

Deno.test("reproduce, killed in the middle and started again, ends in the same bytes", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 25);
    const flags = (results: string, cache: string) => [
      "--suite",
      suite,
      "--quick",
      "--seeds",
      "1",
      "--only",
      "guard_generalization",
      "--results",
      join(folder, results),
      "--cache",
      join(folder, cache),
    ]; // deno-fmt-ignore
    assert.equal((await task("reproduce", ...flags("a", "cache-a"))).code, 0);
    const cache = join(folder, "cache-b");
    Deno.mkdirSync(cache);
    for (let kills = 0; kills < 3; kills++) {
      const child = spawnTask("reproduce", ...flags("b", "cache-b"));
      await changesIn(cache, 1 + 3 * kills);
      child.kill("SIGKILL");
      await child.output();
    }
    assert.equal((await task("reproduce", ...flags("b", "cache-b"))).code, 0);
    assert.deepEqual(filesOf(join(folder, "b")), filesOf(join(folder, "a")));
  });
});

/** Waits until files under a folder have changed some number of times. */
async function changesIn(folder: string, count: number): Promise<void> {
  const watcher = Deno.watchFs(folder);
  for await (const { kind } of watcher) {
    if (kind !== "access" && --count <= 0) return watcher.close();
  }
}

Deno.test("every wrong use is one sentence with a remedy, and exit code 2", async () => {
  const wrong: [string[], RegExp][] = [
    [
      ["reproduce", "--sede", "3"],
      /Cannot use --sede: there is no such flag\.\nDid you mean "seeds"\?/,
    ],
    [
      ["reproduce", "--only", "guard_generalisation"],
      /no such experiment\.\nDid you mean "guard_generalization"\?/,
    ],
    [["reproduce", "--seeds", "0"], /--seeds 0: it must be a whole number from 1 to 256/],
    [["verify", "extra"], /"extra"/],
    [
      ["reproduce", "--seeds", "1", "--seeds", "2"],
      /Cannot use --seeds twice: only one can count\.\nLeave one out/,
    ],
    [
      ["analyze", "a.jsonl", "--lambda-grid", "-2:2:21"],
      /Cannot use --lambda-grid: its value is missing, or begins with a dash\.\nWrite .*--lambda-grid=-1/,
    ],
    [["analyze", "a.jsonl", "--lambda-grid", "400:500:3"], /exponents of ten from -100 to 100/],
  ];
  for (const [args, message] of wrong) {
    const { code, err } = await task(args[0], ...args.slice(1));
    assert.equal(code, 2, err);
    assert.match(err, message);
    assert.doesNotMatch(err, /\n\s+at /, "no stack");
  }
});

Deno.test("bad suites and folders are one sentence with a remedy, exit code 1, and leave nothing behind", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 25);
    const broken = join(folder, "broken");
    Deno.mkdirSync(broken);
    Deno.copyFileSync(join(suite, "train.jsonl"), join(broken, "train.jsonl"));
    Deno.writeTextFileSync(join(broken, "test.jsonl"), '{"id": "a", \n');
    const oneClass = join(folder, "one-class");
    Deno.mkdirSync(oneClass);
    Deno.copyFileSync(join(suite, "train.jsonl"), join(oneClass, "train.jsonl"));
    const lines = Deno.readTextFileSync(join(suite, "test.jsonl")).split("\n");
    const unsafe = lines.filter((line) => line.includes('"malign":1'));
    Deno.writeTextFileSync(join(oneClass, "test.jsonl"), unsafe.join("\n"));
    const bad: [string[], RegExp][] = [
      [["--suite", oneClass], /test rows must hold safe rows .* and unsafe rows, got 0 and \d+/],
      [["--suite", join(folder, "none")], /Cannot load the suite .*: there is no such folder/],
      [["--suite", broken], /test\.jsonl.* line 1/],
      [["--suite", suite, "--quick", "--results", "/proc/results"], /Cannot .*\/proc\/results/],
      // a folder that is there, where the task may not write
      [
        ["--suite", suite, "--quick", "--results", "data/mini"],
        /^error: Cannot write to "data\/mini"/m,
      ],
    ];
    for (const [args, message] of bad) {
      const { code, err } = await task("reproduce", ...args, "--cache", join(folder, "cache"));
      assert.equal(code, 1, err);
      assert.match(err, message);
    }
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
      name.includes(".tmp-")
    );
    assert.deepEqual(left, []);
  });
});

Deno.test("analyze runs with the permissions of its task", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "scores.jsonl");
    writeScored(path);
    const { code, out, err } = await task(
      "analyze",
      path,
      "--output",
      join(folder, "out"),
      "--json",
    );
    assert.equal(code, 0, err);
    assert.equal(JSON.parse(out).groups.id.auroc, 1);
    assert.deepEqual(Object.keys(filesOf(join(folder, "out"))).sort(), [
      "analysis.json",
      "results.jsonl",
    ]);
  });
});

Deno.test("bench prints what it measured, with the permissions of its task", async () => {
  const { code, out, err } = await task("bench", "--threads", "1", "--json");
  assert.equal(code, 0, err);
  const { threads, ...rates } = JSON.parse(out) as Record<string, number>;
  assert.equal(threads, 1);
  assert.ok(Object.keys(rates).length >= 7);
  for (const [name, rate] of Object.entries(rates)) assert.ok(rate > 0, name);
});
