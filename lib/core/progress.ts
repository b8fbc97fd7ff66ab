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
      show(`${name} ${percent}%${rest} ${visible(note)}`);
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
 * Says on the terminal what begins; silent where standard error is no terminal.
 *
 * @param what such as `2 of 10: fusion`.
 */
export function announce(what: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`${excerpt(what)}\n`));
}

/**
 * A duration for people.
 *
 * @param seconds 0 or more.
 * @returns such as `8 s` or `3 min 05 s`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { duration } from "./progress.ts";
 * assert.equal(duration(7.6), "8 s");
 * assert.equal(duration(185), "3 min 05 s");
 * ```
 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
