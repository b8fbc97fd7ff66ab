/**
 * The report: one page that shows all artifacts of a results folder. It is made from them alone, so that the same folder
 * always gives the same bytes.
 *
 * @module
 */
import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { MissingFinding } from "../evaluation/findings.ts";
import { exists, readText, writeFileAtomic } from "../core/files.ts";
import { type FineArtifact, readArtifacts } from "../fine/artifact.ts";
import { answersFile } from "../fine/show/answers_page.ts";
import { renderFigure } from "../report/figure.ts";
import { leaderboardFigure, leaderboardTable } from "../fine/show/leaderboard.ts";
import { markup } from "../report/html.ts";
import { renderPage } from "../report/page.ts";
import { type Pages, type Section, sectionHtml } from "../report/section.ts";
import { parseArtifact } from "./artifact.ts";
import { claimsTable, type JudgedClaim } from "./claims.ts";
import { claimsFigure } from "./claims_figure.ts";
import { commandOf } from "./command_of.ts";
import type { Artifact, Experiment, Shown } from "../experiment/experiment.ts";
import { judgeClaims } from "./published_claims.ts";
import { recallHeatMap } from "./recall_heat_map.ts";
import { contents, footer, header, TITLE } from "./report_frame.ts";

/** A page with its figures. */
export interface ReportPage {
  /** The HTML document. */
  page: string;
  /** SVG documents by name: of every experiment on the page, and of the page's own figures. */
  figures: Record<string, string>;
}

/**
 * Makes the report of a folder.
 *
 * @param folder with artifacts; those of FINE are taken from the folder `fine` beside it, where there is one.
 * @param experiments those that there are; one without an artifact is named as not run.
 * @param without names of experiments whose artifacts are left aside. Default none.
 * @returns the page; throws a {@linkcode UserError} where no experiment has an artifact, or one is broken.
 */
export async function buildReport(
  folder: string,
  experiments: readonly Experiment[],
  without: readonly string[] = [],
): Promise<ReportPage> {
  const judged = evaluatedFirst(judgeClaims(folder, without));
  const artifacts = inOrder(experiments, judged).flatMap((experiment) => {
    const path = join(folder, `${experiment.name}.json`);
    const isThere = exists(path) && !without.includes(experiment.name);
    return isThere ? [readArtifact(path, experiment)] : [];
  });
  if (artifacts.length === 0) {
    throw new UserError(
      `Cannot report on "${folder}": it must hold artifacts of experiments, got none`,
      "Run `deno task reproduce` first, or give the folder where it wrote.",
    );
  }
  const sections = [
    claimsSection(judged, artifacts.some(({ artifact: { suite } }) => suite.synthetic)),
    ...heatMapSection(artifacts.map(({ artifact }) => artifact)),
    ...artifacts.map(experimentSection),
    ...leaderboardSection(join(folder, "..", "fine")),
  ];
  const figures: Record<string, string> = {};
  for (const { id, figure } of sections) {
    if (figure !== undefined) figures[id] = await renderFigure(figure);
  }
  const names = new Set(artifacts.map(({ artifact }) => artifact.experiment));
  const content = markup`<a class="skip" href="#results">Skip to the results</a>
${header(judged, artifacts.map(({ artifact }) => artifact))}
${contents(sections)}
<main id="results" tabindex="-1">
${sections.map((section) => sectionHtml(section, figures[section.id]))}</main>
${footer(experiments.filter(({ name }) => !names.has(name)))}`;
  return { page: renderPage(TITLE, content), figures };
}

/**
 * Writes the report of a folder, `report.html`, and the page's figures as `.svg` files beside it.
 *
 * @param folder with artifacts.
 * @param experiments those that there are.
 * @param without names of experiments whose artifacts are left aside. Default none.
 * @returns the page's path; throws as {@linkcode buildReport} does.
 */
export async function writeReport(
  folder: string,
  experiments: readonly Experiment[],
  without: readonly string[] = [],
): Promise<string> {
  const { page, figures } = await buildReport(folder, experiments, without);
  for (const [name, svg] of Object.entries(figures)) {
    writeFileAtomic(join(folder, `${name}.svg`), svg);
  }
  const path = join(folder, "report.html");
  writeFileAtomic(path, page);
  return path;
}

/** An experiment's artifact, and what it shows of it. */
interface ShownArtifact {
  artifact: Artifact;
  shown: Shown;
}

function readArtifact(path: string, experiment: Experiment): ShownArtifact {
  const artifact = parseArtifact(path, experiment, readText(path));
  try {
    return { artifact, shown: experiment.show(artifact) };
  } catch (cause) {
    if (!(cause instanceof MissingFinding)) throw cause; // a fault in the experiment, not in what it wrote
    throw new UserError(`Cannot show "${path}": ${cause.message}`, cause.remedy, { cause });
  }
}

function evaluatedFirst(judged: readonly JudgedClaim[]): JudgedClaim[] {
  return judged.toSorted((a, b) => Number(a.missing !== null) - Number(b.missing !== null));
}

/** First what the claims are about, in their order, then the others. */
function inOrder(experiments: readonly Experiment[], judged: readonly JudgedClaim[]): Experiment[] {
  const claimed = [...new Set(judged.map(({ claim }) => claim.predicate.artifact))];
  const rank = ({ name }: Experiment) => (claimed.indexOf(name) + 1) || claimed.length + 1;
  return experiments.toSorted((a, b) => rank(a) - rank(b));
}

function claimsSection(judged: readonly JudgedClaim[], synthetic: boolean): Section {
  const table = claimsTable(judged);
  return {
    id: "claims",
    heading: "What was claimed, and what we found",
    figure: claimsFigure(judged, synthetic),
    figureText: `${table.title}. ${BELOW}`,
    table,
    cards: true,
  };
}

const BELOW = "The table below holds the numbers.";

function heatMapSection(artifacts: readonly Artifact[]): Section[] {
  const heatMap = recallHeatMap(artifacts);
  if (heatMap === undefined) return [];
  return [{
    id: "recall_heat_map",
    heading: "All monitors at a glance",
    ...heatMap,
    figureText:
      "Recall by monitor and domain, and false alarms on benign shifts. The tables of the experiments below hold the numbers.",
  }];
}

function experimentSection({ artifact, shown }: ShownArtifact): Section {
  const { table, figure, reading, conversations } = shown;
  return {
    id: artifact.experiment,
    heading: artifact.question,
    ...reading !== undefined && { reading },
    figure,
    figureText: `${table.title}. ${BELOW}`,
    table,
    ...conversations !== undefined && { conversations },
    command: commandOf(artifact),
  };
}

function leaderboardSection(folder: string): Section[] {
  const artifacts = exists(folder) ? readArtifacts(folder) : [];
  if (artifacts.length === 0) return [];
  const table = leaderboardTable(artifacts);
  return [{
    id: "fine_leaderboard",
    heading: "How often do language models answer safely in one format and not in the other?",
    figure: leaderboardFigure(artifacts),
    figureText: `${table.title}. ${BELOW}`,
    table,
    pages: answersPages(folder, artifacts),
  }];
}

/** Where every question can be read, of the models whose answers were written down. */
function answersPages(folder: string, artifacts: readonly FineArtifact[]): Pages {
  const files = artifacts.map((artifact) => ({
    name: artifact.respondent,
    file: answersFile(artifact),
  }));
  const there = files.filter(({ file }) => exists(join(folder, file)));
  const byFile = new Map(there.map((one) => [one.file, one])); // by likelihood is another artifact of the same answers
  return {
    legend: "Every question, with what was answered",
    list: [...byFile.values()].map(({ name, file }) => ({
      name,
      href: `../${basename(folder)}/${encodeURIComponent(file)}`,
    })),
  };
}
