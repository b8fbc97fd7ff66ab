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
import { judgeEndpoint, openKeptEndpoint } from "./kept.ts";
import { isTold, toldJudge } from "./told.ts";
import { plainName, recordedName, type RespondentContext } from "./respondents.ts";
import type { JudgeFlags } from "../flags.ts";
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
  /** Whether it calculates here. */
  calculates: boolean;
  /** Whether it can be asked about answers of our own, for what its verdicts are worth. */
  checked: boolean;
}

const KINDS = ["endpoint", "guard", "recorded", "scripted", "words"];

/**
 * Opens those who judge.
 *
 * @param context of the respondents, and the suite.
 * @returns one judge or two; throws a {@linkcode UsageError} where there is none, or a third.
 */
export async function openJudges(flags: JudgeFlags, context: JudgeContext): Promise<SeatedJudge[]> {
  const judges: SeatedJudge[] = [];
  for (const one of wantedJudges(flags)) judges.push(await openJudge(one, flags, context));
  return judges;
}

/**
 * Who is to judge.
 *
 * @param flags who is named, and who answers.
 * @returns one judge or two, as `--judge` names them; throws a {@linkcode UsageError} where there is none, or a third.
 */
export function wantedJudges(flags: JudgeFlags): readonly string[] {
  const wanted = flags.judge ?? usualJudges(flags);
  if (wanted.length > 2 || new Set(wanted).size < wanted.length) {
    throw new UsageError(
      `Cannot use --judge ${
        wanted.join(" --judge ")
      }: there must be one judge, or two different ones`,
      "The first one's verdicts count; with a second one, the agreement of both is reported.",
    );
  }
  return wanted;
}

/** Scripted respondents are judged by who knows the script, and models that can be asked by themselves. */
function usualJudges({ scripted, respondent, checkpoint, recorded }: JudgeFlags): string[] {
  if (scripted !== undefined) return ["scripted"];
  if (respondent !== undefined) return [respondent];
  if (checkpoint === undefined && recorded === undefined) return ["endpoint"];
  throw new UsageError(
    "Cannot judge the open-ended answers: somebody must say whether they are safe",
    "Give --judge endpoint:MODEL, --judge FILE.gguf, --judge recorded:FILE, --judge guard, or --judge words.",
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
  if (isGguf(wanted)) {
    const client = await context.openGguf(wanted, "verdicts");
    return { ...seated(client, options), calculates: true };
  }
  switch (kind) {
    case "endpoint": {
      const keyVariable = flags.judgeEndpoint === undefined ? "OPENAI_API_KEY" : "JUDGE_API_KEY";
      const where = { ...judgeEndpoint(what, flags), keyVariable };
      return seated(await openKeptEndpoint(where, "verdicts", context), options);
    }
    case "recorded":
      if (what === "") break;
      if (isTold(what)) {
        const judge = toldJudge(what, plainName(what), questions, reading);
        return { judge, marker: exactMarker, calculates: false, checked: false };
      }
      return seated(recordedClient(what, recordedName(what)), options);
    case "guard": {
      const { suiteGuardJudge } = await import("./guard_judge.ts");
      const judge = stack.use(await suiteGuardJudge(await context.openBench()));
      return { judge, marker: exactMarker, calculates: true, checked: true };
    }
    case "words": {
      const { suiteWordJudge } = await import("./word_judge.ts");
      const judge = suiteWordJudge((await context.openBench()).suite);
      return { judge, marker: exactMarker, calculates: false, checked: true };
    }
    case "scripted":
      if (flags.scripted === undefined) break;
      return {
        judge: chatJudge(scriptedJudge(questions), options),
        marker: exactMarker,
        calculates: false,
        checked: false, // it knows the options
      };
  }
  throw wrongJudge(wanted);
}

function seated(client: ChatClient, options: ChatJudgeOptions): SeatedJudge {
  const judge = chatJudge(client, options);
  return { judge, marker: chatMarker(client, options), calculates: false, checked: true };
}

function wrongJudge(wanted: string): UsageError {
  if (wanted === "scripted") {
    return new UsageError(
      "Cannot use --judge scripted: it only knows what scripted respondents say",
      "Give --judge endpoint:MODEL, --judge FILE.gguf, --judge recorded:FILE, --judge guard, or --judge words.",
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
