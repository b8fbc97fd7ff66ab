import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { renderTable } from "../report/table.ts";
import { type Claim, claimsTable, judgeClaim, readClaims } from "./claims.ts";
import type { Artifact } from "../experiment/experiment.ts";

const DATA = join(import.meta.dirname!, "../../data");
const CLAIMS = join(DATA, "claims/mood.json");
const CONTRAST = "guard+mahalanobis − guard: overall recall@0.01";

const claim: Claim = Object.freeze({
  id: "fusion",
  claim: "Fusion helps.",
  where: "Headline.",
  published: 0.06,
  predicate: { artifact: "fusion", contrast: CONTRAST, above: 0 },
});

function artifactWith(findings: unknown, experiment = "fusion"): Artifact {
  return {
    experiment,
    question: "?",
    suite: { name: "mini", synthetic: true, hash: "0" },
    kernels: "0",
    settings: { quick: false, seeds: 3, recipe: {}, config: {} },
    findings,
  };
}

function contrast(low: number, high: number): Artifact {
  return artifactWith({ contrasts: { [CONTRAST]: { estimate: (low + high) / 2, low, high } } });
}

function verdict(low: number, high: number, range: { above?: number; below?: number }) {
  const predicate = { artifact: "fusion", contrast: CONTRAST, ...range };
  return judgeClaim({ ...claim, predicate }, contrast(low, high)).verdict;
}

/** The error of reading claims from a file with this content. */
function refusal(content: unknown): UserError {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(
      path,
      typeof content === "string" ? content : JSON.stringify(content),
    );
    readClaims(path);
  } catch (error) {
    assert(error instanceof UserError, String(error));
    return error;
  } finally {
    Deno.removeSync(path);
  }
  assert.fail("read without complaint");
}

Deno.test("judgeClaim() decides nothing by a judge whose answers could not be read, and says so", () => {
  const name = "judge uncertainty − guard: overall recall@0.01";
  const about = { ...claim, predicate: { artifact: "judge", contrast: name, below: 0 } };
  const judgeOf = (defaulted: number) =>
    artifactWith({
      contrasts: { [name]: { estimate: -0.3, low: -0.4, high: -0.2 } },
      asked: {
        alignment: { rows: 18, answers: 18, defaulted: 18 },
        uncertainty: { rows: 18, answers: 18, defaulted },
      },
    }, "judge");
  assert.equal(judgeClaim(about, judgeOf(1)).verdict, "holds"); // of the other rubric nothing is claimed
  const judged = judgeClaim(about, judgeOf(18));
  assert.equal(judged.verdict, "not decided by this data");
  assert.match(
    claimsTable([judged]).notes.join("\n"),
    /not decided: fusion, as 18 of 18 conversations have no score of uncertainty that could be read/,
  );
});

Deno.test("judgeClaim() decides by where the whole interval lies", () => {
  assert.equal(verdict(0.02, 0.09, { above: 0 }), "holds");
  assert.equal(verdict(-0.09, -0.02, { above: 0 }), "does not hold");
  assert.equal(verdict(-0.01, 0.09, { above: 0 }), "not decided by this data");
  assert.equal(verdict(0, 0.09, { above: 0 }), "not decided by this data");
  assert.equal(verdict(-0.09, -0.02, { below: 0 }), "holds");
  assert.equal(verdict(0.02, 0.09, { below: 0 }), "does not hold");
});

Deno.test("judgeClaim() decides equality by a margin", () => {
  const margin = { above: -0.05, below: 0.05 };
  assert.equal(verdict(-0.04, 0.03, margin), "holds");
  assert.equal(verdict(0.06, 0.09, margin), "does not hold");
  assert.equal(verdict(-0.09, -0.06, margin), "does not hold");
  assert.equal(verdict(0.04, 0.06, margin), "not decided by this data");
  assert.equal(verdict(-0.2, 0.2, margin), "not decided by this data");
});

Deno.test("judgeClaim() reads plain results of monitors whose names have blanks", () => {
  const result = "judge uncertainty: insecure-code recall@0.01";
  const predicate = { artifact: "judge", result, below: 0.05 };
  const ours = { estimate: 0.01, low: 0, high: 0.02 };
  const results = {
    "judge uncertainty": { "insecure-code": { metrics: { "recall@0.01": ours } } },
  };
  const judged = judgeClaim({ ...claim, predicate }, artifactWith({ results }, "judge"));
  assert.deepEqual([judged.verdict, judged.ours], ["holds", ours]);
});

Deno.test("judgeClaim() says what is missing instead of judging", () => {
  assert.deepEqual(judgeClaim(claim, undefined), {
    claim,
    verdict: "not evaluated",
    ours: null,
    run: null,
    missing: 'there is no artifact "fusion"',
  });
  const missing = `artifact "fusion" has no value for "${CONTRAST}"`;
  for (const findings of [{}, { contrasts: {} }, { contrasts: { [CONTRAST]: null } }]) {
    const judged = judgeClaim(claim, artifactWith(findings));
    assert.deepEqual([judged.verdict, judged.missing], ["not evaluated", missing]);
  }
});

Deno.test("judgeClaim() refuses another experiment's artifact and values without bounds", () => {
  assert.throws(() => judgeClaim(claim, artifactWith({}, "judge")), RangeError);
  const half = artifactWith({ contrasts: { [CONTRAST]: { estimate: 0.1 } } });
  assert.throws(() => judgeClaim(claim, half), UserError);
});

Deno.test("claimsTable() shows range, published figure, ours, verdict and what is missing", () => {
  const table = claimsTable([
    judgeClaim(claim, contrast(0.02, 0.08)),
    judgeClaim(claim, undefined),
  ]);
  assert.deepEqual(table.rows, [
    ["Fusion helps.", "> 0", "6.0", "5.0 [2.0, 8.0]", { text: "holds", level: "good" }],
    ["Fusion helps.", "> 0", "6.0", "–", { text: "not evaluated", level: "unsure" }],
  ]);
  const text = renderTable(table);
  assert.match(text, /1 holds, 1 not evaluated/);
  assert.match(text, /ours: suite mini \(synthetic conversations\), 3 seeds\./);
  assert.match(text, /not evaluated: fusion, as there is no artifact "fusion"\./);
});

Deno.test("claimsTable() warns of an interval without width", () => {
  const notes = (low: number) => claimsTable([judgeClaim(claim, contrast(low, 0.08))]).notes.join();
  assert.match(notes(0.08), /fusion: all resamples agree/);
  assert.doesNotMatch(notes(0.02), /all resamples agree/);
});

Deno.test("readClaims() names the claim and field that is wrong", () => {
  const { predicate } = claim;
  const cases: [content: unknown, complaint: RegExp, remedy?: RegExp][] = [
    ["[", /Cannot read ".*\.json": .*JSON/],
    [{}, /must hold a list of claims/],
    [[claim, claim], /every id must stand once, got "fusion"/],
    [[claim, { ...claim, id: "" }], /claim 2 id: it must be text, got ""/],
    [[{ ...claim, published: 6 }], /claim 1 published: it must be a share.*got 6/],
    [[{ ...claim, predicat: 1 }], /claim 1: there is no field "predicat"/, /mean "predicate"/],
    [[{ ...claim, predicate: "above 0" }], /\("fusion"\) predicate: it must be an object/],
    [
      [{ ...claim, predicate: { ...predicate, above: "0" } }],
      /predicate above: it must be a share/,
    ],
    [[{ ...claim, predicate: { ...predicate, below: -0.1 } }], /"above" must be less than "below"/],
    [[{ ...claim, predicate: { ...predicate, above: undefined } }], /must say "above" or "below"/],
    [[{ ...claim, predicate: { ...predicate, result: "guard: id x" } }], /contrast or a result/],
    [[{ ...claim, predicate: { ...predicate, contrast: "a - b: id x" } }], /with U\+2212/],
    [
      [{ ...claim, predicate: { artifact: "fusion", result: "guard: id", above: 0 } }],
      /must read "MONITOR: GROUP METRIC"/,
    ],
  ];
  for (const [content, complaint, remedy = /./] of cases) {
    const error = refusal(content);
    assert.match(error.message, complaint);
    assert.match(error.remedy, remedy);
  }
});

Deno.test("the claims of MOOD agree with the published tables", () => {
  const { groups, tables: [{ recall }] } = JSON.parse(readText(join(DATA, "published/mood.json")));
  const figure = (monitor: string, group: string): number => {
    const row: number[] = recall[monitor];
    assert(row, `no published row of "${monitor}"`);
    if (group === "oodMean") return row.slice(1, -1).reduce((sum, value) => sum + value) / 7;
    return row[groups.indexOf(group)];
  };
  const ofQuantity = (name: string) => {
    const [before, after] = name.split(": ");
    const between = before.split(" − ");
    const within = after.replace(/ \S+$/, "").split(" − ");
    const [first, second = 0] = between.length > 1
      ? between.map((monitor) => figure(monitor, within[0]))
      : within.map((group) => figure(before, group));
    return (first - second) / 100;
  };
  const figured = readClaims(CLAIMS).filter(({ published }) => published !== null);
  assert(figured.length >= 15);
  for (const { id, published, predicate: { contrast, result, above, below } } of figured) {
    const expected = ofQuantity((contrast ?? result)!);
    assert(Math.abs(published! - expected) <= 0.0005 + 1e-9, `${id}: ${published}, ${expected}`);
    assert(published! > (above ?? -1) && published! < (below ?? 1), `${id} contradicts its figure`);
  }
});
