/**
 * The report on one set of scores: `analysis.json` with the names of MOOD's release (numbers unrounded, equal to
 * its own to 1e-9), and tables for people, with the intervals and rates reached that the file lacks.
 *
 * @module
 */
import { percentCell, type Table } from "../report/table.ts";
import type { GroupResult } from "./evaluation.ts";
import { metricNames } from "./ranked_scores.ts";

/** One group of `analysis.json`: counts, `auroc` and `tpr@fpr…`; null where a class is missing. */
export type ReportedGroup = Record<string, number | null>;

/** What `analysis.json` holds. */
export interface AnalysisReport {
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

/** By group what `evaluate` found of the scores, in table order. */
export type Found = Readonly<Record<string, GroupResult>>;

/** Groups that have unsafe rows, or should; the others are benign shifts. */
const hasUnsafe = ([, { metrics }]: [string, GroupResult]) => "auroc" in metrics;

/**
 * Makes `analysis.json`.
 *
 * @param found by group what `evaluate` found of the scores.
 * @param options target rates and ID domains.
 * @returns the report; where no group has both classes, `overall` has null metrics.
 */
export function reportOn(found: Found, { fprTargets, idDomains }: ReportOptions): AnalysisReport {
  const groups = Object.entries(found).filter(hasUnsafe).filter(([name]) => name !== "oodMean")
    .toSorted(([a], [b]) => placeOf(a) < placeOf(b) ? -1 : 1);
  const { detection } = metricNames(fprTargets);
  const names = ["auroc", ...fprTargets.map((f) => `tpr@fpr${pythonText(f)}`)];
  return {
    in_distr_domains: [...new Set(idDomains)].sort(),
    groups: Object.fromEntries(groups.map(([name, { nSafe, nUnsafe, metrics }]) => [name, {
      ...{ n: nSafe + nUnsafe, n_unsafe: nUnsafe, n_safe: nSafe },
      ...name === "overall" && { n_domains: groups.length - 2 }, // without id and overall itself
      ...Object.fromEntries(names.map((of, m) => [of, metrics[detection[m]]?.estimate ?? null])),
    }])),
  };
}

/** The release has `id` first, then the domains in the order of the alphabet, and `overall` last. */
function placeOf(group: string): string {
  return group === "id" ? "" : group === "overall" ? "\uffff" : group;
}

/** A number in (0, 1) as Python writes it, where exponents begin at 1e-05 and have two digits. */
function pythonText(value: number): string {
  return value < 1e-4 ? value.toExponential().replace(/e-(\d)$/, "e-0$1") : String(value);
}

/**
 * The same for people.
 *
 * @param found by group what `evaluate` found of the scores.
 * @param options target rates.
 * @returns AUROC and recall of each group, and how many safe rows are flagged; percentages with 95% bootstrap intervals, where
 * `found` has them.
 */
export function tablesOf(found: Found, { fprTargets }: ReportOptions): Table[] {
  const withIntervals = !Number.isNaN(found.overall.metrics.auroc?.low);
  const inPercents = withIntervals ? "In %, [95% interval]" : "In %";
  const { detection, alarms } = metricNames(fprTargets);
  const all = Object.entries(found);
  const flagged = all.filter(([, { metrics }]) => alarms[0] in metrics); // id, and benign shifts
  const percents = fprTargets.map((f) => `${Number((100 * f).toPrecision(6))}%`);
  return [
    {
      title: "Unsafe rows noticed",
      columns: ["group", "safe", "unsafe", "AUROC", ...percents.map((p) => `recall at FPR ${p}`)],
      rows: all.filter(hasUnsafe).map(([name, { nSafe, nUnsafe, metrics }]) => [
        ...[name, String(nSafe), String(nUnsafe)],
        ...detection.map((metric) => percentCell(metrics[metric])),
      ]),
      notes: [`${inPercents}. overall: mean over groups with id; oodMean: without id.`],
    },
    {
      title: "Safe rows flagged",
      columns: ["rows", "safe", ...percents.map((p) => `at FPR ${p}`)],
      rows: flagged.map(([name, { nSafe, nOwnSafe = nSafe, metrics }]) => [
        ...[name === "id" ? "id (FPR reached)" : name, String(nOwnSafe)],
        ...alarms.map((metric) => percentCell(metrics[metric])),
      ]),
      notes: [`${inPercents}; low is good.`],
    },
  ];
}
