/**
 * The embedded suite `mini`: scenes written by hand, expanded into rows by seeded draws. Everything in it is
 * synthetic. Each row draws from a stream of its own, named by scene and number, so that a changed scene
 * changes no row of another.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { type Stream, stream } from "../core/random.ts";
import { type Domain, OOD_DOMAINS, SHIFT_DOMAINS, TWINS } from "./domains.ts";
import { joinTurns } from "./render.ts";
import type { Row } from "./row.ts";
import { type Part, type Scene, type Split, SPLITS, turnsOf } from "./scenes.ts";

/** How many rows of a domain and label a split has. */
export interface Quota {
  /** The part of the suite. */
  split: Split;
  /** What kind of conversation. */
  domain: Domain;
  /** The label. */
  malign: 0 | 1;
  /** How many rows. */
  rows: number;
}

const inDistribution = (
  domain: Domain,
  malign: 0 | 1,
  ...rows: [number, number, number]
): Quota[] => SPLITS.map((split, i) => ({ split, domain, malign, rows: rows[i] }));

const testOnly = (domains: readonly Domain[], malign: 0 | 1, rows: number): Quota[] =>
  domains.map((domain) => ({ split: "test", domain, malign, rows }));

/** The rows of `mini@1`: 6,000 for training, 1,000 for calibration, 2,000 + 3,000 for the test. */
export const FIRST_QUOTAS: readonly Quota[] = [
  ...inDistribution("hh-rlhf-helpful", 0, 1700, 283, 567),
  ...inDistribution("hh-rlhf-harmless", 0, 1400, 233, 467),
  ...inDistribution("hh-rlhf-harmless", 1, 1500, 250, 500),
  ...inDistribution("function-calling", 0, 1400, 234, 466),
  ...testOnly(OOD_DOMAINS, 1, 300),
  ...testOnly(SHIFT_DOMAINS, 0, 300),
];

/** The rows of `mini`: the same, and 1,400 for the test from benign twins. */
export const MINI_QUOTAS: readonly Quota[] = [
  ...FIRST_QUOTAS,
  ...testOnly(Object.values(TWINS), 0, 200),
];

/**
 * Expands scenes into the rows of a suite. The rows of a domain and label are spread evenly over its scenes,
 * no conversation occurs twice, and ids are numbered after a shuffle, so that they tell nothing.
 *
 * @param scenes templates; every quota needs at least one.
 * @param quotas how many rows of each kind, such as {@linkcode MINI_QUOTAS}.
 * @returns the rows of each split, domain after domain; throws a {@linkcode UserError} where scenes cannot fill a quota.
 */
export function generateMini(
  scenes: readonly Scene[],
  quotas: readonly Quota[],
): Record<Split, Row[]> {
  const written = new Set<string>(); // conversations so far
  const drafts = quotas.flatMap((quota) => draftRows(quota, scenes, written));
  const split = (name: Split) => numberRows(name, drafts.filter((draft) => draft.split === name));
  return { train: split("train"), calibration: split("calibration"), test: split("test") };
}

/** A row that has no id yet. */
interface Draft extends Omit<Row, "id"> {
  split: Split;
}

function draftRows(
  { split, domain, malign, rows }: Quota,
  scenes: readonly Scene[],
  written: Set<string>,
) {
  const fitting = scenes.filter((scene) =>
    scene.split === split && scene.domain === domain && scene.labels.includes(malign)
  );
  if (fitting.length === 0) {
    throw new UserError(
      `Cannot generate "mini": no ${malign ? "unsafe" : "safe"} scene of ${domain} for ${split}`,
      "Add scenes to data/mini/scenes.",
    );
  }
  // The first (rows mod scenes) of a shuffle get one row more than the others.
  const order = stream(`mini/${domain}/${split}/${malign}/order`).shuffle(fitting);
  return order.flatMap((scene, i): Draft[] => {
    const share = Math.floor((rows + order.length - 1 - i) / order.length);
    return expansions(scene, malign, share, written).map((conversation) => (
      { conversation, domain, malign, scene: `${domain}/${scene.name}`, split }
    ));
  });
}

/** Distinct new expansions of a scene; `written` gets them too. */
function expansions(scene: Scene, malign: 0 | 1, count: number, written: Set<string>): string[] {
  const found: string[] = [];
  for (let n = 0; found.length < count; n++) {
    if (n === 20 * count + 100) {
      throw new UserError(
        `Cannot generate "mini": ${scene.domain}/${scene.name} has no ${count} different rows`,
        "Give the scene more alternatives.",
      );
    }
    const name = `mini/${scene.domain}/${scene.name}/${malign}/${n}`;
    const conversation = expandScene(scene, malign, stream(name));
    if (written.has(conversation)) continue;
    written.add(conversation);
    found.push(conversation);
  }
  return found;
}

/**
 * Makes one conversation of a scene.
 *
 * @param scene the template.
 * @param malign the label of the row.
 * @param draws where choices come from.
 * @returns the conversation string.
 */
export function expandScene(scene: Scene, malign: 0 | 1, draws: Stream): string {
  const values = new Map([...scene.slots].map(([name, values]) => [name, draws.pick(values)]));
  return joinTurns(
    turnsOf(scene.turns, malign).map(({ speaker, parts }) => ({
      speaker,
      text: expandParts(parts, values, draws).replaceAll(/ +$/gm, "").trim(),
    })),
  );
}

/** An empty choice takes the blank after it along, at a line's beginning and where another stands before it. */
function expandParts(parts: readonly Part[], values: Map<string, string>, draws: Stream): string {
  let text = "";
  let omitted = false;
  for (const part of parts) {
    const added = typeof part === "string"
      ? part
      : "slot" in part
      ? values.get(part.slot)!
      : expandParts(draws.pick(part.choices), values, draws);
    const blankTwice: boolean = omitted && /(^|\s)$/.test(text) && added.startsWith(" ");
    text += blankTwice ? added.slice(1) : added;
    omitted = added === "" || blankTwice && added === " ";
  }
  return text;
}

function numberRows(split: Split, drafts: readonly Draft[]): Row[] {
  const prefix = split === "test" ? "" : `${split}-`;
  const domains = [...new Set(drafts.map(({ domain }) => domain))];
  return domains.flatMap((domain) => {
    const own = drafts.filter((draft) => draft.domain === domain);
    return stream(`mini/${domain}/${split}/ids`).shuffle(own).map(({ split: _, ...row }, i) => ({
      id: `${prefix}${domain}-${String(i + 1).padStart(4, "0")}`,
      ...row,
    }));
  });
}
