/**
 * Low-rank updates that are trained while the model's own weights stay as they are (LoRA, https://arxiv.org/abs/2106.09685):
 *
 *     y = x Wᵀ + (α / r) (x Aᵀ) Bᵀ,   A of shape (r, inputs), B of shape (outputs, r)
 *
 * A begins as `peft` draws it, uniform between ±1/√inputs, and B as zeros, so that a model begins as it was. What was trained
 * is written as a folder that `peft` opens: `adapter_config.json` and `adapter_model.safetensors`.
 *
 * @module
 */
import { join } from "node:path";
import { stream } from "../core/random.ts";
import { writeFileAtomic } from "../core/files.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Adapter, LowRankUpdate } from "./adapter.ts";
import type { Head } from "./checkpoint.ts";
import type { DecoderConfig, Projection } from "./config.ts";
import {
  decoderParameters,
  type LowRank,
  type Parameters,
  parametersOf,
  type ParameterSpec,
  renamed,
  SCORE,
  type Weights,
} from "./parameters.ts";
import { writeSafetensors } from "./safetensors.ts";

/** What is adapted, and by how much. */
export interface LoraOptions {
  /** r, at least 1. */
  readonly rank: number;
  /** α; updates are scaled by α / r. */
  readonly alpha: number;
  /** The matrices of a block that get an update. */
  readonly projections: readonly Projection[];
  /** The first block whose matrices do, from 0; those below stay as they are. */
  readonly firstBlock: number;
}

const downOf = (name: string) => name.replace(/\.weight$/, ".lora_A.weight");
const upOf = (name: string) => name.replace(/\.weight$/, ".lora_B.weight");

/** The matrices that get an update. */
function adapted(
  config: DecoderConfig,
  { projections, firstBlock }: LoraOptions,
): ParameterSpec[] {
  return decoderParameters(config).filter(({ name }) => {
    const [, block, projection] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
    return Number(block) >= firstBlock && projections.some((known) => known === projection);
  });
}

/**
 * The weights that are trained.
 *
 * @param config the decoder.
 * @param options what is adapted.
 * @returns A and B of every adapted matrix, in the order of the layers, named after it with `lora_A` and `lora_B`.
 */
export function loraParameters(config: DecoderConfig, options: LoraOptions): ParameterSpec[] {
  const { rank } = options;
  return adapted(config, options).flatMap(({ name, shape: [outputs, inputs] }) => [
    { name: downOf(name), shape: [rank, inputs] },
    { name: upOf(name), shape: [outputs, rank] },
  ]);
}

/**
 * Draws A, and makes B of zeros.
 *
 * @param specs as {@linkcode loraParameters} lists them.
 * @param name of the random stream; every matrix draws from its own.
 * @returns the weights.
 */
export function initialLora(specs: readonly ParameterSpec[], name: string): Parameters {
  return parametersOf(specs.map((spec) => {
    const data = new Float32Array(spec.shape[0] * spec.shape[1]);
    if (spec.name.endsWith(".lora_B.weight")) return { ...spec, data };
    const random = stream(`${name}/${spec.name}`);
    const bound = 1 / Math.sqrt(spec.shape[1]);
    return { ...spec, data: data.map(() => bound * (2 * random.uniform() - 1)) };
  }));
}

/**
 * A model's weights in a graph that trains updates of them.
 *
 * @param frozen the model's own, which are constants.
 * @param trained A and B, and whatever else is trained, such as a head; they take precedence.
 * @param options what is adapted.
 * @returns looks up a weight, and its update where it has one.
 */
export function adaptedWeights(
  frozen: Weights,
  trained: ReadonlyMap<string, Tensor>,
  { alpha, rank }: LoraOptions,
): Weights {
  return Object.assign((name: string) => trained.get(name) ?? frozen(name), {
    lowRank: (name: string): LowRank | undefined => {
      const [down, up] = [trained.get(downOf(name)), trained.get(upOf(name))];
      return down && up && { down, up, scale: alpha / rank };
    },
  });
}

/**
 * What was trained, as an adapter that can be merged into its model.
 *
 * @param trained A and B, and a head where there is one.
 * @param options what was adapted.
 * @param base the model's name, for messages.
 * @returns the adapter.
 */
export function trainedAdapter(
  trained: Parameters,
  { alpha, rank }: LoraOptions,
  base: string,
): Adapter {
  const updates = [...trained.keys()].filter((name) => name.endsWith(".lora_A.weight")).map(
    (name): [string, LowRankUpdate] => {
      const weight = name.replace(".lora_A.weight", ".weight");
      const [down, up] = [trained.get(name)!, trained.get(upOf(weight))!];
      return [weight, { down, up, scale: alpha / rank }];
    },
  );
  const others = [...trained.values()].filter(({ name }) => !name.includes(".lora_"));
  return {
    folder: base,
    base,
    updates: new Map(updates),
    replacements: parametersOf(others),
    alone: new Set(),
  };
}

/**
 * Writes what was trained as a folder that `peft` opens.
 *
 * @param folder where to.
 * @param trained A and B, and a head where there is one.
 * @param about the model's name and number of blocks, what stands on it, and what was adapted.
 */
export function writeLora(
  folder: string,
  trained: Parameters,
  { base, head, blocks, options }: {
    base: string;
    head: Head;
    blocks: number;
    options: LoraOptions;
  },
): void {
  const { rank, alpha, projections, firstBlock } = options;
  const config = {
    peft_type: "LORA",
    task_type: head === "guard" ? "SEQ_CLS" : "CAUSAL_LM",
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    bias: "none",
    target_modules: projections.map((name) => name.replace(/^.*\./, "")),
    layers_to_transform: Array.from({ length: blocks - firstBlock }, (_, i) => firstBlock + i),
    modules_to_save: head === "guard" ? [SCORE.replace(".weight", "")] : null,
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
  };
  writeFileAtomic(join(folder, "adapter_config.json"), JSON.stringify(config, null, 2) + "\n");
  const named = [...trained.values()].map((p) => renamed(p, `base_model.model.${p.name}`));
  writeSafetensors(join(folder, "adapter_model.safetensors"), named);
}
