/**
 * Requests that are answered out of a forward pass which serves several experiments.
 *
 * @module
 */
import type { SignalRequest } from "../signals/signal_graph.ts";
import type { Signals } from "../signals/signals.ts";

/**
 * Whether a request asks for nothing that another does not.
 *
 * @param wide the other.
 * @param request the one.
 * @returns true where the other's signals hold all that is asked for.
 */
export function covers(
  wide: SignalRequest,
  { guard, nll, tokens, hidden = [] }: SignalRequest,
): boolean {
  return (wide.guard || !guard) && (wide.nll || !nll) && (wide.tokens || !tokens) &&
    hidden.every((state) => placeOf(state, wide) >= 0);
}

type State = NonNullable<SignalRequest["hidden"]>[number];

function placeOf({ layer, pooling }: State, { hidden = [] }: SignalRequest): number {
  return hidden.findIndex((state) => state.layer === layer && state.pooling === pooling);
}

/**
 * What was asked for, out of what was read.
 *
 * @param found signals of a request that covers the one asked.
 * @param wide that request.
 * @param request what was asked for.
 * @returns its signals.
 */
export function pick(found: Signals, wide: SignalRequest, request: SignalRequest): Signals {
  const { guard, nll, tokenNll, entropy } = found;
  return {
    hidden: (request.hidden ?? []).map((state) => found.hidden[placeOf(state, wide)]),
    ...request.guard && { guard: guard! },
    ...request.nll && { nll: nll! },
    ...request.tokens && { tokenNll: tokenNll!, entropy: entropy! },
  };
}
