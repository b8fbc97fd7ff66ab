/**
 * LoRA adapters in the layout of `peft`: a folder with `adapter_config.json` and `adapter_model.safetensors`, whose low-rank
 * matrices are added to a model's weights, W + (α / r) B A (https://arxiv.org/abs/2106.09685), or α / √r with rank
 * stabilisation (https://arxiv.org/abs/2312.03732), and whose fully trained weights, as a classifier's head, replace them.
 * Sums are taken in float32, where `peft` takes them in the type in which the model was loaded. `fan_in_fan_out` means nothing
 * here, as `peft` says too: it is for layers that hold their matrices the other way round, which no decoder of ours has.
 *
 * Output weights that are the embeddings follow them as they do in `peft`: an embedding that was trained as a module of its own
 * (`modules_to_save`) is put in front of a model whose output stays as it was, and so with an output trained by itself; weights
 * that were merely saved along are copied into the one matrix that both are.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { firstProblem } from "../core/schema.ts";
import {
  blocksOf,
  EMBEDDING,
  OUTPUT,
  type Parameter,
  type Parameters,
  parametersOf,
  renamed,
  SCORE,
  storedParameter,
} from "./parameters.ts";
import { repeatsGroup } from "../core/pattern.ts";
import { readSafetensors } from "./safetensors.ts";

/** An update of one weight, W + scale B A. */
export interface LowRankUpdate {
  /** A, shape (r, inputs). */
  readonly down: Parameter;
  /** B, shape (outputs, r). */
  readonly up: Parameter;
  /** α / r, or α / √r. */
  readonly scale: number;
}

/** What an adapter changes, by names of weights. */
export interface Adapter {
  /** Where it was read from. */
  readonly folder: string;
  /** The model that it was made for, as it says itself. */
  readonly base: string;
  /** Weights to be updated. */
  readonly updates: ReadonlyMap<string, LowRankUpdate>;
  /** Weights to be put in the place of the model's; a score head need not be there before. */
  readonly replacements: Parameters;
  /** Those of them that leave a weight to which the model's is tied as it is. */
  readonly alone: ReadonlySet<string>;
}

/** Settings of the kinds of adapter that are more than W + scale B A; each is empty in plain ones. */
const OTHER_KINDS = [
  "use_dora",
  "use_qalora",
  "use_bdlora",
  "lora_bias",
  "layer_replication",
  "loftq_config",
  "megatron_config",
  "corda_config",
  "lora_ga_config",
  "kasa_config",
  "velora_config",
  "monteclora_config",
  "arrow_config",
  "alora_invocation_tokens",
  "target_parameters",
  "trainable_token_indices",
];

const Alpha = z.number("must be a number");

/** They are matched with modules' names, which are short. */
function isPlainPattern(pattern: string): boolean {
  if (pattern.length > 500 || repeatsGroup(pattern)) return false;
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

/** What is taken from `adapter_config.json`; whether the other settings are plain is looked at by name. */
const ConfigSchema = z.looseObject({
  peft_type: z.string("must be text"),
  base_model_name_or_path: z.string("must be text").nullish(),
  bias: z.string("must be text").nullish(),
  lora_alpha: Alpha,
  alpha_pattern: z.record(z.string(), Alpha, "must be an object").refine(
    (patterns) => Object.keys(patterns).every(isPlainPattern),
    "must have plain patterns of modules' names, in which no group is repeated",
  ).nullish(),
  use_rslora: z.boolean("must be true or false").nullish(),
  ensure_weight_tying: z.boolean("must be true or false").nullish(),
  modules_to_save: z.array(z.string("must be text"), "must be a list").nullish(),
}, "must be an object");

/** An adapter's settings. */
type Config = z.infer<typeof ConfigSchema>;

/** Ways to draw A and B that leave the model's weights as they are. */
const INITIALISATIONS = [undefined, null, true, false, "gaussian", "orthogonal", "eva"];

/**
 * Opens an adapter.
 *
 * @param folder holds `adapter_config.json` and `adapter_model.safetensors`.
 * @returns the adapter; throws a {@linkcode UserError} where a file is missing or broken, or the adapter is no plain LoRA.
 */
export function readAdapter(folder: string): Adapter {
  const config = readConfig(folder);
  const { parameters } = readSafetensors(join(folder, "adapter_model.safetensors"));
  const [downs, ups] = [new Map<string, Parameter>(), new Map<string, Parameter>()];
  const replacements: Parameter[] = [];
  for (const parameter of parameters.values()) {
    const path = decoderName(parameter.name.replace(/^base_model\.model\./, ""));
    if (parameter.problem !== undefined) throw broken(folder, parameter.problem);
    if (OF_IMAGES.test(path)) continue; // changes nothing of how text is read
    const [, module, matrix] = /^(.+)\.lora_([AB])(?:\.default)?\.weight$/.exec(path) ?? [];
    if (module !== undefined) (matrix === "A" ? downs : ups).set(module, parameter);
    else if (/lora_|trainable_tokens/.test(path)) {
      throw otherKind(folder, `it holds "${parameter.name}"`);
    } else if (!path.includes(".original_module.")) {
      const name = path.replace(/\.modules_to_save(\.default)?\.|\.base_layer\./, ".");
      replacements.push(renamed(parameter, name));
    }
  }
  if (downs.size + ups.size + replacements.length === 0) {
    throw new UserError(
      `Cannot load the adapter "${folder}": it must change how text is read, but it holds ${
        parameters.size === 0 ? "nothing" : "changes for images alone"
      }`,
      "Choose an adapter that was trained on text, or the model without one.",
    );
  }
  const updates = [...downs].map(([module, down]): [string, LowRankUpdate] => {
    const up = ups.get(module);
    if (up?.shape[1] !== down.shape[0]) {
      throw broken(
        folder,
        `A and B of "${module}" must fit, got ${show(down.shape)}, ${show(up?.shape)}`,
      );
    }
    return [`${module}.weight`, { down, up, scale: scaleOf(config, module, down.shape[0]) }];
  });
  return {
    folder,
    base: `${config.base_model_name_or_path}`,
    updates: new Map(updates),
    replacements: parametersOf(replacements),
    alone: new Set(
      config.ensure_weight_tying ? [] : [EMBEDDING, OUTPUT].filter((weight) => {
        const module = weight.replace(/\.weight$/, "");
        return config.modules_to_save?.some((end) => `.${module}`.endsWith(`.${end}`));
      }),
    ),
  };
}

/** Parts of models beside a decoder that look at images. */
const OF_IMAGES =
  /^(model\.)?(vision_tower|vision_model|visual|multi_modal_projector|embed_vision)\./;

/** A decoder's name of a weight, from those under which it goes beside a vision tower, or without anything on top. */
function decoderName(path: string): string {
  return path
    .replace(
      /^(model\.language_model\.|language_model\.model\.|language_model\.(?!lm_head))/,
      "model.",
    )
    .replace(/^language_model\.(?=lm_head)/, "")
    .replace(/^(?=(layers|embed_tokens|norm)\.)/, "model.");
}

/**
 * A model's weights with an adapter's changes, made as the values are read.
 *
 * @param parameters the model's; those of a language model without {@linkcode OUTPUT} have the embeddings for it.
 * @param adapter what to change.
 * @param speaks whether the model is a language model; if not, changes of output weights are left out.
 * @returns the changed weights, with {@linkcode OUTPUT} where that is no longer the embeddings; throws a {@linkcode UserError} where
 * the adapter was made for another model.
 */
export function applyAdapter(
  parameters: Parameters,
  adapter: Adapter,
  speaks: boolean = true,
): Parameters {
  const changed = new Map(parameters);
  const isTied = speaks && !parameters.has(OUTPUT);
  if (isTied) changed.set(OUTPUT, renamed(parameters.get(EMBEDDING)!, OUTPUT));
  const twins = new Map([[EMBEDDING, OUTPUT], [OUTPUT, EMBEDDING]]);
  const isLost = (name: string) => name === OUTPUT && !speaks;
  let splits = false; // whether embeddings and output become two
  for (const [name, replacement] of adapter.replacements) {
    if (isLost(name)) continue;
    const { shape } = replacement;
    // a head is new to a language model, and has as many rows as there are labels
    const own = name === SCORE
      ? [shape[0], parameters.get(EMBEDDING)!.shape[1]]
      : changed.get(name)?.shape;
    refuseMisfit(adapter, name, shape, own);
    changed.set(name, replacement);
    const twin = isTied ? twins.get(name) : undefined;
    if (twin === undefined) continue;
    if (adapter.alone.has(name)) splits = true;
    else if (!adapter.alone.has(twin)) changed.set(twin, renamed(replacement, twin));
  }
  for (const [name, update] of adapter.updates) {
    if (isLost(name)) continue;
    const weight = changed.get(name);
    refuseMisfit(adapter, name, [update.up.shape[0], update.down.shape[1]], weight?.shape);
    changed.set(name, updated(weight!, update));
    if (name === OUTPUT) splits = true;
  }
  if (isTied && !splits) changed.delete(OUTPUT);
  return changed;
}

/** What our decoders may have: another model of the same kind may have what one has not. */
const DECODER_WEIGHT =
  /^(model\.(layers\.\d+\.(self_attn|mlp|\w+norm)|embed_tokens|norm)|lm_head)\b/;

/** Throws where a model's weight does not have the shape that the adapter has for it. */
function refuseMisfit(
  { folder, base }: Adapter,
  name: string,
  shape: readonly number[],
  own: readonly number[] | undefined,
): void {
  if (own?.join() === shape.join()) return;
  if ([EMBEDDING, OUTPUT].includes(name) && own?.[1] === shape[1]) {
    throw new UserError(
      `Cannot apply the adapter "${folder}": it was trained with a vocabulary of ${
        shape[0]
      } tokens, and the model has ${own[0]}`,
      "Resize the model's embeddings as in training, merge the adapter with peft's merge_and_unload(), and choose the merged model.",
    );
  }
  if (own === undefined && !DECODER_WEIGHT.test(name)) {
    throw new UserError(
      `Cannot apply the adapter "${folder}": it changes "${name}", which no decoder of ours has`,
      "Merge it into its model with peft's merge_and_unload(), and choose the merged model.",
    );
  }
  throw new UserError(
    `Cannot apply the adapter "${folder}": it needs the weight "${name}" to have shape ${
      show(shape)
    }, got ${show(own)}`,
    `Choose the model that the adapter was made for, "${base}".`,
  );
}

/** W + scale B A, block by block of W. */
function updated(weight: Parameter, { up, down, scale }: LowRankUpdate): Parameter {
  const [rank, columns] = down.shape;
  return storedParameter(weight, function* () {
    // rows of zeros make the rank a multiple of 4
    const A = new Float32Array(4 * Math.ceil(rank / 4) * columns);
    A.set(down.data);
    const B = up.data;
    let first = 0; // place of the block's first value in W
    for (const block of blocksOf(weight)) {
      for (let at = 0; at < block.length;) {
        const row = Math.floor((first + at) / columns);
        const column = (first + at) % columns;
        const part = block.subarray(at, at + columns - column); // of one row of W
        const factors = B.subarray(row * rank, (row + 1) * rank).map((b) => scale * b);
        addRows(part, A.subarray(column), columns, factors);
        at += part.length;
      }
      first += block.length;
      yield block;
    }
  });
}

/** Adds multiples of rows to `sum`: four at a time, which takes a fifth of the time of one at a time. */
function addRows(
  sum: Float32Array,
  rows: Float32Array,
  stride: number,
  factors: Float32Array,
): void {
  for (let k = 0; k < factors.length; k += 4) {
    const [a, b = 0, c = 0, d = 0] = factors.subarray(k, k + 4);
    const [i, ii, iii, iv] = [k, k + 1, k + 2, k + 3].map((row) => row * stride);
    for (let j = 0; j < sum.length; j++) {
      sum[j] += a * rows[i + j] + b * rows[ii + j] + c * rows[iii + j] + d * rows[iv + j];
    }
  }
}

/** α / r of a module; settings for some modules alone are keyed by the ends of their names. */
function scaleOf(config: Config, module: string, rank: number): number {
  const patterns = Object.entries(config.alpha_pattern ?? {});
  const own = patterns.find(([end]) => new RegExp(`^(.*\\.)?(${end})$`).test(module))?.[1];
  return Number(own ?? config.lora_alpha) / (config.use_rslora ? Math.sqrt(rank) : rank);
}

function readConfig(folder: string): Config {
  const path = join(folder, "adapter_config.json");
  const config = parseConfig(readText(path), folder);
  const { bias, init_lora_weights: initialisation } = config;
  const other = OTHER_KINDS.find((key) => !isEmpty(config[key]));
  if (other !== undefined) throw otherKind(folder, `"${other}" is set`);
  if (bias && bias !== "none") throw otherKind(folder, `"bias" is "${bias}"`);
  if (!INITIALISATIONS.some((known) => known === initialisation)) {
    throw otherKind(folder, `"init_lora_weights" is "${initialisation}"`);
  }
  return config;
}

function parseConfig(text: string, folder: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(folder, `adapter_config.json must be JSON, got ${(error as Error).message}`);
  }
  const type = { ...(value as { peft_type?: unknown } | null) }.peft_type;
  if (typeof type === "string" && type !== "LORA") { // its other settings are another kind's
    throw otherKind(folder, `"peft_type" is ${JSON.stringify(type)}`);
  }
  const read = ConfigSchema.safeParse(value);
  if (read.success) return read.data;
  throw broken(folder, `in adapter_config.json ${firstProblem(read.error, value)}`);
}

function isEmpty(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

function show(shape: readonly number[] | undefined): string {
  return shape ? `(${shape})` : "none";
}

function broken(folder: string, why: string): UserError {
  return new UserError(`Cannot load the adapter "${folder}": ${why}`, "Download it again.");
}

function otherKind(folder: string, why: string): UserError {
  return new UserError(
    `Cannot load the adapter "${folder}": it must be a plain LoRA adapter, but ${why}`,
    "Merge it into its model with peft's merge_and_unload(), and choose the merged model.",
  );
}
