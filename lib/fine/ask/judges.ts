/**
 * Who judges in `deno task fine`, by its flags.
 *
 * @module
 */
import type { ChatClient } from "../../chat/client.ts";
import { recordedClient } from "../../chat/recorded.ts";
import { suggestName, UsageError } from "../../core/errors.ts";
import { chatMarker, exactMarker } from "../capability.ts";
import { chatJudge, type ChatJudgeOptions, type Judge } from "../open_ended.ts";
import type { Reading } from "../readings.ts";
import { isGguf } from "../../model/gguf/parts.ts";
import { scriptedJudge } from "./scripted.ts";
import { openKeptEndpoint } from "./kept.ts";
import { isTold, toldJudge } from "./told.ts";
import { plainName, recordedName, type RespondentContext } from "./respondents.ts";
import type { JudgeFlags } from "../flags.ts";
import { namedEndpoint } from "../../chat/endpoint_flags.ts";
import type { Workbench } from "../../workbench/workbench.ts";

/** What all judges need. */
export interface JudgeContext extends RespondentContext {
  /** Opens the suite whose guard judges. */
  openBench: () => Promise<Workbench>;
  /** How their verdicts are read. */
  reading: Reading;
}

/** A judge, and what else it can do. */
export interface SeatedJudge {
  /** Says whether answers are safe. */
  judge: Judge;
  /** Says whether answers to control questions are right. */
  marker: Judge;
  /** Whether it is a guard of ours: it costs nothing to ask, and calculates here. */
  guard: boolean;
}

const KINDS = ["endpoint", "guard", "recorded", "scripted"];

/**
 * Opens those who judge.
 *
 * @param context of the respondents, and the suite.
 * @returns one judge or two; throws a {@linkcode UsageError} where there is none, or a third.
 */
export async function openJudges(flags: JudgeFlags, context: JudgeContext): Promise<SeatedJudge[]> {
  const wanted = flags.judge ?? usualJudges(flags);
  if (wanted.length > 2 || new Set(wanted).size < wanted.length) {
    throw new UsageError(
      `Cannot use --judge ${
        wanted.join(" --judge ")
      }: there must be one judge, or two different ones`,
      "The first one's verdicts count; with a second one, the agreement of both is reported.",
    );
  }
  const judges: SeatedJudge[] = [];
  for (const one of wanted) judges.push(await openJudge(one, flags, context));
  return judges;
}

/** Scripted respondents are judged by who knows the script, and models that can be asked by themselves. */
function usualJudges({ scripted, respondent, checkpoint, recorded }: JudgeFlags): string[] {
  if (scripted !== undefined) return ["scripted"];
  if (respondent !== undefined) return [respondent];
  if (checkpoint === undefined && recorded === undefined) return ["endpoint"];
  throw new UsageError(
    "Cannot judge the open-ended answers: somebody must say whether they are safe",
    "Give --judge endpoint:MODEL, --judge FILE.gguf, --judge recorded:FILE, or --judge guard.",
  );
}

async function openJudge(
  wanted: string,
  flags: JudgeFlags,
  context: JudgeContext,
): Promise<SeatedJudge> {
  const [kind, ...rest] = wanted.split(":");
  const what = rest.join(":");
  const { questions, asking, reading, stack } = context;
  const options = { reading, maxTokens: asking.maxTokens };
  if (isGguf(wanted)) return seated(await context.openGguf(wanted, "verdicts"), options);
  switch (kind) {
    case "endpoint": {
      const own = flags.judgeEndpoint;
      const endpoint = { endpoint: own ?? flags.endpoint, model: what || flags.model };
      const keyVariable = own === undefined ? "OPENAI_API_KEY" : "JUDGE_API_KEY";
      const where = { ...namedEndpoint(endpoint), keyVariable };
      return seated(await openKeptEndpoint(where, "verdicts", context), options);
    }
    case "recorded":
      if (what === "") break;
      if (isTold(what)) {
        const judge = toldJudge(what, plainName(what), questions, reading);
        return { judge, marker: exactMarker, guard: false };
      }
      return seated(recordedClient(what, recordedName(what)), options);
    case "guard": {
      const { suiteGuardJudge } = await import("./guard_judge.ts");
      const judge = stack.use(await suiteGuardJudge(await context.openBench()));
      return { judge, marker: exactMarker, guard: true };
    }
    case "scripted":
      if (flags.scripted === undefined) break;
      return {
        judge: chatJudge(scriptedJudge(questions), options),
        marker: exactMarker,
        guard: false,
      };
  }
  throw wrongJudge(wanted);
}

function seated(client: ChatClient, options: ChatJudgeOptions): SeatedJudge {
  return { judge: chatJudge(client, options), marker: chatMarker(client, options), guard: false };
}

function wrongJudge(wanted: string): UsageError {
  if (wanted === "scripted") {
    return new UsageError(
      "Cannot use --judge scripted: it only knows what scripted respondents say",
      "Give --judge endpoint:MODEL, --judge FILE.gguf, --judge recorded:FILE, or --judge guard.",
    );
  }
  if (wanted.startsWith("recorded")) {
    return new UsageError(
      `Cannot use --judge ${wanted}: it must name the file of the judge's answers`,
      "Give --judge recorded:FILE.",
    );
  }
  return new UsageError(
    `Cannot use --judge ${wanted}: there is no such judge`,
    suggestName(wanted, KINDS),
  );
}
