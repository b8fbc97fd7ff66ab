/**
 * A workbench whose models are trained here, from nothing, on its suite.
 *
 * @module
 */
import { join } from "node:path";
import { type Cache, openCache } from "../core/cache.ts";
import { hashOf } from "../core/json.ts";
import { once, onceFor } from "../core/once.ts";
import { startProgress } from "../core/progress.ts";
import type { Row } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import type { Suite } from "../conversation/suite.ts";
import {
  type Head,
  modelParameters,
  readCheckpoint,
  writeCheckpoint,
} from "../model/checkpoint.ts";
import { countParameters } from "../model/parameters.ts";
import { writeSafetensors } from "../model/safetensors.ts";
import { CPU } from "../runtime/session.ts";
import { loadTokenizer, writeTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import {
  type MonitorTraining,
  onlyRows,
  trainGuard,
  trainLanguageModel,
} from "../training/monitors.ts";
import type { Tuned } from "../training/tuning.ts";
import { encodedOnce, encodeRows } from "./encoded.ts";
import { passesOver } from "./passes.ts";
import { passCost, trainingCost } from "./planned/costs.ts";
import { type Planned, type PlannedModel, type Work, workOfPass } from "./planned/work.ts";
import { type Course, FULL, QUICK, type Recipe } from "./recipe.ts";
import type { RunOptions, SizedWorkbench, TrainedModel } from "./workbench.ts";

/** Raised whenever the same settings would train or score differently than before. */
const CACHE_VERSION = 1;

/**
 * Opens a workbench on a suite that is there already, and that need not have rows to test on.
 *
 * @param suite what to train and calibrate on.
 * @param options extent, threads, cache; its `suite` is not looked at.
 * @returns the workbench, nothing trained yet.
 */
export function trainedWorkbench(suite: Suite, options: RunOptions): SizedWorkbench {
  const cache = openCache(options.cache, options.say);
  return assemble(suite, options.quick ? QUICK : FULL, cache, options);
}

/** How a model of the workbench is trained. */
interface PlannedTraining {
  course: Course;
  /** Which training rows it is trained on. */
  rows: (row: number) => boolean;
  /** The model that it begins as, if any. */
  after: readonly Work[];
  build: (training: MonitorTraining) => Promise<Tuned>;
}

/** A workbench whose suite and cache are there. */
function assemble(
  suite: Suite,
  recipe: Recipe,
  cache: Cache,
  options: RunOptions,
): SizedWorkbench {
  const { threads } = options;
  const hashOfSplit = onceFor((split: Split) => hashOf(suite[split]));
  const data = once(() => ({
    version: CACHE_VERSION,
    train: hashOfSplit("train"),
    vocabSize: recipe.vocabSize,
  }));

  const tokenizerFolder = once(() =>
    cache.entry("tokenizer", data(), (folder) => {
      const texts = suite.train.map(({ conversation }) => conversation);
      writeTokenizer(folder, trainBpe(texts, recipe.vocabSize));
    })
  );
  const tokenizer = once(async () => loadTokenizer(await tokenizerFolder()));
  const { contextLength } = recipe.size;
  const encode = async (rows: readonly Row[]) => encodeRows(rows, await tokenizer(), contextLength);
  const encoded = encodedOnce(suite, contextLength, options, encode);

  const train = async (
    label: string,
    parts: unknown,
    course: Course,
    build: (training: MonitorTraining) => Promise<Tuned>,
  ): Promise<TrainedModel> => {
    const folder = await cache.entry("model", parts, async (folder, scratch) => {
      const { sequences, pieces } = await encoded("train");
      const { schedule, masking, excerpts } = course;
      using progress = startProgress(`training ${label}`);
      const { model, losses } = await build({
        schedule,
        masking,
        ...excerpts && { excerpts: { pieces, ...excerpts } },
        sequences,
        name: label,
        session: { threads },
        scratch,
        progress,
        say: options.say,
      });
      writeCheckpoint(folder, model, await tokenizer());
      const history = { name: "losses", shape: [losses.length], data: losses };
      writeSafetensors(join(folder, "losses.safetensors"), [history]);
      for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
        Deno.copyFileSync(join(await tokenizerFolder(), name), join(folder, name));
      }
    });
    return { model: readCheckpoint(folder), key: hashOf(parts), folder };
  };

  const plan = async (
    label: string,
    head: Head,
    parts: unknown,
    { course, rows, after, build }: PlannedTraining,
  ): Promise<PlannedModel> => {
    const config = { vocabSize: (await tokenizer()).vocabSize, ...recipe.size };
    const lengths = (await encoded("train")).sequences.map(({ length }) => length);
    const key = hashOf(parts);
    const open = once(() => train(label, parts, course, build));
    return {
      name: label,
      key,
      config,
      head,
      after,
      pieces: 1,
      cost: trainingCost({ config, head, course, lengths: lengths.filter((_, i) => rows(i)) }),
      isDone: () => cache.find("model", parts) !== undefined,
      open,
      make: open,
    };
  };

  const every = () => true;
  const planned: Planned & Required<Pick<Planned, "languageModel">> = {
    languageModel: once(async () => {
      const config = { vocabSize: (await tokenizer()).vocabSize, ...recipe.size };
      const course = recipe.languageModel;
      const parts = { ...data(), kind: "language model", size: recipe.size, course };
      const build = (training: MonitorTraining) => trainLanguageModel(config, training);
      return await plan("language model", "language-model", parts, {
        course,
        rows: every,
        after: [],
        build,
      });
    }),
    safeLanguageModel: once(async () => {
      const base = await planned.languageModel();
      const course = recipe.safeLanguageModel;
      const parts = { kind: "safe language model", base: base.key, course };
      const isSafe = (row: number) => suite.train[row].malign === 0;
      return await plan("safe language model", "language-model", parts, {
        course,
        rows: isSafe,
        after: [base],
        async build(training) {
          const { model } = await base.open();
          return trainLanguageModel(model.config, onlyRows(training, isSafe), model.parameters);
        },
      });
    }),
    guard: onceFor(async (seed: number) => {
      const base = await planned.languageModel();
      const course = recipe.guard;
      const parts = { kind: "guard", base: base.key, seed, course };
      const labels = suite.train.map(({ malign }) => malign);
      return await plan(`guard ${seed}`, "guard", parts, {
        course,
        rows: every,
        after: [base],
        build: async (training) => trainGuard((await base.open()).model, labels, training),
      });
    }),
    async pass(model, split, request) {
      const { config, head, key } = model;
      const size = countParameters(modelParameters(config, head));
      const asked = request(config.layers);
      const pass = await passes.planned({ key, config, size }, split, asked);
      return workOfPass(model, split, pass, passCost({ config, request: asked, size, ...pass }));
    },
  };

  const passes = passesOver({ suite, cache, encoded, device: CPU, options });

  return {
    suite,
    options,
    recipe,
    course: recipe.guard,
    provenance: () => Promise.resolve({ recipe }),
    width: recipe.size.hiddenSize,
    device: CPU,
    cache,
    seeds: Array.from({ length: options.seeds }, (_, seed) => seed),
    resized: (size) => assemble(suite, { ...recipe, size }, cache, options),
    tokenizer,
    encoded,
    encode,
    planned,
    languageModel: async () => await (await planned.languageModel()).open(),
    safeLanguageModel: async () => await (await planned.safeLanguageModel()).open(),
    guard: async (seed) => await (await planned.guard(seed)).open(),
    trained: (_, ...rest) => train(...rest),
    signals: passes.signals,
  };
}
