/**
 * Low-rank updates of a pretrained model, trained on a suite and kept as adapters.
 *
 * @module
 */
import { join } from "node:path";
import { hashOf } from "../../core/json.ts";
import { startProgress } from "../../core/progress.ts";
import { applyAdapter, readAdapter } from "../../model/adapter.ts";
import type { Suite } from "../../conversation/suite.ts";
import type { Head, Model } from "../../model/checkpoint.ts";
import { type LoraOptions, writeLora } from "../../model/lora.ts";
import { writeSafetensors } from "../../model/safetensors.ts";
import type { MonitorTraining } from "../../training/monitors.ts";
import type { Tuned } from "../../training/tuning.ts";
import { type Passes, type PassOptions, sessionFor, withContext } from "../passes.ts";
import type { Course } from "../recipe.ts";
import type { TrainedModel } from "../workbench.ts";

/** What is trained, and how. */
export interface LowRankCourse {
  /** Names random streams and progress. */
  label: string;
  /** Schedule, masking, and what is adapted. */
  course: Course & { lora: LoraOptions };
  /** All else that it depends on, besides model and training rows. */
  parts?: object;
}

/** Trains, or finds what was trained already. */
export type LowRankTraining = (
  from: TrainedModel,
  head: Head,
  course: LowRankCourse,
  build: (training: MonitorTraining, from: Model) => Promise<Tuned>,
) => Promise<TrainedModel>;

/**
 * All that updates depend on.
 *
 * @param version as {@linkcode lowRankTraining} has it.
 * @param from what they begin as.
 * @param suite whose training rows.
 * @param course what is trained, and how.
 * @returns what they are kept by in the cache, as `adapter`; its hash is the key of the model.
 */
export function adapterParts(
  version: number,
  from: Pick<TrainedModel, "key">,
  suite: Pick<Suite, "train">,
  course: LowRankCourse,
): object {
  return { version, base: from.key, train: hashOf(suite.train), ...course };
}

/**
 * Makes low-rank updates.
 *
 * @param over whose training rows, and where adapters are kept.
 * @param passes that kept the states below the adapted blocks, which then are not run again.
 * @param version raised whenever the same settings would train otherwise.
 * @returns trains updates of a model, merged into it when they are there.
 */
export function lowRankTraining(
  over: PassOptions,
  passes: Passes,
  version: number,
): LowRankTraining {
  const { suite, cache, encoded, options } = over;
  return async (from, head, parts, build) => {
    const { label, course: { schedule, masking, lora } } = parts;
    const all = adapterParts(version, from, suite, parts);
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
}
