/**
 * The shape of a decoder, and its `config.json` in Hugging Face's terms.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";

/** A decoder of the Llama family: RMSNorm, rotary positions, SwiGLU, embeddings tied to the output. */
export interface DecoderConfig {
  /** Tokens in the vocabulary, V. */
  vocabSize: number;
  /** Width of the residual stream, C. */
  hiddenSize: number;
  /** Width inside the feed-forward blocks, F. */
  intermediateSize: number;
  /** Number of blocks. */
  layers: number;
  /** Attention heads; they must divide `hiddenSize`. */
  heads: number;
  /** Longest input, in tokens. */
  contextLength: number;
}

/** Added to the mean square before its root is taken. */
export const NORM_EPSILON = 1e-5;

/** Base of the rotary frequencies. */
export const ROPE_THETA = 10000;

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
 * The `config.json` of a checkpoint, as `transformers` reads it.
 *
 * @param config the decoder.
 * @param architecture `LlamaForCausalLM` or `LlamaForSequenceClassification`.
 * @param tokens ids of the special tokens.
 * @returns the settings under their Hugging Face names.
 */
export function toHubConfig(
  config: DecoderConfig,
  architecture: string,
  tokens: SpecialTokens,
): Record<string, unknown> {
  return {
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
}

/**
 * Reads the settings of a decoder from a `config.json` that we wrote.
 *
 * @param hub the parsed file.
 * @param path where it stands, for messages.
 * @returns the decoder; throws a {@linkcode UserError} on another architecture, or where a dimension is no number.
 */
export function fromHubConfig(hub: Record<string, unknown>, path: string): DecoderConfig {
  if (hub.model_type !== "llama") {
    throw new UserError(
      `Cannot load "${path}": the architecture must be "llama", got "${hub.model_type}"`,
      "Choose a checkpoint of a Llama decoder.",
    );
  }
  const number = (key: string) => {
    const value = hub[key];
    if (typeof value === "number") return value;
    throw new UserError(
      `Cannot load "${path}": "${key}" must be a number, got ${JSON.stringify(value)}`,
      "Remove the damaged checkpoint and train it again.",
    );
  };
  return {
    vocabSize: number("vocab_size"),
    hiddenSize: number("hidden_size"),
    intermediateSize: number("intermediate_size"),
    layers: number("num_hidden_layers"),
    heads: number("num_attention_heads"),
    contextLength: number("max_position_embeddings"),
  };
}
