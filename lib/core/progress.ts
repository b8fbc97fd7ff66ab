/**
 * Progress on the terminal with an estimate of what is left. Where standard error is no terminal it is silent, but for work that
 * waits for others, of which a line now and then says that it goes on.
 *
 * @module
 */
import { excerpt, visible } from "./foreign_text.ts";

/** Longest label that is shown, in UTF-16 units. */
const LABEL = 80;

/** Where long work reports how much of it is done. */
export interface Progress {
  /** Reports the share that is done, from 0 to 1. */
  update(done: number, note?: string): void;
}

/** Says how long all of the work takes that a line of progress is a part of. */
let ofWhole: ((share: number) => string) | undefined;

/**
 * Has every line of progress end with how the whole work stands. The lines are shown deep in the work, by what knows nothing of
 * the rest of it.
 *
 * @param describe says it, told which share of the present part is done, from 0 to 1.
 * @returns disposing of it ends that.
 */
export function startWhole(describe: (share: number) => string): Disposable {
  ofWhole = describe;
  return {
    [Symbol.dispose]() {
      if (ofWhole === describe) ofWhole = undefined;
    },
  };
}

/** Shows nothing. */
export const silent: Progress = { update() {} };

/**
 * Starts a progress line.
 *
 * @param label what is being done, such as `training guard 2`.
 * @returns where to report; disposing of it clears the line, even where the work throws.
 */
export function startProgress(label: string): Progress & Disposable {
  if (!Deno.stderr.isTerminal()) return { ...silent, [Symbol.dispose]() {} };
  const name = excerpt(label, LABEL);
  const started = performance.now();
  let lastShown = -Infinity;
  const show = (line: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${line}`));
  return {
    update(done, note = "") {
      const now = performance.now();
      if (now - lastShown < 100) return;
      lastShown = now;
      const left = done > 0 ? ((now - started) / 1000) * (1 / done - 1) : NaN;
      const percent = Math.floor(100 * done);
      const rest = Number.isNaN(left) ? "" : ` · ${duration(left)} left`;
      const parts = [`${name} ${percent}%${rest}`, ofWhole?.(done) ?? "", visible(note)];
      show(parts.filter((part) => part !== "").join(" · "));
    },
    [Symbol.dispose]() {
      show("");
    },
  };
}

/** Between two lines where there is no terminal, in milliseconds. */
const INTERVAL = 30_000;

/**
 * Starts progress that is told without a terminal too: a line every half minute, whether something has come in the meantime or
 * not.
 *
 * @param label what is being done.
 * @param options of tests: where the lines go, and how long it is between two, in milliseconds.
 * @returns where to report to; disposing of it ends the lines.
 */
export function startWaiting(
  label: string,
  { write, interval = INTERVAL }: { write?: (line: string) => void; interval?: number } = {},
): Progress & Disposable {
  if (write === undefined && Deno.stderr.isTerminal()) return startProgress(label);
  const print = write ??
    ((line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`)));
  const started = performance.now();
  let [share, noted] = [0, ""];
  let kept = 0; // share that was done at once, since it had been done before: it says nothing of the pace
  const timer = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    const left = share > kept ? seconds * (1 - share) / (share - kept) : undefined;
    print(
      [
        `${excerpt(label, LABEL)}: ${Math.floor(100 * share)}% after ${duration(seconds)}`,
        ...left === undefined ? [] : [`some ${duration(left)} left`],
        ...noted === "" ? [] : [visible(noted)],
      ].join(", "),
    );
  }, interval);
  Deno.unrefTimer(timer);
  return {
    update(done, note = "") {
      [share, noted] = [done, note];
      if (performance.now() - started < interval / 10) kept = done;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/**
 * A duration for people.
 *
 * @param seconds 0 or more.
 * @returns such as `8 s`, `3 min 05 s` or, from 100 minutes, `2 h 10 min`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { duration } from "./progress.ts";
 * assert.equal(duration(7.6), "8 s");
 * assert.equal(duration(185), "3 min 05 s");
 * assert.equal(duration(7800), "2 h 10 min");
 * ```
 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  const two = (count: number) => String(count).padStart(2, "0");
  if (minutes < 100) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60).toLocaleString("en")} h ${two(minutes % 60)} min`;
}
