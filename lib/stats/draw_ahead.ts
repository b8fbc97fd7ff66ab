/**
 * Resamples that a second thread draws while this one measures those before: of a million rows, drawing and measuring take about
 * the same time. Nothing but time depends on who draws.
 *
 * @module
 */
import { drawInto, type Draws } from "./draw.ts";

/** The fewest and the most resamples that may wait to be measured, and how much memory they should take, bytes. */
const [FEWEST, MOST, MEMORY] = [4, 64, 2 ** 26];

/** A thread that has not begun after so many milliseconds is not waited for. */
const PATIENCE = 5000;

/** Where it stands whether the second thread has begun. */
export const BEGUN = 0;

/** Where it stands how many resamples are drawn. */
export const DRAWN = 1;

/** Where it stands how many of them are taken. */
export const TAKEN = 2;

/** Stands for how many are taken when no more are wanted. */
export const OVER: number = -1;

/** What the second thread is told. All but the strata and the state is shared memory. */
export interface DrawRequest {
  /** What both threads count, at {@linkcode BEGUN}, {@linkcode DRAWN} and {@linkcode TAKEN}. */
  control: Int32Array;
  /** Resample r is written to place r modulo their number. */
  places: Uint8Array[];
  /** As {@linkcode drawInto} takes them. */
  starts: readonly number[];
  /** As {@linkcode drawInto} takes it. */
  state: Int32Array;
}

/**
 * Starts a thread that draws.
 *
 * @param starts where each stratum begins, ascending; the last entry is the number of units.
 * @param state of the generator, four words.
 * @param patience in milliseconds; where the thread has not begun by then, resamples are drawn here.
 * @returns what hands out its resamples, in order.
 */
export function drawAhead(
  starts: readonly number[],
  state: Int32Array,
  patience: number = PATIENCE,
): Draws {
  const control = new Int32Array(new SharedArrayBuffer(12));
  const units = starts.at(-1)!;
  const waiting = Math.max(FEWEST, Math.min(MOST, Math.floor(MEMORY / units)));
  const places = Array.from(
    { length: waiting },
    () => new Uint8Array(new SharedArrayBuffer(units)),
  );
  const thread = new Worker(new URL("./draw_worker.ts", import.meta.url), { type: "module" });
  thread.onerror = (event) => event.preventDefault(); // it never begins then
  thread.postMessage({ control, places, starts, state } satisfies DrawRequest);
  let taken = 0;
  let isAlone = false;
  return {
    next(counts) {
      isAlone ||= taken === 0 && Atomics.wait(control, BEGUN, 0, patience) === "timed-out";
      if (isAlone) return drawInto(counts, starts, state);
      while (Atomics.load(control, DRAWN) === taken) Atomics.wait(control, DRAWN, taken);
      counts.set(places[taken % waiting]);
      Atomics.store(control, TAKEN, ++taken);
      Atomics.notify(control, TAKEN);
    },
    [Symbol.dispose]() {
      Atomics.store(control, TAKEN, OVER);
      Atomics.notify(control, TAKEN); // a thread that waits is not ended by `terminate`, and would keep the process
      thread.terminate();
    },
  };
}
