/**
 * How varied the conversations of a suite are: words and pairs of words, exchanges, and how much scenes share of one another.
 *
 * @module
 */
import { stream } from "../core/random.ts";
import { splitTurns } from "./render.ts";
import { type Row, sceneOf } from "./row.ts";
import { loadSuite, type Suite } from "./suite.ts";

/** How varied some conversations are. */
export interface Variety {
  /** Conversations. */
  rows: number;
  /** Scenes, or conversations where there are none. */
  scenes: number;
  /** Words in a conversation, on average. */
  wordsPerRow: number;
  /** Different words in a thousand conversations. */
  distinctWords: number;
  /** Different pairs of neighbouring words in a thousand conversations. */
  distinctPairs: number;
  /** Share of conversations in which the user speaks more than once. */
  severalExchanges: number;
  /** Share of conversations that begin with a system prompt. */
  systemPrompts: number;
  /** Share of a scene's four-word runs that its nearest neighbour has too, on average over scenes. */
  nearestMean: number;
  /** The same where it is largest. */
  nearestMost: number;
}

/** Conversations that words are counted in; more have more words. */
const COUNTED = 1000;

/** Most scenes that are compared with one another. */
const COMPARED = 1500;

/**
 * Measures a suite.
 *
 * @param suite any.
 * @returns its variety over all splits; counts are of at most a thousand conversations, drawn by a stream of their own.
 */
export function varietyOf({ train, calibration, test }: Suite): Variety {
  const rows = [...train, ...calibration, ...test];
  const drawn = stream("variety/rows").shuffle(rows).slice(0, COUNTED);
  const words = drawn.map(({ conversation }) => wordsOf(conversation));
  const speakers = drawn.map(({ conversation }) =>
    splitTurns(conversation).map(({ speaker }) => speaker)
  );
  const share = (is: (of: (string | undefined)[]) => boolean) =>
    speakers.filter(is).length / speakers.length;
  const nearest = nearestShares(rows);
  return {
    rows: rows.length,
    scenes: nearest.count,
    wordsPerRow: words.reduce((sum, { length }) => sum + length, 0) / words.length,
    distinctWords: new Set(words.flat()).size,
    distinctPairs: new Set(words.flatMap((of) => runsOf(of, 2))).size,
    severalExchanges: share((of) => of.filter((speaker) => speaker === "Human").length > 1),
    systemPrompts: share(([first]) => first === "System"),
    nearestMean: nearest.shares.reduce((a, b) => a + b, 0) / nearest.shares.length,
    nearestMost: Math.max(...nearest.shares),
  };
}

/** What each figure is called, and how many decimals it is shown with. */
const FIGURES: readonly [keyof Variety, string, number][] = [
  ["rows", "conversations", 0],
  ["scenes", "scenes (conversations where there are none)", 0],
  ["wordsPerRow", "words in a conversation", 1],
  ["distinctWords", "different words in 1,000 conversations", 0],
  ["distinctPairs", "different pairs of words in 1,000 conversations", 0],
  ["severalExchanges", "share with several exchanges", 2],
  ["systemPrompts", "share with a system prompt", 2],
  ["nearestMean", "four-word runs shared with the nearest scene, mean share", 3],
  ["nearestMost", "the same, largest", 3],
];

/**
 * The variety of several suites, side by side.
 *
 * @param names as {@linkcode loadSuite} takes them.
 * @returns rows of cells, the first of which says what is counted.
 */
export async function compareVariety(
  names: readonly string[],
): Promise<{ title: string; columns: string[]; rows: string[][]; notes: string[] }> {
  const found: Variety[] = [];
  for (const name of names) found.push(varietyOf(await loadSuite(name)));
  return {
    title: "Variety of conversations",
    columns: ["", ...names],
    rows: FIGURES.map(([figure, label, digits]) => [
      label,
      ...found.map((of) => of[figure].toFixed(digits)),
    ]),
    notes: ["Words are runs of letters, digits and apostrophes, in lower case."],
  };
}

/** For each scene, the share of its four-word runs that the scene nearest to it has too. */
function nearestShares(rows: readonly Row[]): { count: number; shares: number[] } {
  const scenes = [...Map.groupBy(rows, sceneOf).values()];
  const compared = stream("variety/scenes").shuffle(scenes).slice(0, COMPARED);
  const runs = compared.map((of) =>
    new Set(of.slice(0, 10).flatMap(({ conversation }) => runsOf(wordsOf(conversation), 4)))
  );
  const holders = new Map<string, number[]>();
  runs.forEach((own, s) => {
    for (const run of own) {
      const known = holders.get(run);
      if (known === undefined) holders.set(run, [s]);
      else known.push(s);
    }
  });
  const shares = runs.map((own, s) => {
    const shared = new Map<number, number>();
    for (const run of own) {
      for (const other of holders.get(run)!) {
        if (other !== s) shared.set(other, (shared.get(other) ?? 0) + 1);
      }
    }
    return Math.max(0, ...shared.values()) / Math.max(1, own.size);
  });
  return { count: scenes.length, shares };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

function runsOf(words: readonly string[], length: number): string[] {
  return Array.from(
    { length: Math.max(0, words.length - length + 1) },
    (_, i) => words.slice(i, i + length).join(" "),
  );
}
