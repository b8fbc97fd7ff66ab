/**
 * Guards that are heads on states of a frozen model. A head is convex and needs no seed; so that seeds mean something, the guard of
 * a seed is fitted to scenes drawn with replacement.
 *
 * @module
 */
import { join } from "node:path";
import { readText, writeFileAtomic } from "../../core/files.ts";
import { hashOf } from "../../core/json.ts";
import { onceFor } from "../../core/once.ts";
import { startProgress } from "../../core/progress.ts";
import { stream } from "../../core/random.ts";
import { type Row, sceneOf } from "../../conversation/row.ts";
import { selectRows } from "../../detector/detector.ts";
import { fitLinearHead, headLogits, type LinearHead } from "../../detector/linear_head.ts";
import type { PassOptions } from "../passes.ts";
import type { TrainedModel, Workbench } from "../workbench.ts";
import { featuresOf, vectorsOf } from "./head_state.ts";
import type { HeadState } from "./tuned_recipe.ts";

/** Guards of several seeds on one frozen model. */
export interface HeadGuards {
  /** The guard of a seed; its model is the frozen one. */
  guard(seed: number): Promise<TrainedModel>;
  /** Signals of a guard that was made here, or undefined for any other model. */
  signals(...asked: Parameters<Workbench["signals"]>): ReturnType<Workbench["signals"]> | undefined;
}

/**
 * Makes guards.
 *
 * @param frozen the model.
 * @param over whose training rows, and where heads are kept.
 * @param version raised whenever the same settings would fit otherwise.
 * @param stateOf tells the state that heads stand on.
 * @param ofFrozen the frozen model's signals.
 * @returns the guards, nothing fitted yet.
 */
export function headGuards(
  frozen: TrainedModel,
  { suite, cache, device }: Pick<PassOptions, "suite" | "cache" | "device">,
  version: number,
  stateOf: () => Promise<HeadState>,
  ofFrozen: Workbench["signals"],
): HeadGuards {
  const width = frozen.model.config.hiddenSize;
  const heads = new Map<string, { head: LinearHead; state: HeadState }>();

  const guard = onceFor(async (seed: number): Promise<TrainedModel> => {
    const state = await stateOf();
    const parts = { version, base: frozen.key, train: hashOf(suite.train), state, seed };
    const folder = await cache.entry("head", { ...parts, device }, async (folder) => {
      const signals = await ofFrozen(frozen, "train", { hidden: vectorsOf(state) });
      const drawn = drawScenes(suite.train, seed);
      using _ = startProgress(`fitting guard ${seed}`);
      const features = selectRows(featuresOf(signals, width), drawn);
      const head = fitLinearHead(features, drawn.map((i) => suite.train[i]));
      const text = JSON.stringify({ ...head, weights: [...head.weights] });
      writeFileAtomic(join(folder, "head.json"), text);
    });
    const kept = JSON.parse(readText(join(folder, "head.json")));
    const key = hashOf(parts);
    heads.set(key, { head: { ...kept, weights: Float64Array.from(kept.weights) }, state });
    return { model: frozen.model, key, folder, statesKey: frozen.key };
  });

  const signalsOf = async (
    { head, state }: { head: LinearHead; state: HeadState },
    ...[, split, { hidden = [], ...others }]: Parameters<Workbench["signals"]>
  ) => {
    if (!others.guard) return await ofFrozen(frozen, split, { ...others, hidden });
    const all = [...hidden, ...vectorsOf(state)];
    const found = await ofFrozen(frozen, split, { ...others, guard: false, hidden: all });
    const own = { hidden: found.hidden.slice(hidden.length) };
    return {
      ...found,
      hidden: found.hidden.slice(0, hidden.length),
      guard: headLogits(head, featuresOf(own, width)),
    };
  };

  return {
    guard,
    signals(...asked) {
      const fitted = heads.get(asked[0].key);
      return fitted && signalsOf(fitted, ...asked);
    },
  };
}

/** Rows of as many scenes as there are, drawn with replacement within those that have unsafe rows and those that do not. */
function drawScenes(rows: readonly Row[], seed: number): number[] {
  const scenes = [...Map.groupBy(rows.keys(), (i) => sceneOf(rows[i])).values()];
  const random = stream(`guard ${seed}/scenes`);
  const isUnsafe = (scene: number[]) => scene.some((i) => rows[i].malign === 1);
  return [scenes.filter(isUnsafe), scenes.filter((scene) => !isUnsafe(scene))]
    .flatMap((stratum) => stratum.flatMap(() => random.pick(stratum)));
}
