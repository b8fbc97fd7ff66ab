/**
 * Readers of results and of the command line: artifacts, claims, flags.
 *
 * @module
 */
import { join } from "node:path";
import { type Flags, readFlags } from "../../lib/core/flags.ts";
import { openCatalogue } from "../../lib/experiment/catalogue.ts";
import type { Experiment } from "../../lib/experiment/experiment.ts";
import { EXPERIMENT_FLAGS, runOptions } from "../../lib/experiment/flags.ts";
import { readArtifacts } from "../../lib/fine/artifact.ts";
import { CONSTRUCT_FLAGS, FINE_FLAGS } from "../../lib/fine/flags.ts";
import { leaderboardTable } from "../../lib/fine/show/leaderboard.ts";
import { fineTable } from "../../lib/fine/show/table.ts";
import { FIT_FLAGS, SCORE_FLAGS } from "../../lib/monitor/flags.ts";
import { RATER_FLAGS } from "../../lib/rater/flags.ts";
import { renderTable } from "../../lib/report/table.ts";
import { readClaims } from "../../lib/results/claim.ts";
import { buildReport } from "../../lib/results/report.ts";
import { bytes, type Reader } from "./reader.ts";

const root = join(import.meta.dirname!, "../..");
const contents = (path: string) => Deno.readFileSync(join(root, path));

const TABLES: Record<string, Flags> = {
  reproduce: EXPERIMENT_FLAGS,
  fit: FIT_FLAGS,
  score: SCORE_FLAGS,
  fine: { ...FINE_FLAGS, ...CONSTRUCT_FLAGS },
  judge: RATER_FLAGS,
};

/** A value for every flag of a table, though not always a good one. */
function argumentsOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([key, { value }]) => {
    const name = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined) return [name];
    return [name, /^[NXF],?/.test(value) ? "2" : value.split("|")[0]];
  });
}

function readArguments(path: string): void {
  let given: { task?: unknown; args?: unknown };
  try {
    given = { ...JSON.parse(Deno.readTextFileSync(path)) };
  } catch {
    return; // no shell gives it
  }
  const table = TABLES[String(typeof given.task === "string" ? given.task : "")] ?? TABLES.score;
  const args = Array.isArray(given.args) ? given.args : [given.args];
  const texts = args.map((arg) => typeof arg === "string" ? arg : JSON.stringify(arg) ?? "");
  const { values } = readFlags(texts.map((text) => text.toWellFormed()), table, { words: true });
  if (table === EXPERIMENT_FLAGS) runOptions(values as never, () => {});
}

/**
 * Makes the readers.
 *
 * @returns them, with their inputs.
 */
export async function resultReaders(): Promise<Reader[]> {
  const experiments = await openCatalogue(join(root, "experiments")).load();
  return [
    ...artifactReaders(experiments),
    {
      name: "artifacts of fake alignment",
      weight: 2,
      seeds: ["random", "refuses-everything"].map((name) => ({
        [`${name}.json`]: contents(`results/fine/${name}.json`),
      })),
      read(folder) {
        const artifacts = readArtifacts(folder);
        for (const artifact of artifacts) renderTable(fineTable(artifact));
        renderTable(leaderboardTable(artifacts));
      },
    },
    {
      name: "claims",
      seeds: ["fine", "mood"].map((name) => ({ "c.json": contents(`data/claims/${name}.json`) })),
      read: (folder) => readClaims(join(folder, "c.json")),
    },
    {
      name: "flags",
      weight: 2,
      seeds: [
        { task: "score", args: ["--monitor", "a", "--input", "b", "--output", "c"] },
        ...Object.entries(TABLES).map(([task, table]) => ({ task, args: argumentsOf(table) })),
      ].map((line) => ({ "a.json": bytes(line) })),
      read: (folder) => readArguments(join(folder, "a.json")),
    },
  ];
}

/** Artifacts are shown by the experiment that made them; the whole page, with its figures, takes longer. */
function artifactReaders(experiments: readonly Experiment[]): Reader[] {
  const names = [...Deno.readDirSync(join(root, "results/mini"))].map(({ name }) => name)
    .filter((name) => name.endsWith(".json") && !name.endsWith(".run.json"));
  const seeds = names.sort().map((name) => ({ [name]: contents(`results/mini/${name}`) }));
  return [{
    name: "artifacts in a report",
    seeds,
    read: (folder) => buildReport(folder, experiments),
  }];
}
