/**
 * The thread that looks on while an input is read: whoever is in a loop cannot look at the clock.
 *
 * @module
 */
import process from "node:process";

/** Most that an input may take: processor time in seconds, as the machine may have other work, and memory in bytes. */
const LIMITS = { seconds: 2, bytes: 512 * 2 ** 20 };

/** Waiting takes no processor time; so many seconds are a hang all the same. */
const LONGEST_WAIT = 60;

const thread = self as unknown as { onmessage: (event: MessageEvent<"begun" | "ended">) => void };

let look: ReturnType<typeof setInterval> | undefined;

thread.onmessage = ({ data }) => {
  clearInterval(look);
  if (data === "begun") look = setInterval(limitsSinceNow(), 20);
};

function limitsSinceNow(): () => void {
  const [time, at, { rss }] = [processorTime(), performance.now(), Deno.memoryUsage()];
  return () => {
    if (processorTime() - time > LIMITS.seconds) {
      over(`it took more than ${LIMITS.seconds} s of processor time`);
    }
    if (Deno.memoryUsage().rss - rss > LIMITS.bytes) {
      over(`it took more than ${LIMITS.bytes / 2 ** 20} MiB`);
    }
    if ((performance.now() - at) / 1000 > LONGEST_WAIT) over(`it took more than ${LONGEST_WAIT} s`);
  };
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function over(why: string): void {
  clearInterval(look);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ over: why }) + "\n"));
}
