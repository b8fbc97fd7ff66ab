/**
 * Progress on the terminal with an estimate of what is left; silent where standard error is no terminal.
 *
 * @module
 */

/** Something long that says how far it is. */
export interface Progress {
  /** Reports that `done` of the total (any unit) is done. */
  update(done: number, note?: string): void;
  /** Ends the line. */
  finish(): void;
}

/**
 * Starts a progress line.
 *
 * @param label what is being done.
 * @param total how much there is to do, in any unit.
 * @returns where to report to.
 */
export function startProgress(label: string, total: number): Progress {
  if (!Deno.stderr.isTerminal()) return { update() {}, finish() {} };
  const started = performance.now();
  let lastShown = 0;
  const show = (line: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${line}`));
  return {
    update(done, note = "") {
      const now = performance.now();
      if (now - lastShown < 100) return;
      lastShown = now;
      const left = done > 0 ? ((now - started) / 1000) * (total / done - 1) : NaN;
      const percent = Math.floor((100 * done) / total);
      show(`${label} ${percent}%${Number.isNaN(left) ? "" : ` · ${duration(left)} left`} ${note}`);
    },
    finish() {
      show("");
    },
  };
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
