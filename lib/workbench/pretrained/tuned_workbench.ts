/**
 * A workbench whose monitors are made of a pretrained model. Guards are heads on its frozen states, or low-rank updates of its
 * last blocks with a head (see `tuned_recipe.ts`); perplexity is measured by the model after low-rank training on the safe
 * training rows.
 *
 * What experiments ask of the frozen model is read in one forward pass over each split. A head is convex and needs no seed; so
 * that seeds mean something, the guard of a seed is fitted to scenes drawn with replacement.
 *
 * @module
 */
import { join } from "node:path";
import { openCache } from "../../core/cache.ts";
import { readText, writeFileAtomic } from "../../core/files.ts";
import { hashOf } from "../../core/json.ts";
import { once, onceFor } from "../../core/once.ts";
import { startProgress } from "../../core/progress.ts";
import { stream } from "../../core/random.ts";
import type { Row } from "../../conversation/row.ts";
import type { Suite } from "../../conversation/suite.ts";
import { selectRows } from "../../detector/detector.ts";
import { fitLinearHead, headLogits, type LinearHead } from "../../detector/linear_head.ts";
import { applyAdapter, readAdapter } from "../../model/adapter.ts";
import type { Head, Model } from "../../model/checkpoint.ts";
import { cutModel } from "../../model/cut.ts";
import { type LoraOptions, writeLora } from "../../model/lora.ts";
import { writeSafetensors } from "../../model/safetensors.ts";
import type { Pooling, SignalRequest } from "../../signals/signal_graph.ts";
import {
  type MonitorTraining,
  onlyRows,
  trainGuard,
  trainLanguageModel,
} from "../../training/monitors.ts";
import type { Tuned } from "../../training/tuning.ts";
import { encodedOnce, encodeWhole } from "../encoded.ts";
import type { GivenModels } from "./given_models.ts";
import { chooseState } from "./head_choice.ts";
import { featuresOf, vectorsOf } from "./head_state.ts";
import { passesOver, sessionFor, withContext } from "../passes.ts";
import type { Course } from "../recipe.ts";
import { covers, pick } from "../requests.ts";
import { type HeadState, loraOf, sampledLayers, TUNING } from "./tuned_recipe.ts";
import type { RunOptions, TrainedModel, TrainingWorkbench } from "../workbench.ts";

/** Raised whenever the same settings would train or fit otherwise than before. */
const TUNED_VERSION = 2;

const POOLINGS: readonly Pooling[] = ["last", "mean", "max"];

/**
 * Opens a workbench on a pretrained model.
 *
 * @param suite what to tune, calibrate and test on.
 * @param models the opened model.
 * @param options threads, cache, seeds.
 * @returns the workbench, nothing computed yet.
 */
export function tunedWorkbench(
  suite: Suite,
  models: GivenModels,
  options: RunOptions,
): TrainingWorkbench {
  const { base: frozen, tokenizer, origins, device } = models;
  const { layers, hiddenSize: width, contextLength } = frozen.model.config;
  const kind = options.given?.monitors ?? "head";
  const cache = openCache(options.cache, options.say);
  const encoded = encodedOnce(
    suite,
    contextLength,
    options,
    (rows) => encodeWhole(rows, tokenizer, contextLength),
  );
  const over = { suite, cache, encoded, device, options };
  const passes = passesOver(over);

  /** The frozen model's pass: its pooled states, and those of all tokens that blocks are tuned on. */
  const adapted = loraOf(layers);
  const all: SignalRequest = {
    hidden: sampledLayers(layers).flatMap((layer) =>
      POOLINGS.map((pooling) => ({ layer, pooling }))
    ),
    ...adapted.firstBlock > 0 && { states: adapted.firstBlock },
  };
  const base: TrainedModel = { ...frozen, ...keptBelow(frozen, all) };
  const ofBase: TrainingWorkbench["signals"] = async (_, split, request) => {
    if (!covers(all, request)) return await passes.signals(base, split, request);
    return pick(await passes.signals(base, split, all), all, request);
  };

  const labels = suite.train.map(({ malign }) => malign);
  const choice = once(() =>
    chooseState(suite, layers, options.given?.layer, async (split, state) => {
      return featuresOf(await ofBase(base, split, { hidden: vectorsOf(state) }), width);
    })
  );

  const trained = async (
    from: TrainedModel,
    head: Head,
    parts: { label: string; course: Course & { lora: LoraOptions } },
    build: (training: MonitorTraining, from: Model) => Promise<Tuned>,
  ): Promise<TrainedModel> => {
    const { label, course: { schedule, masking, lora } } = parts;
    const all = { version: TUNED_VERSION, base: from.key, train: hashOf(suite.train), ...parts };
    const folder = await cache.entry("adapter", all, async (folder, scratch) => {
      const { sequences } = await encoded("train");
      const { below } = from;
      const lower = below && {
        layer: below.request.states!,
        states: await passes.states(below.model, "train", below.request),
      };
      using progress = startProgress(`training ${label}`);
      const { parameters, losses } = await build({
        schedule,
        masking,
        lora,
        sequences,
        ...lower && { below: lower },
        name: label,
        session: sessionFor(from.model, over),
        scratch,
        progress,
        say: options.say,
      }, withContext(from.model, Math.max(...sequences.map(({ length }) => length))));
      const { layers: blocks } = from.model.config;
      writeLora(folder, parameters, { base: from.folder, head, blocks, options: lora });
      const history = { name: "losses", shape: [losses.length], data: losses };
      writeSafetensors(join(folder, "losses.safetensors"), [history]);
    });
    const parameters = applyAdapter(from.model.parameters, readAdapter(folder));
    const model = { ...from.model, head, parameters };
    return { model, key: hashOf(all), folder, ...from.below && { below: from.below } };
  };

  const safeLanguageModel = once(() => {
    if (origins.languageModel.adapter !== undefined) return Promise.resolve(models.languageModel);
    const course = { ...TUNING.safeLanguageModel, lora: adapted };
    const parts = { label: "safe language model", course };
    return trained(base, "language-model", parts, (training, { config, parameters }) => {
      const safe = onlyRows(training, (row) => suite.train[row].malign === 0);
      return trainLanguageModel(config, safe, parameters);
    });
  });

  const tunedGuard = onceFor(async (seed: number) => {
    const { state } = await choice();
    const lora = loraOf(state.layer);
    const cut = {
      ...frozen,
      model: cutModel(frozen.model, state.layer),
      ...keptBelow(frozen, { states: lora.firstBlock }),
    };
    const parts = { label: `guard ${seed}`, course: { ...TUNING.guard, lora } };
    return trained(
      cut,
      "guard",
      parts,
      (training, from) => trainGuard(from, labels, training),
    );
  });

  const heads = new Map<string, { head: LinearHead; state: HeadState }>();
  const headGuard = onceFor(async (seed: number): Promise<TrainedModel> => {
    const { state } = await choice();
    const parts = {
      version: TUNED_VERSION,
      base: base.key,
      train: hashOf(suite.train),
      state,
      seed,
    };
    const folder = await cache.entry("head", { ...parts, device }, async (folder) => {
      const features = featuresOf(await ofBase(base, "train", { hidden: vectorsOf(state) }), width);
      const drawn = drawScenes(suite.train, seed);
      using _ = startProgress(`fitting guard ${seed}`);
      const head = fitLinearHead(selectRows(features, drawn), drawn.map((i) => suite.train[i]));
      const text = JSON.stringify({ ...head, weights: [...head.weights] });
      writeFileAtomic(join(folder, "head.json"), text);
    });
    const kept = JSON.parse(readText(join(folder, "head.json")));
    const head = { ...kept, weights: Float64Array.from(kept.weights) };
    const key = hashOf(parts);
    heads.set(key, { head, state });
    return { model: base.model, key, folder };
  });

  return {
    suite,
    options,
    async provenance() {
      const { state, candidates } = await choice();
      const tuned = {
        monitors: kind,
        state,
        candidates,
        ...kind === "lora" && { guard: { ...TUNING.guard, lora: loraOf(state.layer) } },
        ...origins.languageModel.adapter === undefined && {
          safeLanguageModel: { ...TUNING.safeLanguageModel, lora: adapted },
        },
      };
      return { models: { languageModel: origins.languageModel, tuned, device } };
    },
    width,
    device,
    cache,
    seeds: Array.from({ length: options.seeds }, (_, seed) => seed),
    course: TUNING.guard,
    tokenizer: () => Promise.resolve(tokenizer),
    encoded,
    languageModel: () => Promise.resolve(base),
    safeLanguageModel,
    guard: kind === "head" ? headGuard : tunedGuard,
    trained: ({ model, key, folder }, label, parts, course, build) => {
      const all = { label, parts: parts as object, course: { ...course, lora: adapted } };
      // other texts than the suite's: nothing of them was worked out before
      return trained({ model, key, folder }, "language-model", all, build);
    },
    async signals(model, split, request) {
      const fitted = heads.get(model.key);
      if (fitted === undefined) {
        return await (model.key === base.key ? ofBase : passes.signals)(model, split, request);
      }
      const { guard, hidden = [] } = request;
      if (!guard) return await ofBase(base, split, request);
      const own = vectorsOf(fitted.state);
      const found = await ofBase(base, split, {
        ...request,
        guard: false,
        hidden: [...hidden, ...own],
      });
      const states = { ...found, hidden: found.hidden.slice(hidden.length) };
      return {
        ...found,
        hidden: found.hidden.slice(0, hidden.length),
        guard: headLogits(fitted.head, featuresOf(states, width)),
      };
    },
  };
}

/** What a model has in common with the frozen one, where its lowest blocks are. */
function keptBelow(model: TrainedModel, request: SignalRequest): Pick<TrainedModel, "below"> {
  return request.states ? { below: { model, request } } : {};
}

/** Rows of as many scenes as there are, drawn with replacement within those that have unsafe rows and those that do not. */
function drawScenes(rows: readonly Row[], seed: number): number[] {
  const scenes = [...Map.groupBy(rows.keys(), (i) => rows[i].scene ?? rows[i].id).values()];
  const random = stream(`guard ${seed}/scenes`);
  const isUnsafe = (scene: number[]) => scene.some((i) => rows[i].malign === 1);
  return [scenes.filter(isUnsafe), scenes.filter((scene) => !isUnsafe(scene))]
    .flatMap((stratum) => stratum.flatMap(() => random.pick(stratum)));
}
