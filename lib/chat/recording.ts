/**
 * A recording that grows: what it holds is answered from it, what it does not is asked, and written to it before it is
 * given. A killed run that starts again asks only what was not written: of the answers, at most those under way are lost.
 *
 * @module
 */
import { dirname } from "node:path";
import { UserError } from "../core/errors.ts";
import { fileError, makeFolder, readBytes } from "../core/files.ts";
import type { Answer, AskOptions, ChatClient, Message } from "./client.ts";
import { readRecording, type RecordedAnswer, recordedLine, requestHash } from "./recorded.ts";

/** Settings of {@linkcode recordingClient}. */
export interface RecordingOptions {
  /** Whether what was recorded by a run before may be asked again: gives the client an `askAgain`. Default false. */
  again?: boolean;
}

/** How every line that is written here begins. */
const LINE_START = '{"request":"';

/**
 * Opens a recording for more answers, or starts one. While it is open it is locked: one run at a time may add to it. The lock
 * goes with the process, however that ends.
 *
 * @param client who is asked what was not recorded; must be who answered so far. What is asked twice at the same time is asked once.
 * @param path a `.jsonl` file, which {@linkcode readRecording} reads; missing folders are made.
 * @param warn told, in one sentence, when the last line was cut short by a kill and is dropped, and of each line that was changed.
 * @param options whether recorded answers may be replaced.
 * @returns a client of the same name; disposing of it closes the file. Opening throws a {@linkcode UserError} where the file is
 * locked, not a recording, or of somebody else's answers; an answer that cannot be written is not given. What is written is
 * well-formed text, so that it can be read back.
 */
export function recordingClient(
  client: ChatClient,
  path: string,
  warn: (message: string) => void,
  { again = false }: RecordingOptions = {},
): ChatClient & Disposable {
  const file = openLocked(path);
  const old = new Set<string>(); // requests whose answers are from a run before
  const answers = new Map<string, Promise<Answer>>();
  try {
    mendEnd(file, path, warn);
    const changed = (line: number) =>
      warn(
        `Line ${line} of "${path}" was changed since it was written; its question is asked again.`,
      );
    const recorded = file.statSync().size === 0 ? [] : readRecording(path, changed);
    for (const { request, answer, by } of recorded) {
      if (by !== undefined && by !== client.name) throw otherName(path, client.name, by);
      answers.set(request, Promise.resolve(answer));
      old.add(request);
    }
  } catch (error) {
    file.close();
    throw error;
  }

  const record = (messages: readonly Message[], options: AskOptions, replaces: boolean) => {
    const request = requestHash(messages, options);
    const before = answers.get(request);
    old.delete(request);
    const asked = client.ask(messages, options).then((answer) => {
      append(file, path, {
        request,
        answer,
        by: client.name,
        ...replaces && { again: true },
      });
      return { ...answer, text: answer.text.toWellFormed() };
    });
    answers.set(request, asked);
    asked.catch(() => { // so that it may be asked again
      if (before === undefined) answers.delete(request);
      else answers.set(request, before);
    });
    return asked;
  };
  return {
    name: client.name,
    ask: (messages, options) =>
      answers.get(requestHash(messages, options)) ?? record(messages, options, false),
    ...again && {
      askAgain: (messages: readonly Message[], options: AskOptions) =>
        old.has(requestHash(messages, options))
          ? record(messages, options, true)
          : Promise.resolve(undefined),
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function openLocked(path: string): Deno.FsFile {
  if (path.endsWith(".gz")) {
    throw new UserError(
      `Cannot record to "${path}": only a plain file can grow`,
      "Drop the ending .gz; compress the recording when it is whole.",
    );
  }
  makeFolder(dirname(path));
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { append: true, create: true });
  } catch (error) {
    throw fileError("record to", path, error);
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new UserError(
    `Cannot record to "${path}": another run is recording to it`,
    "Wait until it ends, or record to another file.",
  );
}

/** Ends the last line: one that a kill cut short is cut off; one that lacks only the line break gets it. */
function mendEnd(file: Deno.FsFile, path: string, warn: (message: string) => void): void {
  const bytes = readBytes(path);
  const end = bytes.lastIndexOf(10) + 1;
  const last = new TextDecoder().decode(bytes.subarray(end));
  if (last === "") return;
  if (isJson(last)) return write(file, "\n");
  // of another file than a recording, nothing may be cut off: the reader says what is wrong with it
  if (!last.startsWith(LINE_START) && !LINE_START.startsWith(last)) return;
  file.truncateSync(end);
  warn(`The last line of "${path}" was half written; it is dropped, and its question asked again.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Adds a whole line and has it on the disk, or leaves the file as it was. */
function append(file: Deno.FsFile, path: string, recorded: RecordedAnswer): void {
  const { size } = file.statSync();
  try {
    write(file, recordedLine(recorded));
    file.syncDataSync();
  } catch (error) {
    file.truncateSync(size);
    throw fileError("record to", path, error);
  }
}

function write(file: Deno.FsFile, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}

function otherName(path: string, name: string, by: string): UserError {
  return new UserError(
    `Cannot record to "${path}": its answers must be by "${name}", got "${by}"`,
    "Record each model to a file of its own.",
  );
}
