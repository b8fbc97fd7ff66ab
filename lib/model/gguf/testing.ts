/**
 * For tests: GGUF files, written value by value, so that they can be wrong in any way.
 *
 * @module
 */
import { aligned, headerBytes, type Setting } from "./written.ts";

/** A tensor of float32 zeros, unless it says otherwise. */
export interface WrittenTensor {
  /** Its name. */
  name: string;
  /** Outermost dimension first. */
  shape: number[];
  /** Number of its element type. Default 0, float32. */
  type?: number;
  /** From where the data begin, in bytes. Default behind the one before. */
  offset?: number;
}

/** What to write, and what to write wrongly. */
export interface WrittenFile {
  /** Settings by name. */
  settings: Record<string, Setting>;
  /** Tensors in order. Default none. */
  tensors?: WrittenTensor[];
  /** Default "GGUF". */
  magic?: string;
  /** Default 3. */
  version?: number;
  /** How many tensors it says that it holds. Default as many as it does. */
  tensorCount?: bigint;
  /** How many settings. Default as many as it does. */
  settingCount?: bigint;
}

/**
 * The bytes of a file.
 *
 * @param file what to write.
 * @returns header and data, aligned to 32 bytes.
 */
export function ggufBytes(file: WrittenFile): Uint8Array<ArrayBuffer> {
  const { settings, tensors = [], magic = "GGUF", version = 3 } = file;
  let end = 0;
  const placed = tensors.map(({ name, shape, type = 0, offset = end }) => {
    const size = Math.min(2 ** 30, aligned(4 * shape.reduce((a, b) => a * b, 1)));
    end = Math.min(2 ** 30, Math.max(end, offset)) + size;
    return { name, shape, type, offset };
  });
  const header = headerBytes({
    magic,
    version,
    tensorCount: file.tensorCount ?? tensors.length,
    settingCount: file.settingCount ?? Object.keys(settings).length,
    settings,
    tensors: placed,
  });
  const bytes = new Uint8Array(header.length + Math.min(end, 1 << 20));
  bytes.set(header);
  return bytes;
}

/** Settings of the smallest llama. */
export const TINY_SETTINGS: Readonly<Record<string, Setting>> = {
  "general.architecture": "llama",
  "llama.block_count": 1,
  "llama.context_length": 16,
  "llama.embedding_length": 8,
  "llama.feed_forward_length": 4,
  "llama.attention.head_count": 2,
  "llama.attention.head_count_kv": 1,
  "llama.attention.layer_norm_rms_epsilon": 0.00001,
};

/** Its tensors. */
export const TINY_TENSORS: readonly WrittenTensor[] = [
  { name: "token_embd.weight", shape: [6, 8] },
  { name: "output_norm.weight", shape: [8] },
  { name: "blk.0.attn_norm.weight", shape: [8] },
  { name: "blk.0.attn_q.weight", shape: [8, 8] },
  { name: "blk.0.attn_k.weight", shape: [4, 8] },
  { name: "blk.0.attn_v.weight", shape: [4, 8] },
  { name: "blk.0.attn_output.weight", shape: [8, 8] },
  { name: "blk.0.ffn_norm.weight", shape: [8] },
  { name: "blk.0.ffn_gate.weight", shape: [4, 8] },
  { name: "blk.0.ffn_up.weight", shape: [4, 8] },
  { name: "blk.0.ffn_down.weight", shape: [8, 4] },
];
