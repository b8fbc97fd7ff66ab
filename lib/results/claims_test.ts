import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { type ContrastName, contrastText } from "../evaluation/findings.ts";
import { renderTable } from "../report/table.ts";
import type { Claim } from "./claim.ts";
import { claimsTable, judgeClaim, printedClaims } from "./claims.ts";
import type { Artifact } from "../experiment/experiment.ts";

const metric = "recall@0.01";
const CONTRAST = { first: "guard+mahalanobis", second: "guard", group: "overall", metric };
const KEY = contrastText(CONTRAST);

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
  return artifactWith({ contrasts: { [KEY]: { estimate: (low + high) / 2, low, high } } });
}

function verdict(low: number, high: number, range: { above?: number; below?: number }) {
  const predicate = { artifact: "fusion", contrast: CONTRAST, ...range };
  return judgeClaim({ ...claim, predicate }, contrast(low, high)).verdict;
}

Deno.test("judgeClaim() decides nothing by a judge whose answers could not be read, and says so", () => {
  const contrast = { first: "judge uncertainty", second: "guard", group: "overall", metric };
  const about = { ...claim, predicate: { artifact: "judge", contrast, below: 0 } };
  const judgeOf = (defaulted: number) =>
    artifactWith({
      contrasts: { [contrastText(contrast)]: { estimate: -0.3, low: -0.4, high: -0.2 } },
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

Deno.test("judgeClaim() decides nothing where more than a tenth of the choices could not be read", () => {
  const within = { subject: "tuned", first: "overall", second: "form", metric: "failed" };
  const between = { first: "tuned", second: "other", group: "form", metric: "cs" };
  const judged = (contrast: ContrastName, share: number) => {
    const value = (estimate: number) => ({ estimate, low: estimate, high: estimate });
    const metrics = (share: number) => ({ metrics: { unreadable: value(share) } });
    const found = artifactWith({
      results: {
        tuned: { overall: metrics(0), form: metrics(share) },
        other: { overall: metrics(1), form: metrics(0) },
      },
      contrasts: { [contrastText(contrast)]: { estimate: 0.3, low: 0.2, high: 0.4 } },
    });
    return judgeClaim(
      { ...claim, predicate: { artifact: "fusion", contrast, above: 0 } },
      found,
    );
  };
  for (const contrast of [within, between]) {
    assert.equal(judged(contrast, 0.1).verdict, "holds");
    assert.equal(judged(contrast, 0.25).verdict, "not decided by this data");
    assert.match(
      claimsTable([judged(contrast, 0.25)]).notes.join("\n"),
      /not decided: fusion, as 25\.0% of the choices of "tuned" in "form" could not be read, more than 10%/,
    );
  }
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
  const result = { subject: "judge uncertainty", group: "insecure-code", metric };
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
  const judged = judgeClaim(claim, artifactWith({ contrasts: { [KEY]: null } }));
  const missing = `artifact "fusion" has no value for "${KEY}"`;
  assert.deepEqual([judged.verdict, judged.missing], ["not evaluated", missing]);
});

Deno.test("judgeClaim() does not evaluate what is about a benign twin that the suite does not have", () => {
  const contrast = {
    subject: "guard",
    first: "controlling",
    second: "firm-advice",
    metric: "flagged@0.01",
  };
  const about = (groups: object) => {
    const predicate = { artifact: "benign_shift", contrast, above: 0 };
    const found = artifactWith({ contrasts: {}, results: { guard: groups } }, "benign_shift");
    return judgeClaim({ ...claim, predicate }, found);
  };
  const group = { metrics: {} };
  assert.equal(about({ controlling: group }).verdict, "not evaluated");
  assert.throws(() => about({ controlling: group, "firm-advice": group }), UserError);
});

Deno.test("judgeClaim() does not evaluate what is about a domain that the suite does not have", () => {
  const about = (group: string, groups: object) => {
    const predicate = { artifact: "fusion", contrast: { ...CONTRAST, group }, above: 0 };
    const results = { guard: groups, "guard+mahalanobis": groups };
    return judgeClaim({ ...claim, predicate }, artifactWith({ contrasts: {}, results }));
  };
  assert.equal(about("scheming", { id: { metrics: {} } }).verdict, "not evaluated");
  for (const [group, groups] of [["sheming", {}], ["scheming", { scheming: { metrics: {} } }]]) {
    assert.throws(() => about(group as string, groups as object), UserError);
  }
});

Deno.test("judgeClaim() refuses a claim about what the artifact does not have", () => {
  const ours = { estimate: 0.1, low: 0, high: 0.2 };
  const findings = {
    contrasts: { [KEY]: ours },
    results: { guard: { id: { metrics: { [metric]: ours } } } },
  };
  const about = (predicate: object) => () =>
    judgeClaim(
      { ...claim, predicate: { artifact: "fusion", above: 0, ...predicate } },
      artifactWith(findings),
    );
  const cases: [predicate: object, complaint: RegExp][] = [
    [
      { contrast: { ...CONTRAST, first: "guard+mahalanobi" } },
      /no contrast called "guard\+mahalanobi −/,
    ],
    [{ contrast: { ...CONTRAST, metric: "recall" } }, /no contrast called/],
    [{ result: { subject: "gard", group: "id", metric } }, /no subject called "gard"/],
    [{ result: { subject: "guard", group: "ids", metric } }, /no group of "guard" called "ids"/],
    [{ result: { subject: "guard", group: "id", metric: "x" } }, /on "id" called "x"/],
  ];
  for (const [predicate, complaint] of cases) {
    assert.throws(
      about(predicate),
      (error) => error instanceof UserError && complaint.test(error.message),
    );
  }
  assert.throws(() => judgeClaim(claim, artifactWith({})), UserError);
});

Deno.test("judgeClaim() refuses another experiment's artifact and values without bounds", () => {
  assert.throws(() => judgeClaim(claim, artifactWith({}, "judge")), RangeError);
  const half = artifactWith({ contrasts: { [KEY]: { estimate: 0.1 } } });
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

Deno.test("printedClaims() counts in a sentence that reads aloud well", () => {
  const [good, bad, open] = [contrast(0.02, 0.08), contrast(-0.3, -0.2), contrast(-0.1, 0.1)]
    .map((artifact) => judgeClaim(claim, artifact));
  assert.equal(printedClaims([good]).title, "Claims: 1 holds");
  assert.equal(
    printedClaims([good, good, open, open, bad, bad]).title,
    "Claims: 2 hold, 2 are not decided by this data, 2 do not hold",
  );
});

Deno.test("claimsTable() warns of an interval without width", () => {
  const notes = (low: number) => claimsTable([judgeClaim(claim, contrast(low, 0.08))]).notes.join();
  assert.match(notes(0.08), /fusion: all resamples agree/);
  assert.doesNotMatch(notes(0.02), /all resamples agree/);
});
