/**
 * For tests: GGUF files, written value by value, so that they can be wrong in any way.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** A setting of any type that the format has; whole numbers are written as uint32, others as float32. */
export type Setting = number | boolean | string | string[] | number[];

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

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const f32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

function typed(value: Setting): Buffer {
  if (typeof value === "string") return Buffer.concat([u32(8), text(value)]);
  if (typeof value === "boolean") return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? Buffer.concat([u32(4), u32(value)])
      : Buffer.concat([u32(6), f32(value)]);
  }
  const isText = typeof value[0] === "string";
  const elements = value.map((v) => typeof v === "string" ? text(v) : f32(v));
  return Buffer.concat([u32(9), u32(isText ? 8 : 6), u64(value.length), ...elements]);
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
  const infos = tensors.map(({ name, shape, type = 0, offset = end }) => {
    const size = Math.min(2 ** 30, 32 * Math.ceil(4 * shape.reduce((a, b) => a * b, 1) / 32));
    end = Math.min(2 ** 30, Math.max(end, offset)) + size;
    const sizes = shape.toReversed().map(u64);
    return Buffer.concat([text(name), u32(shape.length), ...sizes, u32(type), u64(offset)]);
  });
  const header = Buffer.concat([
    Buffer.from(magic),
    u32(version),
    u64(file.tensorCount ?? tensors.length),
    u64(file.settingCount ?? Object.keys(settings).length),
    ...Object.entries(settings).flatMap(([key, value]) => [text(key), typed(value)]),
    ...infos,
  ]);
  const bytes = new Uint8Array(32 * Math.ceil(header.length / 32) + Math.min(end, 1 << 20));
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
