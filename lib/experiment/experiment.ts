/**
 * What an experiment is, and how one is run: alone, as its script, or among others.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { writeFileAtomic } from "../core/files.ts";
import { canonicalJson, type Json } from "../core/json.ts";
import type { Schema } from "../core/schema.ts";
import { describeSuite } from "../conversation/suite.ts";
import type { CovarianceKind } from "../detector/covariance_choice.ts";
import { type Figure, renderFigure } from "../report/figure.ts";
import type { MarkedConversations } from "../report/conversation.ts";
import type { Table } from "../report/table.ts";
import { kernelFingerprint } from "../runtime/fingerprint.ts";
import type { GivenProvenance } from "../workbench/pretrained/given_options.ts";
import type { Cost, Work } from "../workbench/planned/work.ts";
import { recordedCovariance } from "../workbench/beforehand.ts";
import {
  type TrainingWorkbench,
  trainsHere,
  withFirstSeed,
  type Workbench,
} from "../workbench/workbench.ts";

/** One question, how it is answered, and how the answer is shown. It has `run`, or `train`, or both. */
export interface Experiment<Config = unknown, Findings = unknown> {
  /** Names the artifact; the script's file has the same name. */
  name: string;
  /** What it asks, one sentence. */
  question: string;
  /** Every setting of its own; stored whole in the artifact. */
  config: Config;
  /** What it finds; an artifact that does not pass was written by another version. */
  findings: Schema<Findings>;
  /** Answers the question with any models; the same for the same workbench settings and config. */
  run?(bench: Workbench, config: Config, own: OwnStreams): Promise<NoInfer<Findings>>;
  /** Answers it where it can train models of its own; taken before `run` where both are there. */
  train?(bench: TrainingWorkbench, config: Config, own: OwnStreams): Promise<NoInfer<Findings>>;
  /** Whether it uses guards or the safe language model of the workbench, so that its artifact says what these are. Default true. */
  monitors?: boolean;
  /** In words, what it needs and a workbench does not have; asked where it might go without training models. */
  missing?(bench: Workbench): string | undefined;
  /** Models and passes that it will ask the workbench for, so that they can be made before it begins. Default: none. */
  needs?(bench: Workbench, config: Config): Promise<Work[]>;
  /** What models of its own will take, to be trained and to be run; said of a workbench that it can be run on. Default: nothing. */
  cost?(bench: Workbench, config: Config): Promise<Cost>;
  /** The findings as people see them; computes nothing. */
  show(artifact: Artifact<Config, NoInfer<Findings>>): Shown;
}

/**
 * Names the random streams of an experiment, which nothing else draws from.
 *
 * @param purpose what is drawn, such as `bootstrap`.
 * @returns the experiment's name before it, such as `fusion/bootstrap`.
 */
export type OwnStreams = (purpose: string) => string;

/** What is shown of an artifact. */
export interface Shown {
  /** Printed in the terminal, and on the report's page. */
  table: Table;
  /** Written beside the artifact, and on the report's page. */
  figure: Figure;
  /** Two sentences that say what was found; their numbers come from the findings, so that they cannot drift. */
  reading?: string;
  /** Conversations to look at, on the report's page. */
  conversations?: MarkedConversations;
}

/** What an experiment writes. */
export interface Artifact<Config = unknown, Findings = unknown> {
  /** Name of the experiment that wrote it. */
  experiment: string;
  /** What that asked, one sentence. */
  question: string;
  /** What was trained and tested on, where it comes from, and a SHA-256 over all its rows. */
  suite: ReturnType<typeof describeSuite>;
  /** Fingerprint of the arithmetic: where it is the same, so are all other bytes. */
  kernels: string;
  /** All that the findings depend on besides suite and arithmetic: how models were trained, or which were given. */
  settings: {
    quick: boolean;
    seeds: number;
    recipe?: unknown;
    models?: GivenProvenance;
    covariance?: CovarianceKind;
    config: Config;
  };
  /** The answer, its numbers rounded to 6 significant digits. */
  findings: Findings;
}

/**
 * Types an experiment.
 *
 * @param experiment what to define.
 * @returns the same.
 */
export function defineExperiment<Config, Findings>(
  experiment: Experiment<Config, Findings>,
): Experiment<Config, Findings> {
  return experiment;
}

/**
 * Runs an experiment.
 *
 * @param experiment what to run.
 * @param bench the workbench.
 * @param config its settings. Defaults to its own; tests take fewer resamples.
 * @returns the text of its artifact.
 */
export async function artifactOf<Config, Findings>(
  experiment: Experiment<Config, Findings>,
  bench: Workbench,
  config: Config = experiment.config,
): Promise<string> {
  const { name, question, monitors } = experiment;
  const findings = await findingsOf(experiment, bench, config);
  const { suite, kernels, settings } = await describeBench(bench, monitors);
  return canonicalJson({
    experiment: name,
    question,
    suite,
    kernels,
    settings: { ...settings, config },
    findings,
  });
}

/**
 * What all that comes of a workbench depends on.
 *
 * @param bench the workbench.
 * @param monitors whether its guards or its safe language model are used.
 * @returns suite, arithmetic and settings as artifacts have them, but for an experiment's own.
 */
export async function describeBench(bench: Workbench, monitors = true): Promise<Description> {
  const { suite, device, options: { quick, seeds } } = bench;
  return {
    suite: describeSuite(suite),
    kernels: await kernelFingerprint(device),
    settings: {
      quick,
      seeds,
      ...await bench.provenance(monitors),
      ...recordedCovariance(bench),
    },
  };
}

/** What {@linkcode describeBench} says. */
export type Description = Pick<Artifact, "suite" | "kernels"> & {
  settings: Omit<Artifact["settings"], "config">;
};

/**
 * What an experiment needs and a workbench does not have.
 *
 * @param experiment any.
 * @param bench any.
 * @returns it in words, or undefined where nothing is missing.
 */
export function missingFor(
  { run, train, missing }: Pick<Experiment, "run" | "train" | "missing">,
  bench: Workbench,
): string | undefined {
  if (train !== undefined && trainsHere(bench)) {
    return run === undefined ? missing?.(bench) : undefined;
  }
  return run === undefined ? "models that are trained here" : missing?.(bench);
}

/**
 * Answers an experiment's question, with models of its own where it can train them.
 *
 * @param experiment which.
 * @param bench the workbench.
 * @param config its settings.
 * @returns its findings; throws a {@linkcode UserError} where the workbench lacks what it needs.
 */
export function findingsOf<Config, Findings>(
  experiment: Experiment<Config, Findings>,
  bench: Workbench,
  config: Config,
): Promise<Findings> {
  const { name, run, train } = experiment;
  const own: OwnStreams = (purpose) => `${name}/${purpose}`;
  const missing = missingFor(experiment, bench);
  if (train !== undefined && trainsHere(bench) && missing === undefined) {
    return train(bench, config, own);
  }
  if (run !== undefined && missing === undefined) return run(bench, config, own);
  throw new UserError(
    `Cannot run ${name}: it needs ${missing}`,
    "Leave --model out, or choose other experiments with --only.",
  );
}

/**
 * Runs an experiment and writes `<name>.json` and `<name>.svg`, and beside them `<name>.run.json` with what varies from
 * run to run: seconds (few, where the cache was warm), threads, versions.
 *
 * @param experiment what to run.
 * @param bench the workbench.
 * @param folder where the files go.
 * @returns the table to print, and the files' paths.
 */
export async function runExperiment<Config, Findings>(
  experiment: Experiment<Config, Findings>,
  bench: Workbench,
  folder: string,
): Promise<{ table: Table; json: string; svg: string }> {
  const { name } = experiment;
  const started = performance.now();
  const text = await artifactOf(experiment, bench);
  // shown from what was written, so that table and figure hold no more than the artifact does
  const { table, figure } = experiment.show(JSON.parse(text));
  const [json, svg] = [join(folder, `${name}.json`), join(folder, `${name}.svg`)];
  writeFileAtomic(json, text);
  writeFileAtomic(join(folder, `${name}.run.json`), canonicalJson(circumstances(bench, started)));
  writeFileAtomic(svg, await renderFigure(figure));
  return { table, json, svg };
}

/**
 * What an experiment finds with the guard of the first seed, before there are others. Nothing is written.
 *
 * @param experiment what to run.
 * @param bench the workbench.
 * @returns a table that says so.
 */
export async function firstGlance<Config, Findings>(
  experiment: Experiment<Config, Findings>,
  bench: Workbench,
): Promise<Table> {
  const { table } = experiment.show(
    JSON.parse(await artifactOf(experiment, withFirstSeed(bench))),
  );
  return {
    ...table,
    title: `First glance (1 of ${bench.seeds.length} seeds): ${table.title}`,
    notes: [...table.notes, "The other seeds follow; what is kept is of all of them."],
  };
}

/** What varies from run to run, and so must stay out of the artifact. */
function circumstances({ options: { threads } }: Workbench, started: number): Json {
  return {
    seconds: (performance.now() - started) / 1000,
    threads,
    deno: Deno.version.deno,
    system: `${Deno.build.os} ${Deno.build.arch}`,
  };
}
