/**
 * The names of forward passes: how a split is cut into shards, and by what each shard's signals are kept in the cache. None of it
 * needs the model itself, so that it can be said before the model is there.
 *
 * @module
 */
import { sha256 } from "../core/json.ts";
import type { Split } from "../conversation/scenes.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Device } from "../runtime/session.ts";
import { arithmeticOf, type SignalRequest } from "../signals/signal_graph.ts";
import type { Encoded } from "./encoded.ts";
import { type Shard, shardsOf } from "./shards.ts";

/** A model as its passes are named by, before it is there. */
export interface PassModel {
  /** SHA-256 of all that the model depends on. */
  readonly key: string;
  /** Its decoder. */
  readonly config: DecoderConfig;
  /** How many parameters it has. */
  readonly size: number;
  /** The model whose lower blocks are its own, too, and the request of the pass that keeps what they give. */
  readonly below?: { readonly model: PassModel; readonly request: SignalRequest };
}

/** A shard with all that what is read of it depends on. */
export type NamedShard = Shard & { parts: unknown };

/** A pass, shard by shard, before it is made. */
export interface NamedPass {
  /** In the order in which they are made. */
  shards: NamedShard[];
  /** The first block that is run. */
  first: number;
}

/**
 * Names the passes over a suite.
 *
 * @param over a split's conversations as token ids, and what calculates.
 * @returns names a model's pass over a split.
 */
export function namesOf(
  { encoded, device }: { encoded: (split: Split) => Promise<Encoded>; device: Device },
): (model: PassModel, split: Split, request: SignalRequest) => Promise<NamedPass> {
  // models of one size are cut alike: their texts are hashed once
  const cuts = new Map<string, Promise<(Shard & { tokens: string })[]>>();
  const cutAnew = async (split: Split, { config: { contextLength }, size }: PassModel) => {
    const { sequences } = await encoded(split);
    return shardsOf(sequences.map(({ length }) => length), contextLength, size).map((shard) => ({
      ...shard,
      tokens: hashOfTokens(shard.rows.map((row) => sequences[row])),
    }));
  };
  const cut = (split: Split, model: PassModel) => {
    const id = `${split} ${model.config.contextLength} ${model.size}`;
    if (!cuts.has(id)) cuts.set(id, cutAnew(split, model));
    return cuts.get(id)!;
  };

  return async (model, split, request) => {
    const { key, below } = model;
    const first = startsAbove(request, below?.request.states) ? below!.request.states! : 0;
    const shards = await cut(split, first > 0 ? below!.model : model);
    const named = shards.map(({ tokens, ...shard }) => ({
      ...shard,
      parts: {
        model: key,
        tokens,
        request,
        ...device.provider !== "cpu" && { device },
        ...first > 0 && { first },
        ...arithmeticOf(request),
      },
    }));
    return { shards: named, first };
  };
}

/** Whether a request asks for nothing of the blocks below a layer. */
function startsAbove(
  { hidden = [], states }: SignalRequest,
  layer: number | undefined,
): layer is number {
  return layer !== undefined && states === undefined && hidden.every((of) => of.layer >= layer);
}

/** SHA-256 of conversations' token ids. */
function hashOfTokens(sequences: readonly Int32Array[]): string {
  return sha256(sequences.map((sequence) => sequence.join(" ")).join("\n"));
}
