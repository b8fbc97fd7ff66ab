import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { type DecoderConfig, fromHubConfig, toHubConfig } from "./config.ts";
import { ropeFrequencies } from "./rope.ts";

/** What the `config.json` of google/gemma-2-2b says of its decoder. */
const gemma2 = {
  architectures: ["Gemma2ForCausalLM"],
  attention_bias: false,
  attn_logit_softcapping: 50.0,
  final_logit_softcapping: 30.0,
  head_dim: 256,
  hidden_act: "gelu_pytorch_tanh",
  hidden_activation: "gelu_pytorch_tanh",
  hidden_size: 2304,
  intermediate_size: 9216,
  max_position_embeddings: 8192,
  model_type: "gemma2",
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10000.0,
  sliding_window: 4096,
  vocab_size: 256000,
};

/** What that of google/gemma-3-4b-it says of its text part: no heads, no vocabulary. */
const gemma3 = {
  architectures: ["Gemma3ForConditionalGeneration"],
  model_type: "gemma3",
  text_config: {
    hidden_size: 2560,
    intermediate_size: 10240,
    model_type: "gemma3_text",
    num_hidden_layers: 34,
    rope_scaling: { factor: 8.0, rope_type: "linear" },
    sliding_window: 1024,
  },
};

/** What that of meta-llama/Llama-3.2-1B says of its decoder. */
const llama = {
  attention_bias: false,
  head_dim: 64,
  hidden_act: "silu",
  hidden_size: 2048,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  model_type: "llama",
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: "llama3",
  },
  rope_theta: 500000.0,
  tie_word_embeddings: true,
  vocab_size: 128256,
};

/** What that of Qwen/Qwen2.5-7B says of its decoder. */
const qwen2 = {
  hidden_act: "silu",
  hidden_size: 3584,
  intermediate_size: 18944,
  max_position_embeddings: 131072,
  max_window_layers: 28,
  model_type: "qwen2",
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 131072,
  tie_word_embeddings: false,
  use_sliding_window: false,
  vocab_size: 152064,
};

/** Settings that are given, without those that are undefined. */
const given = (config: DecoderConfig) =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));

Deno.test("fromHubConfig() reads Gemma 2 as its authors describe it", () => {
  const { sliding, ...rest } = given(fromHubConfig(gemma2, "config.json"));
  assert.deepEqual(rest, {
    vocabSize: 256000,
    hiddenSize: 2304,
    intermediateSize: 9216,
    layers: 26,
    heads: 8,
    contextLength: 8192,
    keyValueHeads: 4,
    headSize: 256,
    tied: true,
    normEpsilon: 1e-6,
    rope: { theta: 10000 },
    activation: "gelu",
    attentionScale: 1 / 16,
    attentionCap: 50,
    logitCap: 30,
    biased: [],
    embeddingScale: 48,
    gainOffset: 1,
    outputNorms: true,
  });
  const layers = Array.from({ length: 26 }, (_, i) => i % 2 === 0);
  assert.deepEqual(sliding, { window: 4096, layers });
});

Deno.test("fromHubConfig() reads the text part of a Gemma 3 that also sees, whose file says little", () => {
  const config = fromHubConfig(gemma3, "config.json");
  const { heads, keyValueHeads, headSize, vocabSize, rope, sliding } = config;
  assert.deepEqual([heads, keyValueHeads, headSize, vocabSize], [8, 4, 256, 262208]);
  assert.deepEqual(rope, { theta: 1e6, scaling: { type: "linear", factor: 8 } });
  assert.deepEqual([sliding!.window, sliding!.rope], [1024, { theta: 10000 }]);
  const wide = sliding!.layers.flatMap((slides, i) => slides ? [] : [i]);
  assert.deepEqual(wide, [5, 11, 17, 23, 29]);
  assert.deepEqual([config.attentionCap, config.logitCap], [undefined, undefined]);
});

Deno.test("fromHubConfig() reads Gemma 3's rotary positions where each kind of layer has its own", () => {
  const text_config = {
    ...gemma3.text_config,
    rope_scaling: undefined,
    rope_parameters: {
      full_attention: { factor: 4, rope_theta: 2e6, rope_type: "linear" },
      sliding_attention: { rope_theta: 20000, rope_type: "default" },
    },
  };
  const { rope, sliding } = fromHubConfig({ ...gemma3, text_config }, "config.json");
  assert.deepEqual(rope, { theta: 2e6, scaling: { type: "linear", factor: 4 } });
  assert.deepEqual(sliding!.rope, { theta: 20000 });
});

Deno.test("fromHubConfig() reads Llama 3.2 and Qwen2.5", () => {
  const { rope, headSize, biased } = fromHubConfig(llama, "config.json");
  assert.deepEqual(rope, {
    theta: 500000,
    scaling: { type: "llama3", factor: 32, lowTurns: 1, highTurns: 4, originalLength: 8192 },
  });
  assert.deepEqual([headSize, biased], [64, []]);
  const qwen = fromHubConfig(qwen2, "config.json");
  assert.deepEqual([qwen.headSize, qwen.tied, qwen.sliding], [128, false, undefined]);
  assert.deepEqual(qwen.biased, ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]);
});

Deno.test("fromHubConfig() refuses what it does not know, by name", () => {
  const yarn = { factor: 4.0, original_max_position_embeddings: 32768, type: "yarn" };
  const bad: [Record<string, unknown>, string][] = [
    [
      { model_type: "mistral" },
      'the architecture must be one of llama, qwen2, gemma2, gemma3_text, got "mistral"',
    ],
    [
      { ...llama, model_type: "toString" },
      'the architecture must be one of llama, qwen2, gemma2, gemma3_text, got "toString"',
    ],
    [
      { ...gemma3, text_config: undefined },
      '"hidden_size" must be a whole number, at least 1, got undefined',
    ],
    [{ ...llama, hidden_act: "gelu" }, '"hidden_act" must be "silu", got "gelu"'],
    [
      { ...gemma2, hidden_activation: "gelu" },
      '"hidden_activation" must be "gelu_pytorch_tanh", got "gelu"',
    ],
    [
      { ...gemma2, use_bidirectional_attention: true },
      '"use_bidirectional_attention" must be false, got true',
    ],
    [
      { ...qwen2, rope_scaling: yarn },
      '"rope_type" must be "default", "linear" or "llama3", got "yarn"',
    ],
    [
      { ...qwen2, rope_scaling: { rope_type: "dynamic" } },
      '"rope_type" must be "default", "linear" or "llama3", got "dynamic"',
    ],
    [
      { ...qwen2, rope_scaling: { rope_type: "linear" } },
      '"factor" must be a positive number, got undefined',
    ],
    [
      { ...llama, quantization_config: { bits: 4 } },
      '"quantization_config" must be null, got {"bits":4}',
    ],
    [
      { ...llama, num_key_value_heads: 7 },
      '"num_key_value_heads" must be a divisor of 32 heads, got 7',
    ],
    [{ ...llama, head_dim: 63 }, '"head_dim" must be even, got 63'],
    [
      { ...llama, hidden_size: 2048.5 },
      '"hidden_size" must be a whole number, at least 1, got 2048.5',
    ],
    [
      { ...llama, tie_word_embeddings: "no" },
      '"tie_word_embeddings" must be true or false, got "no"',
    ],
    [
      { ...gemma2, num_hidden_layers: 1, layer_types: ["chunked_attention"] },
      '"layer_types" must be one of "full_attention", "sliding_attention" for each of 1 layers, got ["chunked_attention"]',
    ],
  ];
  for (const [hub, message] of bad) {
    assert.throws(() => fromHubConfig(hub, "x"), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.message, `Cannot load "x": ${message}`);
      return true;
    });
  }
});

Deno.test("toHubConfig() does not write as ours what has other options", () => {
  const tokens = { padId: 0, bosId: 1, eosId: 2 };
  const config = fromHubConfig(qwen2, "config.json");
  assert.throws(() => toHubConfig(config, "LlamaForCausalLM", tokens), {
    name: "RangeError",
    message: 'Cannot write a checkpoint: its "keyValueHeads" must be as in what we train, got 4',
  });
});

Deno.test("ropeFrequencies() lowers slow frequencies only, for Llama 3", () => {
  const scaling = {
    type: "llama3",
    factor: 8,
    lowTurns: 1,
    highTurns: 3,
    originalLength: 100,
  } as const;
  // θ = 1e8 and d = 8: frequencies 1, 1e-2, 1e-4, 1e-6 turn 15.9, 0.159, … times within 100 tokens
  const close = (found: number[], expected: number[]) =>
    found.forEach((f, i) => assert.ok(Math.abs(f / expected[i] - 1) < 1e-12));
  close(ropeFrequencies({ theta: 1e8, scaling }, 8), [1, 1e-2 / 8, 1e-4 / 8, 1e-6 / 8]);
  // 2 turns are half way between: half kept, half divided
  const originalLength = 4 * Math.PI;
  close(ropeFrequencies({ theta: 1e8, scaling: { ...scaling, originalLength } }, 2), [
    0.5 + 0.5 / 8,
  ]);
  const linear = { type: "linear", factor: 4 } as const;
  close(ropeFrequencies({ theta: 1e8, scaling: linear }, 4), [0.25, 1e-4 / 4]);
});
