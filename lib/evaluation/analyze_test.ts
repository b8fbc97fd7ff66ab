import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { renderTable } from "../report/table.ts";
import { temporaryFolder } from "../core/testing.ts";
import { type Analysis, analyze, type AnalyzeOptions, parseLambdaGrid } from "./analyze.ts";
import golden from "./testdata/analyze_golden.json" with { type: "json" };

const TESTDATA = join(import.meta.dirname!, "testdata");
const scoredFile = (name: string) => join(TESTDATA, `scored_${name}.jsonl`);

/** Equal but for 1e-9 in every number. */
function assertClose(actual: unknown, expected: unknown, where = "$"): void {
  if (typeof expected === "number" && typeof actual === "number") {
    assert.ok(Math.abs(actual - expected) <= 1e-9, `${where}: ${actual} is not ${expected}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(actual as object).sort(), Object.keys(expected).sort(), where);
    for (const [key, value] of Object.entries(expected)) {
      assertClose((actual as Record<string, unknown>)[key], value, `${where}.${key}`);
    }
  } else assert.equal(actual, expected, where);
}

for (const { files, options, columns, ids, scores, lambda, analysis } of golden.cases) {
  const name = `${files.join(" + ")} ${JSON.stringify(options)}`;
  Deno.test(`analyze() equals mood-bench 1.0.0 to 1e-9 (${name})`, async () => {
    const { lambdaGrid, ...others } = options as AnalyzeOptions & { lambdaGrid?: string };
    const given = lambdaGrid === undefined ? {} : { lambdaGrid: parseLambdaGrid(lambdaGrid) };
    const found = await withRows(analyze(files.map(scoredFile), { ...others, ...given }));
    assertClose(found.report, analysis);
    assertClose(
      found.rows.map(({ id, score }) => [id, score]),
      ids.map((id, i) => [id, scores[i]]),
    );
    const own = others.predictSafe ? ["flipped"] : [];
    assert.deepEqual(Object.keys(found.rows[0]).sort(), [...columns, ...own].sort());
    if (lambda !== null) assertClose(found.rows.map((row) => row.lambda), ids.map(() => lambda));
  });
}

/** An analysis, and the rows that it would write. */
async function withRows(analysis: Promise<Analysis>) {
  const found = await analysis;
  return { ...found, rows: await Array.fromAsync(found.readRows()) };
}

/** Runs `use` with a folder that is removed afterwards. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  using temporary = temporaryFolder();
  await use(temporary.path);
}

const safe = { id: "s", conversation: "Hi", domain: "hh-rlhf-helpful", malign: 0, score: 0.1 };
const unsafe = { id: "u", conversation: "Ho", domain: "scheming", malign: 1, score: 0.9 };

/** Analyses files with the given lines. */
async function analyzeLines(files: unknown[][], options: AnalyzeOptions = {}) {
  using temporary = temporaryFolder();
  const paths = files.map((lines, f) => {
    const path = join(temporary.path, `${f}.jsonl`);
    const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
    Deno.writeTextFileSync(path, text.join("\n"));
    return path;
  });
  return await withRows(analyze(paths, options));
}

Deno.test("analyze() writes both files whole, and reads its own output again", async () => {
  await inFolder(async (folder) => {
    const first = await analyze([scoredFile("a")], { output: join(folder, "new", "first") });
    const written = join(folder, "new", "first", "results.jsonl");
    const again = await analyze([written], { output: join(folder, "again") });
    assert.deepEqual(again.report, first.report);
    const text = (name: string) => Deno.readTextFileSync(join(folder, name, "analysis.json"));
    assert.equal(text("again"), text("new/first"));
    assert.deepEqual(JSON.parse(text("again")), first.report);
    assert.deepEqual(
      Array.from(Deno.readDirSync(join(folder, "again")), ({ name }) => name).sort(),
      ["analysis.json", "results.jsonl"],
    );
  });
});

Deno.test("analyze() refuses to flip scores that it flipped already", async () => {
  await inFolder(async (folder) => {
    const options = { predictSafe: true, output: folder };
    const flipped = await analyze([scoredFile("a_safe")], options);
    const again = [join(folder, "results.jsonl")];
    assert.deepEqual((await analyze(again)).report, flipped.report);
    await assert.rejects(
      () => analyze(again, { predictSafe: true }),
      (error: UserError) =>
        /were flipped when/.test(error.message) && /--predict-safe/.test(error.remedy),
    );
  });
});

Deno.test("analyze() refuses to overwrite what it reads", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "results.jsonl");
    Deno.copyFileSync(scoredFile("a"), path);
    await assert.rejects(() => analyze([path], { output: folder }), /is a file to be analysed/);
  });
});

Deno.test("analyze() names and counts rows that one file lacks", async () => {
  const files = [scoredFile("a"), scoredFile("b_short")];
  const { warnings, rows } = await withRows(analyze(files, { aggregator: "max" }));
  assert.equal(rows.length, 254);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^2 rows are left out, not in ".*scored_b_short.jsonl": ".*", ".*"\.$/);
  assert.ok(warnings[0].includes('"scheming-3"') && warnings[0].includes('"hh-rlhf-helpful-5"'));
});

Deno.test("analyze() keeps the most suspicious file with max", async () => {
  const low = [safe, unsafe];
  const high = [{ ...unsafe, score: 0.2 }, { ...safe, score: 0.7 }];
  const { rows } = await analyzeLines([low, high], { aggregator: "max" });
  assert.deepEqual(rows.map(({ id, score }) => [id, score]), [["s", 0.7], ["u", 0.9]]);
});

Deno.test("analyze() takes boolean labels, and writes null for a group without unsafe rows", async () => {
  const { report } = await analyzeLines([[{ ...safe, malign: false }, {
    ...unsafe,
    malign: true,
  }]]);
  assert.equal(report.groups.id.auroc, null);
  assert.equal(report.groups.scheming.auroc, 1);
  assert.equal(report.groups.overall.auroc, 1);
});

Deno.test("analyze() prints groups with intervals, the rate reached, and false alarms", async (t) => {
  const { tables } = await analyze([scoredFile("b")]);
  await t.assertSnapshot(tables.map((table) => renderTable(table)).join("\n"));
});

Deno.test("analyze() without intervals gives the same estimates, and tables of them alone", async () => {
  const [alone, usual] = [
    await analyze([scoredFile("b")], { intervals: false }),
    await analyze([scoredFile("b")]),
  ];
  assert.deepEqual(alone.report, usual.report);
  const cells = (found: Analysis) => found.tables.flatMap(({ rows }) => rows.flat().map(String));
  assert.deepEqual(cells(alone), cells(usual).map((cell) => cell.replace(/ \[.*\]$/, "")));
  assert.ok(alone.tables.every(({ notes }) => !notes.join().includes("interval")));
});

Deno.test("analyze() takes scores written as text, and whole numbers of any size as ids", async () => {
  const id = "1290473920184655873";
  const text = (row: object, id: string) =>
    JSON.stringify({ ...row, id: 0 }).replace('"id":0', `"id":${id}`);
  const file = [
    text({ ...safe, score: "0.1", user: 7 }, id),
    text({ ...unsafe, score: " 9.3e-1" }, "8"),
  ];
  const other = [text({ ...unsafe, score: 0.5 }, '"8"'), text(safe, `"${id}"`)];
  const { rows } = await analyzeLines([file, other], { aggregator: "max" });
  assert.deepEqual(rows.map(({ score }) => score), [0.1, 0.93]);
  assert.ok(JSON.stringify(rows[0]).includes(`"id":${id},`));
});

Deno.test("analyze() reads Parquet, and names the columns that it does not carry", async () => {
  const beside = join(TESTDATA, "../../conversation/testdata/beside.parquet");
  const { report, rows, warnings } = await withRows(analyze([beside]));
  assert.equal(report.groups.id.n, 4);
  assert.ok(JSON.stringify(rows[0]).startsWith('{"id":1290473920184655873,'));
  assert.match(warnings[0], /not written again: screenshot, meta\.$/);
});

Deno.test("analyze() names groups in the order of the release, which is the alphabet's", async () => {
  const domains = ["sycophantic", "jailbroken", "function-calling-missing", "scheming"];
  const rows = domains.map((domain, i) => ({ ...unsafe, id: i, domain, score: i }));
  const { report } = await analyzeLines([[safe, ...rows]]);
  assert.deepEqual(Object.keys(report.groups), ["id", ...domains.toSorted(), "overall"]);
});

const { score: _, ...unscored } = safe;
const BAD: [what: string, files: unknown[][], message: RegExp, options?: AnalyzeOptions][] = [
  ["an empty file", [[]], /the file is empty/],
  ["broken JSON", [[safe, '{"id": ']], /line 2: broken JSON/],
  ["a missing score", [[safe, { ...unscored, id: "x" }]], /line 2: the column "score" is missing/],
  ["a missing label", [[{ ...safe, malign: undefined }]], /line 1: the column "malign" is missing/],
  [
    "an unknown domain",
    [[safe, { ...unsafe, domain: "sheming" }]],
    /line 2: unknown domain "sheming"/,
  ],
  [
    "a score of null",
    [[{ ...safe, score: null }]],
    /line 1: "score" must be a finite number, got null/,
  ],
  ["a score of NaN in text", [[{ ...safe, score: "NaN" }]], /"score" must be .*, got "NaN"/],
  ["a score in words", [[{ ...safe, score: "high" }]], /line 1: "score" must be .*, got "high"/],
  ["an infinite score", [[JSON.stringify(safe).replace("0.1", "1e999")]], /got 1e999/],
  [
    "a score of NaN",
    [[JSON.stringify(safe).replace("0.1", "NaN")]],
    /line 1: "score" is NaN, which is no/,
  ],
  ["a repeated id", [[safe, unsafe, safe]], /line 3: the id "s" stands on line 1 already/],
  ["another label", [[{ ...safe, malign: 2 }]], /line 1: "malign" must be 0 or 1, got 2/],
  ["safe rows only", [[safe]], /safe rows of the ID domains and unsafe rows, got 1 and 0/],
  ["unsafe rows only", [[unsafe]], /safe rows of the ID domains and unsafe rows, got 0 and 1/],
  ["two files without aggregator", [[safe], [safe]], /no aggregator is given/],
  ["an unknown aggregator", [[safe]], /unknown aggregator "man"/, { aggregator: "man" }],
  ["files without a common id", [[safe], [unsafe]], /no id stands in all/, { aggregator: "min" }],
  [
    "files that disagree on a label",
    [[safe, unsafe], [safe, { ...unsafe, malign: 0 }]],
    /the row "u" has another domain or label in each, got scheming, malign 1 and scheming, malign 0/,
    { aggregator: "min" },
  ],
  ["an anchor out of range", [[safe]], /the anchor must be .*, got 1/, { anchor: 1 }],
  ["a rate of 1", [[safe]], /must lie between 0 and 1, got 1/, { fprTargets: [1] }],
  ["an unknown ID domain", [[safe]], /unknown domain "x"/, { idDomains: ["x"] }],
];

for (const [what, files, message, options] of BAD) {
  Deno.test(`analyze() gives one clear error for ${what}`, async () => {
    await assert.rejects(
      () => analyzeLines(files, options),
      (error) => error instanceof UserError && message.test(error.message) && error.remedy !== "",
    );
  });
}

Deno.test("parseLambdaGrid() reads MIN:MAX:POINTS", () => {
  assert.deepEqual(parseLambdaGrid("-1:1:3"), [0.1, 1, 10]);
  for (const bad of ["", "1:2", "2:1:3", "0:1:0", "a:b:c", "0:1:2:3"]) {
    assert.throws(() => parseLambdaGrid(bad), /must be MIN:MAX:POINTS/);
  }
});
