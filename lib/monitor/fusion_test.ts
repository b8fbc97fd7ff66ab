import assert from "node:assert/strict";
import { ID_DOMAINS } from "../conversation/domains.ts";
import { type Row, safeRows } from "../conversation/row.ts";
import { UsageError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { halvesByScene } from "../detector/calibrated_fusion.ts";
import { fitFusion, ratesFor } from "./fit_fusion.ts";
import { type PVerdict, verdictsAt } from "./fusion.ts";
import { promisedShare } from "../evaluation/guaranteed.ts";
import { describeGuarantee, describeRate, promiseOf } from "./guarantee.ts";
import { MONITOR_PARTS, type SmallestPFusion } from "./fusion.ts";

const random = stream("monitor fusion");

/** Safe rows, some to a scene, and one in so many unsafe. */
function rowsOf(count: number, { unsafeEvery = Infinity, perScene = 1 } = {}): Row[] {
  return Array.from({ length: count }, (_, i): Row => ({
    id: `row ${i}`,
    conversation: `\n\nHuman: ${i}`,
    domain: ID_DOMAINS[0],
    malign: i % unsafeEvery === unsafeEvery - 1 ? 1 : 0,
    ...perScene > 1 && { scene: `scene ${Math.floor(i / perScene)}` },
  }));
}

/** What stub parts give: heavy tails that depend on one another, and ties. */
function draw(count: number, shift = 0): Float64Array[] {
  const common = Float64Array.from({ length: count }, () => random.normal());
  return MONITOR_PARTS.map((_, m) =>
    common.map((c) => {
      const score = shift + (c / 2 + random.normal()) ** 3;
      return m === 1 ? Math.round(score) : score;
    })
  );
}

const fitSmallestP = (rows: Row[], scores: Float64Array[], share?: number) =>
  fitFusion({ kind: "smallest-p", share }, rows, scores, [0.01]) as SmallestPFusion;

/** Verdicts on conversations of no matter what. */
const judge = (fusion: SmallestPFusion, fpr: number, scores: Float64Array[]) =>
  verdictsAt(fusion, fpr)(scores, Array.from(scores[0], String)) as PVerdict[];

const flaggedOf = (fusion: SmallestPFusion, fpr: number, scores: Float64Array[]) =>
  judge(fusion, fpr, scores).filter(({ flagged }) => flagged).length;

Deno.test("a monitor flags at most the rate of fresh exchangeable rows, whichever rate that is", () => {
  const [rounds, n, fresh] = [200, 120, 100];
  const rates = [0.02, 0.0731];
  const flagged = [0, 0];
  const rows = rowsOf(n, { unsafeEvery: 6 });
  for (let round = 0; round < rounds; round++) {
    const fusion = fitSmallestP(rows, draw(n));
    const scores = draw(fresh);
    rates.forEach((rate, r) => flagged[r] += flaggedOf(fusion, rate, scores));
  }
  rates.forEach((rate, r) => {
    const share = flagged[r] / rounds / fresh;
    const error = Math.sqrt(rate / 50 / rounds); // of a threshold on some 50 rows, in each round
    assert.ok(share <= rate + 3 * error, `${share} at ${rate}`);
    assert.ok(share >= rate / 2, `${share} at ${rate}`);
  });
});

Deno.test("a verdict depends on its own row alone, and says who spoke", () => {
  const fusion = fitSmallestP(rowsOf(400), draw(400), 0.5);
  const scores = draw(30);
  scores[2][7] = 1e4;
  const verdicts = judge(fusion, 0.01, scores);
  const row = (i: number) => scores.map((of) => of.slice(i, i + 1));
  verdicts.forEach((verdict, i) => assert.deepEqual(judge(fusion, 0.01, row(i)), [verdict]));
  const { loudest, flagged, p, parts } = verdicts[7];
  assert.deepEqual([loudest, flagged, p], ["mahalanobis", true, 1 / 201]);
  assert.equal(parts.mahalanobis, 0.00497512); // 1 / 201, too
  const order = [...verdicts].sort((a, b) => a.score - b.score);
  order.slice(1).forEach(({ p }, i) => assert.ok(p <= order[i].p));
  assert.deepEqual(fusion.calibrated.weights, [0.5, 0.25, 0.25]);
});

/** Rows of which one in three is unsafe, and the guard's or the detectors' scores of these are so far off. */
function unlike(count: number, [guard, detectors]: [number, number]) {
  const rows = rowsOf(count, { unsafeEvery: 3 });
  const scores = MONITOR_PARTS.map((_, m) =>
    Float64Array.from(
      rows,
      ({ malign }) => random.normal() + malign * (m === 0 ? guard : detectors),
    )
  );
  return { rows, scores };
}

Deno.test("a good guard keeps its alarms, and one that sees nothing leaves them to detectors that do", () => {
  const good = unlike(3000, [2.5, 0]);
  const { chosen, calibrated } = fitSmallestP(good.rows, good.scores);
  const { share, alone, recall, loss, fpr } = chosen!;
  assert.deepEqual([loss, fpr], [0.02, 0.01]);
  assert.ok(share <= 0.2, `${share}`);
  assert.ok(alone > 0.4 && recall >= alone - loss, `${recall} of ${alone}`);
  assert.deepEqual(calibrated.weights, [1 - share, share / 2, share / 2]);
  const half = fitSmallestP(good.rows, good.scores, 0.5);
  assert.equal(half.chosen, undefined);
  const fresh = unlike(3000, [2.5, 0]);
  const unsafe = fresh.scores.map((of) => of.filter((_, i) => fresh.rows[i].malign === 1));
  const gained = flaggedOf({ kind: "smallest-p", scenes: 1, calibrated }, 0.01, unsafe) -
    flaggedOf(half, 0.01, unsafe);
  assert.ok(gained > 50, `${gained} of 1000 unsafe rows`);

  const blind = unlike(3000, [0, 2.5]);
  assert.equal(fitSmallestP(blind.rows, blind.scores).chosen!.share, 0.9);
});

Deno.test("the safe rows that the guarantee stands on have no say in how the alarms are split", () => {
  const { rows, scores } = unlike(600, [2, 1]);
  const fusion = fitSmallestP(rows, scores);
  const safe = safeRows(rows);
  const [, second] = halvesByScene(safe.map((i) => rows[i].conversation));
  const others = scores.map((of) => of.slice());
  for (const i of second) others.forEach((of) => of[safe[i]] += 100);
  const { chosen, calibrated } = fitSmallestP(rows, others);
  assert.deepEqual(chosen, fusion.chosen);
  assert.notDeepEqual(calibrated.fused, fusion.calibrated.fused);
});

/** Safe conversations of 10 to 1,000 characters; scores of the longest third are spread three times as wide. */
function ofAnyLength(count: number) {
  const rows = rowsOf(count).map((row, i): Row => ({
    ...row,
    conversation: `${i}`.padEnd(10 + Math.floor(990 * random.uniform())),
  }));
  const spread = ({ conversation }: Row) => conversation.length > 670 ? 3 : 1;
  const scores = MONITOR_PARTS.map(() =>
    Float64Array.from(rows, (row) => spread(row) * random.normal())
  );
  return { rows, scores };
}

Deno.test("calibrated by length, a monitor flags at most the rate of long conversations too", () => {
  const [rounds, n, rate] = [60, 600, 0.05];
  const wish = { kind: "smallest-p", share: 0.5 } as const;
  const flagged = { pooled: [0, 0, 0], byLength: [0, 0, 0] };
  const all = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const { rows, scores } = ofAnyLength(n);
    const [pooled, byLength] = [false, true].map((byLength) =>
      fitFusion({ ...wish, byLength }, rows, scores, [rate])
    );
    const fresh = ofAnyLength(300);
    const texts = fresh.rows.map(({ conversation }) => conversation);
    const third = texts.map(({ length }) => Math.min(2, Math.floor((length - 10) / 330)));
    for (const t of third) all[t]++;
    for (const [name, fusion] of [["pooled", pooled], ["byLength", byLength]] as const) {
      verdictsAt(fusion, rate)(fresh.scores, texts)
        .forEach((verdict, i) => flagged[name][third[i]] += Number(verdict.flagged));
    }
  }
  const share = (name: keyof typeof flagged) => flagged[name].map((count, t) => count / all[t]);
  assert.ok(share("pooled")[2] > 2 * rate && share("pooled")[0] < rate / 5, `${share("pooled")}`);
  const error = Math.sqrt(rate / 100 / rounds); // of a threshold on some 100 rows, in each round
  for (const of of share("byLength")) {
    assert.ok(of <= rate + 3 * error && of > rate / 2, `${share("byLength")}`);
  }
});

Deno.test("a promise by length stands on the rows of the length with the fewest, and says so", () => {
  const { rows, scores } = ofAnyLength(1200);
  const wish = { kind: "smallest-p", byLength: true, share: 0.5 } as const;
  const rates = ratesFor(wish, rows, undefined, () => {});
  assert.deepEqual(rates, [0.01, 0.02]); // some 200 rows of each length are too few for 0.005
  const fusion = fitFusion(wish, rows, scores, rates) as SmallestPFusion;
  const { cuts, fused } = fusion.byLength!;
  const counts = Object.values(fused).map(({ scores }) => scores.length);
  assert.equal(counts.reduce((a, b) => a + b), 600);
  assert.deepEqual(promiseOf(fusion, 0.02), promisedShare(Math.min(...counts), 0.02));
  assert.throws(() => judge(fusion, 0.004, scores), /Cannot use --fpr 0\.004: it takes 249 safe/);
  assert.ok(
    describeGuarantee(fusion).includes(
      `It holds for those of up to ${cuts[0]} characters (${counts[0]} of the rows), of up to ${
        cuts[1]
      } (${counts[1]}) ` +
        `and of more (${counts[2]}) each.`,
    ),
  );
  assert.match(describeRate(fusion, 0.02)[0], /^Of safe conversations of any length like the 600 /);
  const alike = rowsOf(90).map((row, i) => ({ ...row, conversation: `row ${i % 10}` }));
  assert.throws(
    () => ratesFor(wish, alike, undefined, () => {}),
    /Cannot calibrate by length: .* of 3 lengths, cut at 5 and 5 characters, got 1/,
  );
});

Deno.test("a calibration row is tied with itself, though a detector that was read again differs in its last bits", () => {
  const scores = draw(200);
  const fusion = fitSmallestP(rowsOf(200), scores, 0.5);
  const again = scores.map((of) => of.map((score) => score * (1 + 1e-12)));
  assert.deepEqual(judge(fusion, 0.5, again), judge(fusion, 0.5, scores));
});

Deno.test("rows of a scene are calibrated together, and so are those that say the same", () => {
  const rows = rowsOf(300, { perScene: 3 });
  const { calibrated, scenes } = fitSmallestP(rows, draw(300), 0.5);
  assert.deepEqual([calibrated.fused.scores.length, scenes], [150, 50]);
  const same = rowsOf(300).map((row, i) => ({ ...row, conversation: `${i % 10}` }));
  assert.equal(fitSmallestP(same, draw(300), 0.5).scenes, 5);
});

Deno.test("verdictsAt() refuses a rate that the calibration rows are too few for, and says what can be had", () => {
  const fusion = fitSmallestP(rowsOf(398), draw(398), 0.5); // 199 for the guarantee
  assert.equal(judge(fusion, 0.005, draw(3)).length, 3);
  const cases: [number, RegExp, RegExp][] = [
    [0.0049, /it takes 204 safe rows to calibrate the fusion on, got 199$/, /--fpr 0\.005,/],
    [0.003, /it takes 333 safe rows/, /half/],
    [0, /a rate must lie between 0 and 1$/, /--fpr 0\.01/],
    [NaN, /Cannot use --fpr NaN/, /--fpr/],
  ];
  for (const [fpr, message, remedy] of cases) {
    assert.throws(() => verdictsAt(fusion, fpr), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.match(error.remedy, remedy);
      return true;
    });
  }
});

Deno.test("ratesFor() gives the usual rates that there are rows for, and refuses others that are asked for", () => {
  const said: string[] = [];
  const rates = (count: number, given?: number[]) =>
    ratesFor({ kind: "smallest-p" }, rowsOf(count), given, (message) => void said.push(message));
  assert.deepEqual(rates(400), [0.005, 0.01, 0.02]);
  assert.deepEqual(rates(200), [0.01, 0.02]);
  assert.deepEqual(said, []);
  assert.deepEqual(rates(20), [0.091]); // 1 / 11
  assert.match(
    said.join(),
    /^The guarantee will stand on 10 safe calibration rows, which are few: at --fpr 0\.091, 2\.5% .* 31%/,
  );
  assert.throws(
    () => rates(200, [0.004, 0.1]),
    /Cannot use --fpr 0\.004: it takes 249 .* got 100$/,
  );
  assert.throws(() => rates(1), /at least 2 scenes, got 1/);
  const lambda = (given?: number[]) => ratesFor({ kind: "lambda" }, rowsOf(150), given, () => {});
  assert.throws(() => lambda(), /Cannot find a threshold for FPR 0\.005: .* 200 safe .* got 150$/);
  assert.deepEqual(lambda([0.01]), [0.01]);
});

Deno.test("the guarantee is said in words, with what it stands on", () => {
  const fusion = fitSmallestP(rowsOf(400, { perScene: 2 }), draw(400), 0.5);
  assert.deepEqual(describeRate(fusion, 0.012), [
    "Of safe conversations like the 200 safe calibration rows of 100 scenes behind its p-values, at most 1% are flagged on " +
    "average (97.5% of calibrations flag at most 2.8%); of other kinds it may be more.",
  ]);
  assert.match(
    describeGuarantee(fusion).join(" "),
    /exchangeable .* flagged, on average over calibrations\. Other kinds/,
  );
  assert.match(
    describeGuarantee(fusion).join(" "),
    /It stands on 200 safe calibration rows of 100 scenes; 200 others/,
  );
});
