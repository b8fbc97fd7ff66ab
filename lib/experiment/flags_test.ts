import assert from "node:assert/strict";
import type { Workbench } from "../workbench/workbench.ts";
import { readFlags } from "../core/flags.ts";
import { resultsFolder, RUN_FLAGS, runOptions } from "./flags.ts";
import { runnable } from "./open_run.ts";

const flagsOf = (...args: string[]) => readFlags(args, RUN_FLAGS).values;
const optionsOf = (...args: string[]) => runOptions(flagsOf(...args), () => {});
const folderOf = (...args: string[]) => resultsFolder(flagsOf(...args), "mini");

Deno.test("runOptions() reads which rows to test on, domains in the order of the tables", () => {
  assert.deepEqual(optionsOf().selection, {});
  assert.deepEqual(
    optionsOf("--domains", "verse,scheming", "--max-length", "2048", "--rows-per-domain", "100")
      .selection,
    { domains: ["scheming", "verse"], maxLength: 2048, rowsPerDomain: 100 },
  );
});

Deno.test("runOptions() names the nearest domain, and refuses numbers that are none", () => {
  assert.throws(() => optionsOf("--domains", "verse,schemin"), (error: Error) => {
    assert.match(error.message, /there is no domain "schemin"/);
    assert.match((error as Error & { remedy: string }).remedy, /Did you mean "scheming"\?/);
    return true;
  });
  for (const flag of ["--max-length", "--rows-per-domain"]) {
    for (const text of ["0", "1.5", "many"]) {
      assert.throws(() => optionsOf(flag, text), /must be a whole number from 1 to 1000000/);
    }
  }
});

Deno.test("--threads is capped to the cores, and that is said", () => {
  const cores = navigator.hardwareConcurrency;
  const said: string[] = [];
  const read = (threads: number) =>
    readFlags(["--threads", `${threads}`], RUN_FLAGS, { say: (line) => said.push(line) }).values;
  assert.equal(read(cores).threads, cores);
  assert.deepEqual(said, []);
  assert.equal(read(256).threads, cores);
  assert.match(
    said.join(),
    new RegExp(`^--threads 256 is taken as ${cores}: this machine has ${cores} cores?\\.$`),
  );
});

Deno.test("resultsFolder() keeps results of chosen rows away from those of all", () => {
  assert.equal(folderOf(), "results/mini");
  assert.equal(folderOf("--rows-per-domain", "100"), "results/mini-rows-100");
  assert.equal(
    folderOf("--quick", "--domains", "verse,scheming", "--max-length", "64"),
    "results/quick/mini-domains-scheming+verse-max-length-64",
  );
  assert.equal(folderOf("--covariance", "sample"), "results/mini-covariance-sample");
  assert.equal(folderOf("--results", "there", "--rows-per-domain", "100"), "there");
});

Deno.test("runOptions() reads models from outside, and refuses flags that do not go together", () => {
  assert.equal(optionsOf().given, undefined);
  assert.equal(optionsOf().seeds, 3);
  const options = optionsOf(
    "--model",
    "google/gemma-2-2b",
    "--lm-adapter",
    "tuned",
    "--layer",
    "2",
    "--monitors",
    "lora",
  );
  assert.deepEqual(options.given, {
    model: "google/gemma-2-2b",
    lmAdapter: "tuned",
    layer: 2,
    monitors: "lora",
    device: "cpu",
    dtype: "float32",
  });
  assert.equal(options.seeds, 3);
  assert.equal(optionsOf("--model", "m", "--seeds", "2").seeds, 2);
  assert.equal(optionsOf("--model", "m", "--guard", "g").seeds, 1);
  assert.throws(() => optionsOf("--guard", "g"), /Cannot use --guard: it goes with --model/);
  assert.throws(() => optionsOf("--model", "m", "--quick"), /Cannot use --quick with --model/);
  for (const [flag, value] of [["layer", "1"], ["seeds", "2"], ["monitors", "head"]]) {
    assert.throws(
      () => optionsOf("--model", "m", "--guard", "g", `--${flag}`, value),
      new RegExp(`Cannot use --${flag} with a guard`),
    );
  }
});

Deno.test("runnable() leaves out, or refuses by name, what needs more than the workbench has", () => {
  const nothing = () => Promise.resolve();
  const experiments = [
    { name: "fusion", run: nothing },
    { name: "scaling", train: nothing },
    { name: "judge", run: nothing, train: nothing, missing: () => "a judge's scores" },
  ];
  const said: string[] = [];
  const options = { ...optionsOf("--model", "m"), say: (message: string) => said.push(message) };
  const given = { options } as unknown as Workbench;
  assert.deepEqual(runnable(experiments, given, false), experiments.slice(0, 1));
  assert.deepEqual(said, [
    "Left out: scaling (needs models that are trained here), judge (needs a judge's scores).",
  ]);
  assert.throws(
    () => runnable(experiments, given, true),
    /Cannot run scaling \(needs .*\), judge \(needs .*\) with these models/,
  );
  const trained = { options, trained: nothing } as unknown as Workbench;
  assert.deepEqual(runnable(experiments, trained, true), experiments);
});

Deno.test("resultsFolder() names the models from outside", () => {
  const flags = ["--model", "google/gemma-2-2b", "--guard-adapter", "mood-bench/gemma-2-2b-guard"];
  assert.equal(folderOf(...flags), "results/mini-gemma-2-2b-gemma-2-2b-guard");
  assert.equal(
    folderOf(...flags, "--unsafe-label", "not ok"),
    "results/mini-gemma-2-2b-gemma-2-2b-guard-unsafe-not-ok",
  );
});
