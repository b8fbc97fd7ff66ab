/**
 * Who answers in `deno task fine`, by its flags.
 *
 * @module
 */
import { basename } from "node:path";
import type { ChatClient } from "../../chat/client.ts";
import { ggufName } from "../../chat/gguf.ts";
import { readRecording, recordedClient } from "../../chat/recorded.ts";
import { suggestName, UsageError } from "../../core/errors.ts";
import { silent } from "../../core/progress.ts";
import type { Label } from "../multiple_choice.ts";
import type { Question } from "../questions.ts";
import { type BehaviourName, BEHAVIOURS, scriptedRespondent } from "./scripted.ts";
import { namedEndpoint } from "../../chat/endpoint_flags.ts";
import { type GgufOpener, type KeepOptions, openKeptEndpoint } from "./kept.ts";
import { isTold, toldClient } from "./told.ts";

import type { RespondentFlags } from "../flags.ts";

/** What all respondents need. */
export interface RespondentContext extends KeepOptions {
  /** All questions that will be asked; scripted respondents know them. */
  questions: readonly Question[];
  /** Threads of a local model. */
  threads: number;
  /** Opens GGUF files. */
  openGguf: GgufOpener;
}

/** Someone who answers. */
export interface Respondent {
  /** Asks them. */
  client: ChatClient;
  /** Which option of every question they find likelier, safe or unsafe; only local models can tell. */
  likelier?: (questions: readonly Question[]) => Promise<(Label | undefined)[]>;
}

/** What kind of respondent the flags name. */
export type RespondentKind = "endpoint" | "respondent" | "checkpoint" | "recorded" | "scripted";

const KINDS: readonly RespondentKind[] = [
  "endpoint",
  "respondent",
  "checkpoint",
  "recorded",
  "scripted",
];

/**
 * Finds out what kind of respondent is wanted. Without a flag it is the endpoint that the environment names.
 *
 * @returns the kind; throws a {@linkcode UsageError} where it is none, or more than one.
 */
export function respondentKind(flags: RespondentFlags): RespondentKind {
  const given = KINDS.filter((kind) => flags[kind] !== undefined);
  if (given.length > 1) {
    throw new UsageError(
      `Cannot use --${given[0]} with --${given[1]}: one of them must say who answers`,
      "Run it once for each.",
    );
  }
  if (given.length === 0 && !Deno.env.get("OPENAI_BASE_URL")) {
    throw new UsageError(
      "Cannot measure fake alignment: somebody must answer",
      "Give --endpoint URL --model NAME, --respondent FILE.gguf, --checkpoint DIR, --recorded FILE, or --scripted all.",
    );
  }
  return given[0] ?? "endpoint";
}

/**
 * Opens those who answer.
 *
 * @param context questions, limits, and what closes them.
 * @returns one respondent, or several scripted ones.
 */
export async function openRespondents(
  flags: RespondentFlags,
  context: RespondentContext,
): Promise<Respondent[]> {
  const { questions } = context;
  switch (respondentKind(flags)) {
    case "endpoint": {
      const where = { ...namedEndpoint(flags), keyVariable: "OPENAI_API_KEY" };
      return [{ client: await openKeptEndpoint(where, "answers", context) }];
    }
    case "respondent":
      return [{ client: await context.openGguf(flags.respondent!, "answers", flags.model) }];
    case "checkpoint":
      return [await openCheckpoint(flags.checkpoint!, flags.model, context)];
    case "recorded":
      return [{ client: openRecorded(flags.recorded!, flags.model, questions) }];
    case "scripted":
      return behavioursOf(flags.scripted!).map((name) => ({
        client: scriptedRespondent(name, questions),
      }));
  }
}

function openRecorded(
  path: string,
  model: string | undefined,
  questions: readonly Question[],
): ChatClient {
  if (isTold(path)) return toldClient(path, model ?? plainName(path), questions);
  return recordedClient(path, model ?? recordedName(path));
}

async function openCheckpoint(
  path: string,
  name: string | undefined,
  { threads, cache, stack, say }: RespondentContext,
): Promise<Respondent> {
  const { openLocalModel } = await import("./checkpoint.ts");
  const { openLocalClient } = await import("../../chat/local.ts");
  const { likelierOptions } = await import("../likelihood.ts");
  const { model, format, session } = openLocalModel(path, { threads, cache, say });
  const client = await openLocalClient(model, format, {
    name: name ?? ggufName(path),
    maxTokens: Math.min(512, Math.floor(model.config.contextLength / 4)),
    session,
  });
  return {
    client: stack.use(client),
    likelier: (questions) =>
      likelierOptions(model, format, questions, { ...session, progress: silent }),
  };
}

/**
 * Whose answers a recording holds.
 *
 * @param path of the recording.
 * @returns who answered, where all of it is by one; else the file's name without its endings.
 */
export function recordedName(path: string): string {
  const [name, ...others] = new Set(readRecording(path).map(({ by }) => by));
  return others.length === 0 && name ? name : plainName(path);
}

/**
 * The name of a file of answers that does not say whose they are.
 *
 * @param path of the file.
 * @returns its name without its endings.
 */
export function plainName(path: string): string {
  return basename(path).replace(/\.jsonl(\.gz)?$/, "");
}

function behavioursOf(name: string): readonly BehaviourName[] {
  if (name === "all") return BEHAVIOURS;
  const found = BEHAVIOURS.find((behaviour) => behaviour === name);
  if (found) return [found];
  throw new UsageError(
    `Cannot use --scripted "${name}": there is no such respondent`,
    suggestName(name, ["all", ...BEHAVIOURS]),
  );
}
