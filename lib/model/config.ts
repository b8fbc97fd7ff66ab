/**
 * The shape of a decoder, and its `config.json` in Hugging Face's terms. Llama, Qwen2, Gemma 2 and Gemma 3 are one decoder
 * with other options; a table says how each family's `config.json` names them.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../core/errors.ts";
import type { Rope } from "./rope.ts";
import { type HubConfig, Settings } from "./settings.ts";

/** A product with weights inside a block. */
export type Projection =
  | `self_attn.${"q" | "k" | "v" | "o"}_proj`
  | `mlp.${"gate" | "up" | "down"}_proj`;

/** Layers that look back no further than a window, among others that see everything before them. */
export interface SlidingLayers {
  /** Tokens that a position sees, itself included. */
  window: number;
  /** For every block, whether it is such a layer. */
  layers: readonly boolean[];
  /** Rotary positions in these layers; by default as in the others. */
  rope?: Rope | undefined;
}

/**
 * A decoder. The dimensions alone make one like those that we train: a Llama decoder with as many heads for keys as for
 * queries and with embeddings tied to the output. The rest is what other families differ in.
 */
export interface DecoderConfig {
  /** Tokens in the vocabulary, V. */
  vocabSize: number;
  /** Width of the residual stream, C. */
  hiddenSize: number;
  /** Width inside the feed-forward blocks, F. */
  intermediateSize: number;
  /** Number of blocks. */
  layers: number;
  /** Attention heads, H; they must divide `hiddenSize` where there is no `headSize`. */
  heads: number;
  /** Longest input, in tokens. */
  contextLength: number;
  /** Heads of keys and values, each shared by as many neighbouring queries' heads; it must divide H. Default H. */
  keyValueHeads?: number | undefined;
  /** Width of a head, d, even. Default C / H. */
  headSize?: number | undefined;
  /** Whether the output layer is the token embeddings. Default true. */
  tied?: boolean | undefined;
  /** Projections that add a bias. Default none. */
  biased?: readonly Projection[] | undefined;
  /** Added to the mean square before its root is taken. Default 1e-5. */
  normEpsilon?: number | undefined;
  /** Added to the gains of all norms: 1 where checkpoints hold gains less 1. Default 0. */
  gainOffset?: number | undefined;
  /** Whether what attention and feed-forward write is normalised too, besides what they read. Default false. */
  outputNorms?: boolean | undefined;
  /** Whether queries and keys are normalised, each head by itself. Default false. */
  queryKeyNorms?: boolean | undefined;
  /** Rotary positions. Default base 10000. */
  rope?: Rope | undefined;
  /** Layers with a window. Default none. */
  sliding?: SlidingLayers | undefined;
  /** Factor on the products of queries and keys. Default 1 / √d. */
  attentionScale?: number | undefined;
  /** Bound that these come near to but do not pass: c tanh(x / c). Default none. */
  attentionCap?: number | undefined;
  /** The same for the logits over the vocabulary. Default none. */
  logitCap?: number | undefined;
  /** Factor on token embeddings where they enter. Default 1. */
  embeddingScale?: number | undefined;
  /** Of the gate in the feed-forward blocks; "gelu" in its approximation by tanh. Default "silu". */
  activation?: "silu" | "gelu" | undefined;
}

/** Added to the mean square before its root is taken, in what we train. */
export const NORM_EPSILON = 1e-5;

/** Base of the rotary frequencies, in what we train. */
export const ROPE_THETA = 10000;

/** No decoder has more blocks; a number beyond it is a mistake, and a list of so many weights would fill the memory. */
const MOST_LAYERS = 10_000;

/** Special tokens' ids, as the tokenizer assigns them. */
export interface SpecialTokens {
  /** Of the token that fills shorter sequences up. */
  padId: number;
  /** Of the token that begins a sequence. */
  bosId: number;
  /** Of the token that ends a sequence. */
  eosId: number;
}

/**
 * The `config.json` of a checkpoint that we trained, as `transformers` reads it.
 *
 * @param config the decoder.
 * @param architecture `LlamaForCausalLM` or `LlamaForSequenceClassification`.
 * @param tokens ids of the special tokens.
 * @returns the settings under their Hugging Face names; throws a `RangeError` where the decoder has other options than what
 * we train.
 */
export function toHubConfig(
  config: DecoderConfig,
  architecture: string,
  tokens: SpecialTokens,
): Record<string, unknown> {
  const hub = {
    architectures: [architecture],
    attention_bias: false,
    bos_token_id: tokens.bosId,
    eos_token_id: tokens.eosId,
    hidden_act: "silu",
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.contextLength,
    mlp_bias: false,
    model_type: "llama",
    num_attention_heads: config.heads,
    num_hidden_layers: config.layers,
    num_key_value_heads: config.heads,
    pad_token_id: tokens.padId,
    rms_norm_eps: NORM_EPSILON,
    rope_theta: ROPE_THETA,
    tie_word_embeddings: true,
    torch_dtype: "float32",
    vocab_size: config.vocabSize,
  };
  const written = fromHubConfig(hub, "config.json");
  for (const key of Object.keys(config) as (keyof DecoderConfig)[]) {
    if (isDeepStrictEqual(config[key], written[key])) continue;
    throw new RangeError(
      `Cannot write a checkpoint: its "${key}" must be as in what we train, got ${
        JSON.stringify(config[key])
      }`,
    );
  }
  return hub;
}

/** How a family's `config.json` is read. */
interface Family {
  /** What it may leave unsaid, besides what all families may. */
  defaults: HubConfig;
  /** The options that only some families have. */
  options(settings: Settings): Partial<DecoderConfig>;
}

const qkv: Projection[] = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];
const attention: Projection[] = [...qkv, "self_attn.o_proj"];
const feedForward: Projection[] = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];

/** All matrices of a block. */
export const ALL_PROJECTIONS: readonly Projection[] = [...attention, ...feedForward];

/** What both Gemmas share. */
const gemmaDefaults: HubConfig = {
  head_dim: 256,
  hidden_activation: "gelu_pytorch_tanh",
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  tie_word_embeddings: true,
};

function gemmaOptions(settings: Settings): Partial<DecoderConfig> {
  settings.only("hidden_activation", "gelu_pytorch_tanh");
  settings.only("use_bidirectional_attention", false);
  return {
    activation: "gelu",
    attentionScale: settings.number("query_pre_attn_scalar") ** -0.5,
    biased: settings.flag("attention_bias") ? attention : [],
    embeddingScale: Math.sqrt(settings.number("hidden_size")),
    gainOffset: 1,
    logitCap: settings.optional("final_logit_softcapping"),
    outputNorms: true,
  };
}

const families: Readonly<Record<string, Family>> = {
  llama: {
    defaults: {},
    options(settings) {
      settings.only("hidden_act", "silu");
      const biased = [
        ...settings.flag("attention_bias") ? attention : [],
        ...settings.flag("mlp_bias") ? feedForward : [],
      ];
      return { activation: "silu", biased };
    },
  },
  qwen2: {
    defaults: { max_window_layers: 28, use_sliding_window: false },
    options(settings) {
      settings.only("hidden_act", "silu");
      const first = settings.whole("max_window_layers", 0);
      const sliding = settings.flag("use_sliding_window")
        ? slidingLayers(settings, (i) => i >= first)
        : undefined;
      return { activation: "silu", biased: qkv, sliding };
    },
  },
  gemma2: {
    defaults: { ...gemmaDefaults, attn_logit_softcapping: 50, final_logit_softcapping: 30 },
    options: (settings) => ({
      ...gemmaOptions(settings),
      attentionCap: settings.optional("attn_logit_softcapping"),
      sliding: slidingLayers(settings, (i) => i % 2 === 0),
    }),
  },
  gemma3_text: {
    defaults: {
      ...gemmaDefaults,
      max_position_embeddings: 131072,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      rope_local_base_freq: 10000,
      rope_theta: 1e6,
      sliding_window_pattern: 6,
      vocab_size: 262208,
    },
    options(settings) {
      const every = settings.whole("sliding_window_pattern");
      return {
        ...gemmaOptions(settings), // without a cap on attention, which transformers leaves out too
        queryKeyNorms: true,
        sliding: {
          ...slidingLayers(settings, (i) => (i + 1) % every !== 0),
          rope: settings.rope("sliding_attention", "rope_local_base_freq"),
        },
      };
    },
  },
};

/** Layers as `layer_types` lists them; where there is no list, as the family's rule has it. */
function slidingLayers(settings: Settings, rule: (layer: number) => boolean): SlidingLayers {
  const length = settings.whole("num_hidden_layers");
  const types = settings.value("layer_types") ??
    Array.from({ length }, (_, i) => rule(i) ? "sliding_attention" : "full_attention");
  const known = ["full_attention", "sliding_attention"];
  if (!Array.isArray(types) || types.length !== length || !types.every((t) => known.includes(t))) {
    settings.refuse("layer_types", `one of "${known.join('", "')}" for each of ${length} layers`);
  }
  return {
    window: settings.whole("sliding_window"),
    layers: types.map((t) => t === "sliding_attention"),
  };
}

/**
 * Reads the settings of a decoder from a `config.json`.
 *
 * @param file the parsed file.
 * @param path where it stands, for messages.
 * @returns the decoder; throws a {@linkcode UserError} on another architecture, on an option that we do not have, or where a
 * setting is not what it must be.
 */
export function fromHubConfig(file: HubConfig, path: string): DecoderConfig {
  const given = textConfig(file);
  const { model_type: type } = given;
  if (typeof type !== "string" || !Object.hasOwn(families, type)) {
    const names = Object.keys(families).join(", ");
    throw new UserError(
      `Cannot load "${path}": the architecture must be one of ${names}, got ${
        JSON.stringify(type) ?? "none"
      }`,
      "Choose a checkpoint of one of these architectures.",
    );
  }
  const { defaults, options } = families[type];
  const settings = new Settings(
    { rms_norm_eps: 1e-6, rope_theta: 10000, ...defaults, ...given },
    path,
  );
  settings.only("quantization_config", null);
  const [heads, hiddenSize] = ["num_attention_heads", "hidden_size"].map((k) => settings.whole(k));
  const keyValueHeads = settings.optional("num_key_value_heads") ?? heads;
  const headSize = settings.optional("head_dim") ?? hiddenSize / heads;
  if (headSize % 2 !== 0) settings.refuse("head_dim", "even", headSize);
  if (heads % keyValueHeads !== 0) {
    settings.refuse("num_key_value_heads", `a divisor of ${heads} heads`);
  }
  return {
    vocabSize: settings.whole("vocab_size"),
    hiddenSize,
    intermediateSize: settings.whole("intermediate_size"),
    layers: settings.whole("num_hidden_layers", 1, MOST_LAYERS),
    heads,
    contextLength: settings.whole("max_position_embeddings"),
    keyValueHeads,
    headSize,
    tied: settings.flag("tie_word_embeddings"),
    normEpsilon: settings.number("rms_norm_eps"),
    rope: settings.rope("full_attention", "rope_theta"),
    ...options(settings),
  };
}

/** The part of a file that describes the decoder: of a Gemma 3 that also sees, the one about text. */
function textConfig(file: HubConfig): HubConfig {
  if (file.model_type !== "gemma3") return file;
  return { ...file.text_config as HubConfig | undefined, model_type: "gemma3_text" };
}

/**
 * The id with which a checkpoint's texts are filled up.
 *
 * @param file the parsed `config.json`.
 * @returns the id; undefined where the file names none.
 */
export function padIdOf(file: HubConfig): number | undefined {
  const id = textConfig(file).pad_token_id ?? file.pad_token_id;
  return typeof id === "number" ? id : undefined;
}
