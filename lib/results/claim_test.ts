import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { type Claim, type Predicate, readClaims } from "./claim.ts";

const DATA = join(import.meta.dirname!, "../../data");
const CLAIMS = join(DATA, "claims/mood.json");
const metric = "recall@0.01";

const claim: Claim = Object.freeze({
  id: "fusion",
  claim: "Fusion helps.",
  where: "Headline.",
  published: 0.06,
  predicate: {
    artifact: "fusion",
    contrast: { first: "guard+mahalanobis", second: "guard", group: "overall", metric },
    above: 0,
  },
});

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

Deno.test("readClaims() names the claim and field that is wrong", () => {
  const { predicate } = claim;
  const cases: [content: unknown, complaint: RegExp, remedy?: RegExp][] = [
    ["[", /Cannot read ".*\.json": .*JSON/],
    [{}, /must hold a list of claims/],
    [[claim, claim], /every id must stand once, got "fusion"/],
    [[claim, { ...claim, id: "" }], /claim 2: "id" must be text, got ""/],
    [[{ ...claim, published: 6 }], /claim 1: "published" must be a share.*got 6/],
    [[{ ...claim, predicat: 1 }], /claim 1: it must have no field "predicat".*mean "predicate"/],
    [[{ ...claim, predicate: "above 0" }], /claim 1: "predicate" must be an object/],
    [[{ ...claim, predicate: { ...predicate, above: "0" } }], /"predicate.above" must be a share/],
    [[{ ...claim, predicate: { ...predicate, below: -0.1 } }], /"above" that is less than "below"/],
    [[{ ...claim, predicate: { ...predicate, above: undefined } }], /must say "above" or "below"/],
    [
      [{
        ...claim,
        predicate: { ...predicate, result: { subject: "guard", group: "id", metric } },
      }],
      /contrast or a result/,
    ],
    [
      [{ ...claim, predicate: { ...predicate, contrast: { first: "a", group: "id", metric } } }],
      /"predicate.contrast" must name first, second, group and metric/,
    ],
    [
      [{ ...claim, predicate: { artifact: "fusion", result: { subject: "guard" }, above: 0 } }],
      /"predicate.result.group" must be text, got nothing/,
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
  const sidesOf = ({ contrast, result }: Predicate): (readonly [string, string])[] => {
    if (contrast === undefined) return [[result!.subject, result!.group]];
    if ("title" in contrast) throw new Error("no published figure has a title of ours");
    const { first, second } = contrast;
    return "subject" in contrast
      ? [first, second].map((group) => [contrast.subject, group] as const)
      : [first, second].map((monitor) => [monitor, contrast.group] as const);
  };
  const ofPredicate = (predicate: Predicate) => {
    const [first, second = 0] = sidesOf(predicate).map(([monitor, group]) =>
      figure(monitor, group)
    );
    return (first - second) / 100;
  };
  const figured = readClaims(CLAIMS).filter(({ published }) => published !== null);
  assert(figured.length >= 15);
  for (const { id, published, predicate } of figured) {
    const { above, below } = predicate;
    const expected = ofPredicate(predicate);
    assert(Math.abs(published! - expected) <= 0.0005 + 1e-9, `${id}: ${published}, ${expected}`);
    assert(published! > (above ?? -1) && published! < (below ?? 1), `${id} contradicts its figure`);
  }
});
