/**
 * The model families as GGUF files describe them: which settings and tensors stand for what in a Hugging Face checkpoint.
 *
 * @module
 */
import type { HubConfig } from "../settings.ts";
import { unusableGguf } from "./errors.ts";
import type { Metadata } from "./metadata.ts";
import type { Conversion } from "./tensors.ts";

/** How a family's files are read. */
interface Architecture {
  /** `model_type` in `config.json`. */
  type: string;
  /** Weights of a block by their names there. */
  block: Readonly<Record<string, string>>;
  /** Of which the rows of a head are interleaved. */
  interleaved: readonly string[];
  /** What gains have added. */
  excess: number;
  /** Settings that only this family has. */
  settings(get: Getter, headSize: number): HubConfig;
}

/** Looks up a setting of the family, without the family's name before it. */
interface Getter {
  whole(key: string): number;
  optional(key: string): number | undefined;
}

const projections = {
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

const plainBlock = {
  ...projections,
  attn_norm: "input_layernorm",
  ffn_norm: "post_attention_layernorm",
};

const gemmaBlock = {
  ...projections,
  attn_norm: "input_layernorm",
  post_attention_norm: "post_attention_layernorm",
  ffn_norm: "pre_feedforward_layernorm",
  post_ffw_norm: "post_feedforward_layernorm",
};

/** The largest Gemmas alone scale attention by the width of the model a head, not by that of a head; llama.cpp tells them by their depth. */
const scaleOfGemma = (get: Getter, headSize: number, largest: number) =>
  get.whole("block_count") === largest
    ? get.whole("embedding_length") / get.whole("attention.head_count")
    : headSize;

const architectures: Readonly<Record<string, Architecture>> = {
  llama: {
    type: "llama",
    block: plainBlock,
    interleaved: ["attn_q", "attn_k"],
    excess: 0,
    settings: () => ({}),
  },
  qwen2: {
    type: "qwen2",
    block: plainBlock,
    interleaved: [],
    excess: 0,
    settings: () => ({}),
  },
  gemma2: {
    type: "gemma2",
    block: gemmaBlock,
    interleaved: [],
    excess: 1,
    settings: (get, headSize) => ({
      attn_logit_softcapping: get.optional("attn_logit_softcapping"),
      final_logit_softcapping: get.optional("final_logit_softcapping"),
      query_pre_attn_scalar: scaleOfGemma(get, headSize, 46),
      sliding_window: get.optional("attention.sliding_window"),
    }),
  },
  gemma3: {
    type: "gemma3_text",
    block: { ...gemmaBlock, attn_q_norm: "self_attn.q_norm", attn_k_norm: "self_attn.k_norm" },
    interleaved: [],
    excess: 1,
    settings: (get, headSize) => ({
      final_logit_softcapping: get.optional("final_logit_softcapping"),
      query_pre_attn_scalar: scaleOfGemma(get, headSize, 62),
      rope_local_base_freq: get.optional("rope.freq_base_swa"),
      sliding_window: get.optional("attention.sliding_window"),
    }),
  },
};

/** The factors that rotary frequencies are divided by, in the files of Llama 3.1 and later; it is no weight. */
export const ROPE_FACTORS = "rope_freqs.weight";

/** A family's way with the settings and tensors of one file. */
export interface GgufReading {
  /** The settings as a `config.json` has them. */
  readonly hub: HubConfig;
  /**
   * What a tensor becomes.
   *
   * @param name in the file.
   * @returns the conversion; throws a `UserError` where the family has no such weight.
   */
  conversion(name: string): Conversion;
}

/**
 * Finds out how a file is to be read.
 *
 * @param metadata what the file says.
 * @param shapes of its tensors by name, outermost dimension first.
 * @returns the way; throws a `UserError` where the architecture is none of ours, or a setting not what it must be.
 */
export function readingOf(
  metadata: Metadata,
  shapes: ReadonlyMap<string, readonly number[]>,
): GgufReading {
  const name = metadata.text("general.architecture");
  if (!Object.hasOwn(architectures, name)) {
    throw unusableGguf(
      metadata.path,
      `the architecture must be one of ${Object.keys(architectures).join(", ")}, got "${name}"`,
      "Choose a model of one of these architectures.",
    );
  }
  const architecture = architectures[name];
  const get: Getter = {
    whole: (key) => metadata.whole(`${name}.${key}`),
    optional: (key) => metadata.optionalNumber(`${name}.${key}`),
  };
  refuseVariants(metadata, name);
  const headSize = headSizeOf(metadata, name, get);
  return {
    hub: hubOf(metadata, name, get, headSize, shapes),
    conversion: (tensor) =>
      conversionOf(tensor, architecture, headSize) ?? refuseTensor(metadata.path, tensor, name),
  };
}

/** Mixtures of experts and encoders go by the same names. */
function refuseVariants(metadata: Metadata, name: string): void {
  const experts = metadata.optionalWhole(`${name}.expert_count`) ?? 0;
  const causal = metadata.optionalFlag(`${name}.attention.causal`) ?? true;
  if (experts === 0 && causal) return;
  throw unusableGguf(
    metadata.path,
    `it must be a plain decoder, got ${experts > 0 ? `${experts} experts` : "an encoder"}`,
    "Choose a model without them.",
  );
}

function headSizeOf(metadata: Metadata, name: string, get: Getter): number {
  const key = `${name}.attention.key_length`;
  const size = metadata.optionalWhole(key) ??
    get.whole("embedding_length") / get.whole("attention.head_count");
  for (const other of ["attention.value_length", "rope.dimension_count"]) {
    const value = get.optional(other);
    if (value === undefined || value === size) continue;
    throw unusableGguf(
      metadata.path,
      `"${name}.${other}" must be the width of a head, ${size}, got ${value}`,
      "Choose another model; heads of several widths, and positions on a part of a head, are not supported.",
    );
  }
  return size;
}

function hubOf(
  metadata: Metadata,
  name: string,
  get: Getter,
  headSize: number,
  shapes: ReadonlyMap<string, readonly number[]>,
): HubConfig {
  const { type, settings } = architectures[name];
  const scaling = metadata.optionalText(`${name}.rope.scaling.type`) ?? "none";
  const given = {
    model_type: type,
    attention_bias: type === "llama" && shapes.has("blk.0.attn_q.bias"),
    head_dim: headSize,
    hidden_size: get.whole("embedding_length"),
    intermediate_size: get.whole("feed_forward_length"),
    max_position_embeddings: get.whole("context_length"),
    mlp_bias: shapes.has("blk.0.ffn_gate.bias"),
    num_attention_heads: get.whole("attention.head_count"),
    num_hidden_layers: get.whole("block_count"),
    num_key_value_heads: get.optional("attention.head_count_kv"),
    rms_norm_eps: get.optional("attention.layer_norm_rms_epsilon"),
    rope_scaling: scaling === "none"
      ? undefined
      : { rope_type: scaling, factor: get.optional("rope.scaling.factor") },
    rope_theta: get.optional("rope.freq_base"),
    tie_word_embeddings: !shapes.has("output.weight"),
    vocab_size: shapes.get("token_embd.weight")?.[0],
    ...settings(get, headSize),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What a tensor becomes, or undefined where there is no such weight. */
function conversionOf(
  tensor: string,
  { block, interleaved, excess }: Architecture,
  headSize: number,
): Conversion | undefined {
  if (tensor === "token_embd.weight") return { name: "model.embed_tokens.weight" };
  if (tensor === "output_norm.weight") return { name: "model.norm.weight", excess };
  if (tensor === "output.weight") return { name: "lm_head.weight" };
  const [, layer, part, kind] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(tensor) ?? [];
  if (layer === undefined || !Object.hasOwn(block, part)) return undefined;
  return {
    name: `model.layers.${layer}.${block[part]}.${kind}`,
    ...interleaved.includes(part) && { interleaved: headSize },
    ...part.endsWith("norm") && { excess },
  };
}

/** A weight left out would change what the model says, without a word. */
function refuseTensor(path: string, tensor: string, architecture: string): never {
  throw unusableGguf(
    path,
    `every tensor must be known of a ${architecture} model, got "${tensor}"`,
    "Choose another file; this one is of a variant that is not supported.",
  );
}
