/**
 * Progress on the terminal with an estimate of what is left; silent where standard error is no terminal.
 *
 * @module
 */

/** Is told how far long work has come. */
export interface Progress {
  /** Reports the share that is done, from 0 to 1. */
  update(done: number, note?: string): void;
}

/** Tells nobody. */
export const silent: Progress = { update() {} };

/**
 * Starts a progress line.
 *
 * @param label what is being done.
 * @returns where to report to; disposing of it clears the line, also where the work throws.
 */
export function startProgress(label: string): Progress & Disposable {
  if (!Deno.stderr.isTerminal()) return { ...silent, [Symbol.dispose]() {} };
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
      show(`${label} ${percent}%${Number.isNaN(left) ? "" : ` · ${duration(left)} left`} ${note}`);
    },
    [Symbol.dispose]() {
      show("");
    },
  };
}

/**
 * Says on the terminal what begins; silent where standard error is no terminal.
 *
 * @param what such as `2 of 10: fusion`.
 */
export function announce(what: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`${what}\n`));
}

/**
 * A duration for people.
 *
 * @param seconds how long.
 * @returns such as `8 s` or `3 min 05 s`.
 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
