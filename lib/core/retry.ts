/**
 * Doing work again that failed in a way which may pass. The loop is `p-retry`'s, which never repeats a `TypeError` of our own
 * making; who waits, and how long, is passed in, so that tests need no time.
 *
 * @module
 */
import pRetry from "p-retry";

/** Settings of {@linkcode retry}. */
export interface RetryOptions {
  /**
   * Says how long to wait before the next attempt.
   *
   * @param error what this attempt failed with.
   * @returns milliseconds; undefined where another attempt is no use.
   */
  delayAfter(error: Error): number | undefined;
  /** Waits for so many milliseconds. */
  wait(milliseconds: number): Promise<unknown>;
}

/**
 * Does work, and again for as long as its failures may pass.
 *
 * @param work what to do, told which attempt it is, from 1.
 * @param options which failures may pass, and how to wait.
 * @returns what the work gives; throws its last error.
 */
export function retry<T>(
  work: (attempt: number) => Promise<T>,
  { delayAfter, wait }: RetryOptions,
): Promise<T> {
  return pRetry(work, {
    retries: Infinity,
    minTimeout: 0, // the waiting is ours
    async shouldRetry({ error }) {
      const delay = delayAfter(error);
      if (delay === undefined) return false;
      await wait(delay);
      return true;
    },
  });
}
