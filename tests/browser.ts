/**
 * A headless Chromium for tests, asked over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/): a handful of JSON
 * messages through the WebSocket that Deno has. The well-kept libraries for it are 6 to 14 MB and want to know more of the machine
 * than the tests' permissions allow.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { exists } from "../lib/core/files.ts";

/** Names under which Chromium is installed; the task `test` may run these. */
const NAMES = ["chromium", "google-chrome"];

/** The name of the Chromium that is installed here, undefined where there is none. */
export const chromium: string | undefined = NAMES.find((name) =>
  (Deno.env.get("PATH") ?? "").split(":").some((folder) => exists(join(folder, name)))
);

/** How a page is looked at. */
export interface Look {
  /** Of the window, pixels. */
  width: number;
  /** What the reader prefers. */
  scheme: "light" | "dark";
}

/** A page that has been loaded. */
export interface LoadedPage {
  /** Looks at it in another way. */
  look(how: Look): Promise<void>;
  /** What an expression in the page gives, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Errors and messages of the console so far. */
  complaints: string[];
  /** Addresses that were asked for so far, the page's own first. */
  requests: string[];
}

/** A running Chromium; disposing of it ends it. */
export interface Browser extends AsyncDisposable {
  /** Loads an address in a window of its own. */
  load(url: string): Promise<LoadedPage>;
}

const Message = z.object({
  id: z.number().optional(),
  sessionId: z.string().optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.any()).default({}),
  result: z.record(z.string(), z.any()).default({}),
  error: z.object({ message: z.string() }).optional(),
});
type Message = z.infer<typeof Message>;

/**
 * Starts Chromium.
 *
 * @param name {@linkcode chromium}.
 * @param profile an empty folder that it may write to.
 * @returns it, ready.
 */
export async function openBrowser(name: string, profile: string): Promise<Browser> {
  const child = new Deno.Command(name, {
    args: [
      "--headless",
      "--no-sandbox", // which root may not have
      "--disable-gpu",
      "--hide-scrollbars",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const connection = await connect(await addressOf(child.stderr));
  const { send, listen } = connection;
  return {
    async load(url) {
      const { targetId } = await send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      const ask = (method: string, params: object = {}) => send(method, params, sessionId);
      const [complaints, requests]: string[][] = [[], []];
      const loaded = Promise.withResolvers<void>();
      listen(sessionId, ({ method, params }) => {
        if (method === "Page.loadEventFired") loaded.resolve();
        if (method === "Network.requestWillBeSent") requests.push(params.request.url);
        if (COMPLAINTS.includes(method!)) complaints.push(JSON.stringify(params));
      });
      for (const domain of ["Page", "Network", "Runtime", "Log"]) await ask(`${domain}.enable`);
      await ask("Page.navigate", { url });
      await loaded.promise;
      return {
        complaints,
        requests,
        async look({ width, scheme }) {
          const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: false };
          await ask("Emulation.setDeviceMetricsOverride", metrics);
          const features = [{ name: "prefers-color-scheme", value: scheme }];
          await ask("Emulation.setEmulatedMedia", { features });
        },
        async evaluate(expression) {
          const params = { expression, returnByValue: true };
          const { result, exceptionDetails } = await ask("Runtime.evaluate", params);
          if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
          return result.value;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await send("Browser.close");
      await child.status;
    },
  };
}

/** Events that a page which is as it should be never has. */
const COMPLAINTS = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"];

/** Where Chromium listens, which it says on standard error; what it says after that is passed over. */
async function addressOf(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const said = stderr.pipeThrough(new TextDecoderStream());
  let text = "";
  let address: string | undefined;
  for await (const part of said.values({ preventCancel: true })) {
    text += part;
    address = /listening on (ws:\S+)\s/.exec(text)?.[1];
    if (address !== undefined) break;
  }
  if (address === undefined) throw new Error(`Chromium ended before it listened: ${text}`);
  said.pipeTo(new WritableStream()); // it would wait for somebody to read it
  return address;
}

/** A connection on which commands are sent, and events of sessions are heard. */
async function connect(address: string) {
  const socket = new WebSocket(address);
  const waiting = new Map<number, PromiseWithResolvers<Message["result"]>>();
  const listeners = new Map<string, (message: Message) => void>();
  socket.onmessage = ({ data }) => {
    const message = Message.parse(JSON.parse(data));
    if (message.id === undefined) return listeners.get(message.sessionId ?? "")?.(message);
    const { resolve, reject } = waiting.get(message.id)!;
    waiting.delete(message.id);
    message.error ? reject(new Error(message.error.message)) : resolve(message.result);
  };
  await new Promise((open, fail) => [socket.onopen, socket.onerror] = [open, fail]);
  let last = 0;
  return {
    listen: (sessionId: string, listener: (message: Message) => void) =>
      void listeners.set(sessionId, listener),
    send(method: string, params: object = {}, sessionId?: string): Promise<Message["result"]> {
      const answer = Promise.withResolvers<Message["result"]>();
      waiting.set(++last, answer);
      socket.send(JSON.stringify({ id: last, method, params, ...sessionId && { sessionId } }));
      return answer.promise;
    },
  };
}
