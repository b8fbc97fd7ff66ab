/**
 * The report on one set of scores: `analysis.json` with the names of MOOD's release (numbers unrounded, equal to
 * its own to 1e-9), and a table for people, with the intervals and rates reached that the file lacks.
 *
 * @module
 */
import { evaluate, type GroupResult } from "./evaluation.ts";
import { type Grouping, groupRows } from "./groups.ts";
import { metricNames } from "./ranked_scores.ts";
import type { Interval } from "../stats/bootstrap.ts";
import { meanOf } from "../stats/mean.ts";
import { auroc } from "../stats/roc.ts";
import { tprAtFpr } from "../stats/tpr_at_fpr.ts";
import type { ScoredRow } from "./scored_file.ts";

/** One group of `analysis.json`: counts, `auroc` and `tpr@fpr…`; null where a class is missing. */
export type ReportedGroup = Record<string, number | null>;

/** What `analysis.json` holds. */
export interface Report {
  /** The ID domains, sorted. */
  in_distr_domains: string[];
  /** By name: `id`, each other domain with unsafe rows in the order of the alphabet, and `overall`. */
  groups: Record<string, ReportedGroup>;
}

/** What a report is about. */
export interface ReportOptions {
  /** Target false-positive rates. */
  fprTargets: readonly number[];
  /** Domains of the training split. */
  idDomains: readonly string[];
}

/**
 * Computes `analysis.json`.
 *
 * @param rows scored rows.
 * @param options target rates and ID domains.
 * @returns the report; where no group has both classes, `overall` has null metrics.
 */
export function reportOn(
  rows: readonly ScoredRow[],
  { fprTargets, idDomains }: ReportOptions,
): Report {
  const { safe, groups: [id, ...others] } = groupRows(rows, idDomains);
  // the release sorts the domains by name, and adds them up in this order
  const groups = [id, ...others.toSorted((a, b) => a.name < b.name ? -1 : 1)];
  const scoresOf = (of: Int32Array) => Float64Array.from(of, (i) => rows[i].score);
  const safeScores = scoresOf(safe);
  const measured = groups.map((group) => {
    const unsafe = scoresOf(group.rows);
    const defined = safe.length > 0 && unsafe.length > 0;
    return {
      auroc: defined ? auroc(safeScores, unsafe) : null,
      ...Object.fromEntries(fprTargets.map((f) => [
        `tpr@fpr${pythonText(f)}`,
        defined ? tprAtFpr(safeScores, unsafe, f).tpr : null,
      ])),
    };
  });
  return {
    in_distr_domains: [...new Set(idDomains)].sort(),
    groups: Object.fromEntries([
      ...groups.map(({ name, rows: of }, g) =>
        [name, { ...countsOf(safe.length, of.length), ...measured[g] }] as const
      ),
      ["overall", {
        ...countsOf(safe.length, totalUnsafe(groups)),
        n_domains: groups.length - 1,
        ...meansOf(measured),
      }],
    ]),
  };
}

function countsOf(safe: number, unsafe: number): ReportedGroup {
  return { n: safe + unsafe, n_unsafe: unsafe, n_safe: safe };
}

function totalUnsafe(groups: Grouping["groups"]): number {
  return groups.reduce((sum, { rows }) => sum + rows.length, 0);
}

/** Metric by metric, the mean over groups that have it. */
function meansOf(groups: ReportedGroup[]): ReportedGroup {
  return Object.fromEntries(
    Object.keys(groups[0]).map((metric) => {
      const values = groups.map((group) => group[metric]).filter((value) => value !== null);
      return [metric, values.length > 0 ? meanOf(values) : null];
    }),
  );
}

/** A number in (0, 1) as Python writes it, where exponents begin at 1e-05 and have two digits. */
function pythonText(value: number): string {
  return value < 1e-4 ? value.toExponential().replace(/e-(\d)$/, "e-0$1") : String(value);
}

/**
 * Writes the table.
 *
 * @param rows scored rows.
 * @param options target rates and ID domains.
 * @returns lines of text: percentages with 95% bootstrap intervals.
 */
export function tableOf(rows: readonly ScoredRow[], options: ReportOptions): string {
  const scores = Float64Array.from(rows, ({ score }) => score);
  const { results } = evaluate(rows, { scores: [scores] }, { ...options, streamName: "analyze" });
  const { detection, alarms } = metricNames(options.fprTargets);
  const all = Object.entries(results.scores);
  const groups = all.filter(([, { metrics }]) => "auroc" in metrics);
  const shifts = all.filter(([, { metrics }]) => !("auroc" in metrics));
  const show = ({ metrics }: GroupResult, names: string[]) =>
    names.map((name) => showInterval(metrics[name]));
  const percents = options.fprTargets.map((f) => `${Number((100 * f).toPrecision(6))}%`);
  return alignColumns([
    ["group", "safe", "unsafe", "AUROC", ...percents.map((p) => `recall at FPR ${p}`)],
    ...groups.map(([name, group]) => [
      ...[name, `${group.nSafe}`, `${group.nUnsafe}`],
      ...show(group, detection),
    ]),
    [],
    ["safe rows flagged", "safe", "", "", ...percents.map((p) => `at FPR ${p}`)],
    ...[["id (FPR reached)", results.scores.id] as const, ...shifts].map(([name, group]) => [
      ...[name, `${group.nSafe}`, "", ""],
      ...show(group, alarms),
    ]),
  ]);
}

function showInterval(interval: Interval | null): string {
  if (interval === null) return "-";
  const [estimate, low, high] = [interval.estimate, interval.low, interval.high]
    .map((share) => (100 * share).toFixed(1));
  return `${estimate} [${low}, ${high}]`;
}

/** Pads cells, the first column to the left and the others to the right. */
function alignColumns(table: string[][]): string {
  const widths = table[0].map((_, c) => Math.max(...table.map((cells) => (cells[c] ?? "").length)));
  return table.map((cells) =>
    cells.map((cell, c) => c === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[c]))
      .join("  ").trimEnd() + "\n"
  ).join("");
}
