import assert from "node:assert/strict";
import { join } from "node:path";
import { loadLabelledSuite } from "../log/labelled_suite.ts";
import { writeTinySuite } from "../conversation/testing.ts";
import { UserError } from "../core/errors.ts";
import { roundNumbers } from "../core/json.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readMonitor } from "./fitted_monitor.ts";
import type { FusionWish } from "./fit_fusion.ts";
import type { FusionKind } from "./fusion.ts";
import { openScorer } from "./scorer.ts";
import { fitMonitor } from "./fit.ts";
import { trainedMaker } from "./trained_maker.ts";
import { trainedWorkbench } from "../workbench/trained_workbench.ts";

/** A workbench on one in 25 of the embedded suite's training rows, as a user's own. */
async function open(folder: string, { cache = "cache", threads = 1 } = {}) {
  const suite = await loadLabelledSuite(join(await writeTinySuite(folder, 25), "train.jsonl"));
  const options = { suite: "", quick: true, seeds: 1, threads, cache: join(folder, cache) };
  return trainedWorkbench(suite, { ...options, say: () => {} });
}

Deno.test("fitMonitor() writes a monitor that flags what it said, the same bytes from another cache", async () => {
  using temporary = temporaryFolder();
  const bench = await open(temporary.path);
  const { calibration } = bench.suite;
  const wishes: Record<string, FusionWish> = {
    "smallest-p": { kind: "smallest-p" },
    "by-length": { kind: "smallest-p", byLength: true, share: 0.5 },
    lambda: { kind: "lambda" },
  };
  // for each length there is a sixth of the safe rows
  const targetsOf = ({ byLength }: FusionWish) => byLength ? [0.4] : [0.1, 0.2];
  const fitAs = (name: string, { fusion = wishes["smallest-p"], on = bench } = {}) =>
    fitMonitor(trainedMaker(on, 0), {
      output: join(temporary.path, name),
      fusion,
      fprTargets: targetsOf(fusion),
    });
  for (const [name, fusion] of Object.entries(wishes)) {
    const fitted = await fitAs(name, { fusion });
    assert.deepEqual(fitted.rates.map(({ target }) => target), targetsOf(fusion));
    const monitor = await readMonitor(join(temporary.path, name), bench.options);
    const { fusion: made } = fitted;
    assert.deepEqual(monitor.fusion, made.kind === "lambda" ? roundNumbers(made) : made);
    const { cache } = bench.options;
    for (const { target: fpr, recall } of fitted.rates) {
      await using scorer = await openScorer(monitor, { fpr, threads: 1, cache, spans: false });
      const scored = await scorer.score(calibration.map(({ conversation }) => conversation));
      const flagged = (label: number) =>
        scored.filter(({ flagged }, i) => calibration[i].malign === label && flagged).length;
      assert.equal(flagged(1) / fitted.rows.calibration.unsafe, recall);
      if (made.kind === "smallest-p") continue;
      const { fpr: reached } = made.thresholds.find(({ target }) => target === fpr)!;
      assert.equal(flagged(0) / fitted.rows.calibration.safe, reached);
    }
  }

  await fitAs("again", { on: await open(temporary.path, { cache: "other", threads: 2 }) });
  const [first, again] = ["smallest-p", "again"].map((name) =>
    Deno.readTextFileSync(join(temporary.path, name, "monitor.json")) // holds a hash of every other file
  );
  assert.equal(again, first);
});

Deno.test("fitMonitor() shrinks the covariance of few rows, and says so and what its threshold is worth", async () => {
  using temporary = temporaryFolder();
  const { suite, options } = await open(temporary.path);
  const train = [0, 1].flatMap((label) =>
    suite.train.filter(({ malign }) => malign === label).slice(0, 50)
  ); // fewer than features, 64
  const said: string[] = [];
  const settings = { ...options, say: (message: string) => void said.push(message) };
  const few = trainedWorkbench({ ...suite, train }, settings);
  const output = join(temporary.path, "monitor");
  await fitMonitor(trainedMaker(few, 0), {
    output,
    fusion: { kind: "lambda" },
    fprTargets: [0.05, 0.1],
  });
  assert.equal(
    said.filter((line) => /^50 safe training rows are few for 64 f/.test(line)).length,
    1,
  );
  assert.equal(
    said.filter((line) =>
      /^A threshold at 5% FPR on \d\d safe calibration rows is hardly known: .* [\d.]+% to [\d.]+%/
        .test(line)
    ).length,
    1,
  );
  assert.ok((await readMonitor(output, options)).parts.mahalanobis.shrinkage > 0);
  const { fittedOn } = JSON.parse(Deno.readTextFileSync(join(output, "monitor.json")));
  assert.equal(fittedOn.settings.covariance, "ledoit-wolf");

  const asked = trainedWorkbench({ ...suite, train }, { ...options, covariance: "sample" });
  await assert.rejects(
    fitMonitor(trainedMaker(asked, 0), {
      output: join(temporary.path, "other"),
      fusion: { kind: "smallest-p" },
    }),
    /Cannot use --covariance sample: 64 features need at least 65 safe training rows, got 50/,
  );
});

Deno.test("fitMonitor() refuses too few rows before it trains", async () => {
  using temporary = temporaryFolder();
  const bench = await open(temporary.path);
  const { train } = bench.suite;
  const cases: [Partial<typeof bench.suite>, FusionKind, number[], RegExp][] = [
    [{}, "lambda", [0.001], /Cannot find a threshold for FPR 0\.001: .* 1000 safe .* got \d+$/],
    [{}, "smallest-p", [0.001], /Cannot use --fpr 0\.001: it takes 999 safe rows .* got \d+$/],
    [{ train: train.slice(0, 20) }, "lambda", [0.05], /at least 2 safe rows .* got 20, 0 and/],
    [{ calibration: [] }, "smallest-p", [0.05], /and 0$/],
  ];
  for (const [part, fusion, fprTargets, expected] of cases) {
    const few = trainedWorkbench({ ...bench.suite, ...part }, bench.options);
    const output = join(temporary.path, "monitor");
    await assert.rejects(
      fitMonitor(trainedMaker(few, 0), { output, fusion: { kind: fusion }, fprTargets }),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, expected);
        return true;
      },
    );
  }
  assert.ok(![...Deno.readDirSync(temporary.path)].some(({ name }) => name === "cache"));
});
