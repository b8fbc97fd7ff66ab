/** Runs in which an experiment fails: the others and the report stand, and the end says what failed and why. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readFlags } from "../core/flags.ts";
import { UsageError, UserError } from "../core/errors.ts";
import { exists } from "../core/files.ts";
import { temporaryFolder } from "../core/testing.ts";
import { writeTinySuite } from "../conversation/testing.ts";
import type { Catalogue } from "../experiment/catalogue.ts";
import { defineExperiment, type Experiment } from "../experiment/experiment.ts";
import { fields, text } from "../experiment/findings_schema.ts";
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import { failureLines } from "./failures.ts";
import { reproduce } from "./reproduce.ts";
import { verify } from "./verify.ts";

/** An experiment that needs no model. */
const experiment = (name: string, find: () => string): Experiment =>
  defineExperiment({
    name,
    question: `What of ${name}?`,
    config: {},
    findings: fields({ text: text() }),
    run: async () => await Promise.resolve({ text: find() }),
    show: ({ findings: { text } }) => ({
      table: { title: text, columns: [text], rows: [[text]], notes: [] },
      figure: { title: text, data: { values: [{ text }] }, mark: "point", encoding: {} },
    }),
  }) as Experiment;

const catalogueOf = (...experiments: Experiment[]): Catalogue => ({
  names: experiments.map(({ name }) => name),
  load: () => Promise.resolve(experiments),
});

const fails = (error: Error) => () => {
  throw error;
};
const few = () => new UserError("Cannot fit Mahalanobis: too few rows", "Give more.");

/** Flags, and what is said and shown. */
function place(folder: string) {
  const said: string[] = [];
  const shown: unknown[] = [];
  const results = join(folder, "results");
  const args = ["--suite", writeTinySuite(folder, 50), "--results", results, "--quick"];
  return {
    said,
    shown,
    results,
    flags: readFlags([...args, "--cache", join(folder, "cache")], EXPERIMENT_FLAGS).values,
    context: {
      say: (message: string) => void said.push(message),
      show: (found: unknown) => void shown.push(found),
    },
  };
}

Deno.test("reproduce() goes on behind an experiment that fails, reports, and names what failed", async () => {
  using temporary = temporaryFolder();
  const { flags, context, results, said, shown } = place(temporary.path);
  const bug = new TypeError("x is undefined");
  const experiments = [
    experiment("aside", fails(few())),
    experiment("before", () => "good"),
    experiment("broken", fails(bug)),
    experiment("last", fails(few())),
    experiment("well", () => "better"),
  ];
  const { written, report, failures } = await reproduce(
    flags,
    catalogueOf(...experiments),
    context,
  );
  assert.deepEqual(
    written.map(({ json }) => json),
    ["before", "well"].map((name) => join(results, `${name}.json`)),
  );
  assert.equal(shown.length, 2);
  assert.match(Deno.readTextFileSync(report!), /What of before\?.*What of well\?/s);
  assert.deepEqual(failures, [
    {
      experiments: ["aside", "last"],
      message: "Cannot fit Mahalanobis: too few rows",
      remedy: "Give more.",
      stack: null,
    },
    { experiments: ["broken"], message: "x is undefined", remedy: null, stack: bug.stack },
  ]);
  assert.equal(
    said.filter((line) => /^(aside|broken|last) failed; .* goes on/.test(line)).length,
    3,
  );
  const lines = failureLines(failures);
  assert.equal(lines[0], "error: aside, last failed: Cannot fit Mahalanobis: too few rows.");
  assert.equal(lines[1], "Give more.");
  assert.match(lines[2], /^error: broken failed, by a fault of this project: TypeError: x is un/);
  assert.match(lines[3], /^\s+at /);

  // what stands there of an earlier run is not taken for this one's, and may be unreadable
  Deno.writeTextFileSync(join(results, "before.json"), "{");
  const later = [experiment("before", fails(few())), ...experiments.slice(4)];
  const again = await reproduce(flags, catalogueOf(...later), context);
  assert.match(said.at(-1)!, /before\.json" is of an earlier run; the report leaves it out/);
  assert.equal(again.failures.length, 1);
  assert.doesNotMatch(Deno.readTextFileSync(again.report!), /<h2[^>]*>What of before/);
});

Deno.test("reproduce() has no report where everything failed, and stops at a wrong use", async () => {
  using temporary = temporaryFolder();
  const { flags, context, results } = place(temporary.path);
  const failing = catalogueOf(experiment("aside", fails(few())));
  const { report, written, failures } = await reproduce(flags, failing, context);
  assert.deepEqual([report, written, failures.length], [null, [], 1]);
  assert.ok(!exists(join(results, "report.html")));
  const wrong = new UsageError("Cannot use --layer 9", "Leave it out.");
  const misused = catalogueOf(experiment("aside", fails(wrong)));
  await assert.rejects(reproduce(flags, misused, context), wrong);
});

Deno.test("verify() goes on behind an experiment that fails, or whose artifact is broken", async () => {
  using temporary = temporaryFolder();
  const { flags, context, results, shown } = place(temporary.path);
  const fine = [experiment("aside", () => "a"), experiment("broken", () => "b")];
  const well = experiment("well", () => "better");
  await reproduce(flags, catalogueOf(...fine, well), context);
  Deno.writeTextFileSync(join(results, "broken.json"), "{");
  shown.length = 0;
  const again = catalogueOf(experiment("aside", fails(few())), fine[1], well);
  const { artifacts, failures } = await verify(flags, again, context);
  assert.deepEqual(artifacts.map(({ path, agrees }) => [path, agrees]), [
    [join(results, "well.json"), true],
  ]);
  assert.equal(shown.length, 1);
  assert.deepEqual(failures.map(({ experiments }) => experiments), [["broken"], ["aside"]]); // what is broken is said before any training
  assert.match(failures[0].message, /is no artifact of "broken"/);
});
