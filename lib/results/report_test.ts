/** The report of the committed results, and of folders in which something is missing, broken or hostile. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists } from "../core/files.ts";
import { contrastIn, storeContrasts } from "../evaluation/findings.ts";
import { temporaryFolder } from "../core/testing.ts";
import { writeArtifact as writeFineArtifact } from "../fine/artifact.ts";
import { score } from "../fine/scores.ts";
import { answersFile } from "../fine/show/answers_page.ts";
import { fields, text } from "../experiment/findings_schema.ts";
import { openCatalogue } from "../experiment/catalogue.ts";
import { type Artifact, defineExperiment, type Experiment } from "../experiment/experiment.ts";
import { buildReport, writeReport } from "./report.ts";

const ROOT = join(import.meta.dirname!, "../..");
const MINI = join(ROOT, "results/mini");
const HOSTILE = `</pre></section><script>alert(1)</script><img src=x onerror="alert(2)">`;

const loadExperiments = () => openCatalogue(join(ROOT, "experiments")).load();

/** An experiment all of whose texts are hostile. */
const hostile: Experiment = defineExperiment({
  name: "hostile",
  question: HOSTILE,
  config: {},
  findings: fields({ text: text() }),
  run: () => Promise.resolve({ text: HOSTILE }),
  show: ({ findings: { text } }) => ({
    table: { title: text, columns: [text], rows: [[text]], notes: [text] },
    figure: {
      title: text,
      data: { values: [{ text }] },
      mark: "point",
      encoding: { x: { field: "text", title: text } },
    },
    reading: text,
    conversations: { legend: text, list: [{ title: text, text, omitted: 0, spans: [] }] },
  }),
}) as Experiment;

/** What {@linkcode hostile} writes. */
const artifact: Artifact = {
  experiment: "hostile",
  question: HOSTILE,
  suite: { name: HOSTILE, synthetic: false, hash: "0" } as Artifact["suite"],
  kernels: "0",
  settings: { quick: true, seeds: 2, recipe: {}, config: {} },
  findings: { text: HOSTILE },
};

function writeArtifact(folder: string, of: object): void {
  Deno.writeTextFileSync(join(folder, "hostile.json"), JSON.stringify(of));
}

Deno.test("buildReport() gives the same page twice, under 3 MB, from the artifacts alone", async () => {
  const experiments = await loadExperiments();
  const { page, figures } = await buildReport(MINI, experiments);
  assert.deepEqual(await buildReport(MINI, experiments), { page, figures });
  assert.ok(page.length < 3e6, `${page.length}`);
  assert.doesNotMatch(page, /NaN|undefined|\[object/);
  using temporary = temporaryFolder();
  const copies = ["mini", "fine"].map((name) => join(temporary.path, name));
  for (const copy of copies) { // the leaderboard is of the folder beside
    const original = join(MINI, "..", basename(copy));
    Deno.mkdirSync(copy);
    for (const { name } of Deno.readDirSync(original)) {
      if (!/(?<!\.run)\.json$|\.answers\.html$/.test(name)) continue; // the page links answers that are there
      Deno.copyFileSync(join(original, name), join(copy, name));
    }
  }
  const path = await writeReport(copies[0], experiments);
  assert.equal(Deno.readTextFileSync(path), page);
  for (const [name, svg] of Object.entries(figures)) {
    assert.equal(Deno.readTextFileSync(join(copies[0], `${name}.svg`)), svg);
  }
});

Deno.test("buildReport() has one heading for each part, claims first, and links that lead somewhere", async () => {
  const { page } = await buildReport(MINI, await loadExperiments());
  assert.equal(page.match(/<h1>/g)!.length, 1);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, "ids stand once");
  for (const [, id] of page.matchAll(/ (?:href="#|aria-labelledby=")([^"]+)"/g)) {
    assert.ok(ids.includes(id), id);
  }
  const sections = [...page.matchAll(/<h2 id="(\w+)"/g)].map(([, id]) => id);
  assert.deepEqual(sections.slice(0, 3), ["claims", "recall_heat_map", "guard_generalization"]);
  for (const landmark of ["header", "nav", "main", "footer"]) {
    assert.equal(page.match(new RegExp(`<${landmark}[ >]`, "g"))!.length, 1, landmark);
  }
  assert.match(page, /<p class="notice"><strong>Synthetic data\./);
  const svgs = [...page.matchAll(/<svg[^>]*>/g)];
  assert.ok(svgs.length >= sections.length);
  for (const [svg] of svgs) assert.match(svg, / role="img" aria-label="[^"]+/);
});

Deno.test("readings are two sentences each", async () => {
  const { page } = await buildReport(MINI, await loadExperiments());
  const readings = [...page.matchAll(/<\/h2>\n<p>(.*)<\/p>/g)].map(([, reading]) => reading);
  assert.ok(readings.length >= 10, `${readings.length}`);
  for (const reading of readings) {
    assert.equal(reading.match(/\.(?= [A-Z]|$)/g)?.length, 2, reading);
  }
});

Deno.test("buildReport() shows the leaderboard where models were asked", async () => {
  using temporary = temporaryFolder();
  const [folder, fine] = ["mini", "fine"].map((name) => join(temporary.path, name));
  Deno.mkdirSync(folder);
  Deno.mkdirSync(fine);
  writeArtifact(folder, artifact);
  assert.equal("fine_leaderboard" in (await buildReport(folder, [hostile])).figures, false);
  const outcomes = [{
    ...{ id: "1", category: "Privacy" },
    ...{ openEnded: "safe", safeFirst: "safe", unsafeFirst: "unsafe" } as const,
  }];
  writeFineArtifact(fine, {
    ...{ respondent: HOSTILE, judge: "a judge", reading: "strict", agreement: undefined },
    ...{ scores: score(outcomes), outcomes, method: "multiple choice" },
    questions: { name: "some", count: 1, hash: "" },
  });
  assert.doesNotMatch((await buildReport(folder, [hostile])).page, /answers\.html/);
  const file = answersFile({ respondent: HOSTILE });
  Deno.writeTextFileSync(join(fine, file), "what it said");
  const { page, figures } = await buildReport(folder, [hostile]);
  const [, href] = /<a href="(\.\.\/fine\/[^"]*)">/.exec(page)!;
  assert.ok(exists(join(folder, decodeURIComponent(href))), "the link leads to the answers");
  assert.match(figures.fine_leaderboard, /GPT-3\.5-Turbo \(published\)/);
  assert.match(page, /<h2 id="fine_leaderboard">/);
  assert.doesNotMatch(page, /<script|<img/);
});

Deno.test("a hostile artifact is shown as text: no element of it stands in the page", async () => {
  using temporary = temporaryFolder();
  writeArtifact(temporary.path, artifact);
  const { page, figures } = await buildReport(temporary.path, [hostile]);
  for (const text of [page, figures.hostile]) {
    assert.doesNotMatch(text, /<script|<img|<a [^>]*\son\w+=/i);
  }
  assert.equal(page.match(/<section/g)!.length, page.match(/<\/section>/g)!.length);
  assert.equal(page.match(/<pre>/g)!.length, 1);
  assert.equal(page.match(/<\/pre>/g)!.length, 1);
  assert.ok(page.includes("&#60;script&#62;alert(1)&#60;/script&#62;"));
});

Deno.test("buildReport() names what was not run, how a quick run is made again, and that its numbers mean little", async () => {
  using temporary = temporaryFolder();
  const of = { ...artifact, suite: { ...artifact.suite, name: "own" } };
  writeArtifact(temporary.path, of);
  const { page } = await buildReport(temporary.path, [hostile, ...await loadExperiments()]);
  assert.match(page, /Not run: [^.]*\bfusion\b/);
  assert.match(page, /--only hostile --suite FOLDER\/own --seeds 2 --quick/);
  assert.match(page, /quick run: its numbers mean little/);
  assert.doesNotMatch(page, /Synthetic data/);
});

Deno.test("buildReport() refuses a folder without artifacts, and names one that is broken or of an older version", async () => {
  using temporary = temporaryFolder();
  const fails = (message: RegExp) =>
    assert.rejects(
      buildReport(temporary.path, [hostile]),
      (error) => error instanceof UserError && message.test(error.message),
    );
  await fails(/^Cannot report on ".*": it must hold artifacts of experiments, got none$/);
  writeArtifact(temporary.path, { ...artifact, findings: null });
  await fails(
    /^Cannot show ".*hostile\.json": it lacks what "hostile" writes now: in its findings it must hold fields, got null$/,
  );
  writeArtifact(temporary.path, { ...artifact, findings: {} });
  await fails(/writes now: in its findings "text" must be text, got nothing$/);
  writeArtifact(temporary.path, { ...artifact, settings: { ...artifact.settings, seeds: "two" } });
  await fails(
    /^Cannot read ".*hostile\.json": "settings\.seeds" must be a whole number, got "two"$/,
  );
  Deno.writeTextFileSync(join(temporary.path, "hostile.json"), "{");
  await fails(/^Cannot read ".*hostile\.json": it is no artifact of "hostile"$/);
});

Deno.test("buildReport() takes no fault in an experiment for an outdated artifact, and names a contrast that is not there", async () => {
  using temporary = temporaryFolder();
  writeArtifact(temporary.path, artifact);
  const showing = (show: Experiment["show"]) => buildReport(temporary.path, [{ ...hostile, show }]);
  await assert.rejects(
    showing(() => (undefined as unknown as { a: never }).a),
    (error) => error instanceof TypeError,
  );
  const misspelt = {
    first: "guard",
    second: "bag of word",
    group: "overall",
    metric: "recall@0.01",
  };
  await assert.rejects(
    showing(() => contrastIn(storeContrasts([]), misspelt) as never),
    (error) =>
      error instanceof UserError &&
      /^Cannot show ".*hostile\.json": .*no contrast called "guard − bag of word: overall/.test(
        error.message,
      ),
  );
});
