/**
 * An end by SIGINT (Ctrl-C) or SIGTERM: what would be left behind is undone, one sentence is said, and the exit code is 130 or
 * 143, as of a shell. Work that is kept for the next run stays.
 *
 * @module
 */

/** What is undone at such an end, the latest first; the signal may come at any time, so that no function can be handed it. */
const pending: (() => void)[] = [];

/**
 * Has something undone if the process is interrupted.
 *
 * @param undo what to do; must not wait for anything.
 * @returns disposing of it lets go of it without doing it.
 */
export function onInterruption(undo: () => void): Disposable {
  pending.push(undo);
  return {
    [Symbol.dispose]() {
      const at = pending.indexOf(undo);
      if (at >= 0) pending.splice(at, 1);
    },
  };
}

/** What a first Ctrl-C says and a second does, where a first one is not to end the process at once. */
let secondInterrupt: { first: string; second: () => Promise<void> } | undefined;

/** A second Ctrl-C counts as one within so many milliseconds; without it the process ends. */
const SECOND = 5000;

/**
 * Has a first Ctrl-C say what a second one does; without a second one the process ends as always.
 *
 * @param choice what is said, and what is done then, before the process ends.
 * @returns disposing of it has the first one end the process again.
 */
export function onSecondInterrupt(
  choice: { first: string; second: () => Promise<void> },
): Disposable {
  secondInterrupt = choice;
  return {
    [Symbol.dispose]() {
      if (secondInterrupt === choice) secondInterrupt = undefined;
    },
  };
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * From now on, ends the process cleanly when it is interrupted.
 *
 * @param say told so, in one sentence.
 */
export function endOnInterruption(say: (message: string) => void): void {
  for (const [signal, code] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
    if (Deno.build.os === "windows" && signal !== "SIGINT") continue;
    const end = () => {
      for (const undo of pending.splice(0).reverse()) {
        try {
          undo();
        } catch {
          // the others are undone all the same; what is left is swept by the next run
        }
      }
      if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[2K"));
      say(`Stopped by ${signal}; what was finished is kept for the next run.`);
      Deno.exit(code);
    };
    let interrupted = false;
    Deno.addSignalListener(signal, async () => {
      if (signal !== "SIGINT" || secondInterrupt === undefined) return end();
      if (interrupted) {
        await secondInterrupt.second().catch(({ message }: Error) => say(message));
        return end();
      }
      interrupted = true;
      say(secondInterrupt.first);
      setTimeout(end, SECOND);
    });
  }
}
