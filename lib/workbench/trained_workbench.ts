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
import type { Split } from "../conversation/scenes.ts";
import type { Suite } from "../conversation/suite.ts";
import { readCheckpoint, writeCheckpoint } from "../model/checkpoint.ts";
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
  const encoded = encodedOnce(
    suite,
    contextLength,
    options,
    async (rows) => encodeRows(rows, await tokenizer(), contextLength),
  );

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

  const languageModel = once(async () => {
    const config = { vocabSize: (await tokenizer()).vocabSize, ...recipe.size };
    const course = recipe.languageModel;
    const parts = { ...data(), kind: "language model", size: recipe.size, course };
    const build = (training: MonitorTraining) => trainLanguageModel(config, training);
    return train("language model", parts, course, build);
  });
  const safeLanguageModel = once(async () => {
    const { model, key } = await languageModel();
    const course = recipe.safeLanguageModel;
    const parts = { kind: "safe language model", base: key, course };
    const isSafe = (row: number) => suite.train[row].malign === 0;
    return train("safe language model", parts, course, (training) => {
      return trainLanguageModel(model.config, onlyRows(training, isSafe), model.parameters);
    });
  });
  const guard = onceFor(async (seed: number) => {
    const { model, key } = await languageModel();
    const course = recipe.guard;
    const parts = { kind: "guard", base: key, seed, course };
    const labels = suite.train.map(({ malign }) => malign);
    return train(
      `guard ${seed}`,
      parts,
      course,
      (training) => trainGuard(model, labels, training),
    );
  });

  const { signals } = passesOver({ suite, cache, encoded, device: CPU, options });

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
    languageModel,
    safeLanguageModel,
    guard,
    trained: (_, ...rest) => train(...rest),
    signals,
  };
}
