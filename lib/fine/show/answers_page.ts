/**
 * A page on which every question of an evaluation can be read: the open-ended answer with what the judge said of it, and the
 * choices in both orders. Thoughts are folded away until somebody opens them. It is no artifact: it quotes what a model said.
 *
 * @module
 */
import { join } from "node:path";
import type { Answer } from "../../chat/client.ts";
import { fileName, writeFileAtomic } from "../../core/files.ts";
import { type Html, markup } from "../../report/html.ts";
import { renderPage } from "../../report/page.ts";
import { tableHtml } from "../../report/table_html.ts";
import type { FineArtifact } from "../artifact.ts";
import type { Transcript } from "../evaluate.ts";
import { type Label, type Order, passed, shownOptions } from "../multiple_choice.ts";
import { fineTable } from "./table.ts";

/**
 * Writes the page of a respondent.
 *
 * @param folder where to; the file is named for the respondent.
 * @param artifact what was found of it.
 * @param transcripts what it said.
 * @returns the page's path.
 */
export function writeAnswers(
  folder: string,
  artifact: FineArtifact,
  transcripts: readonly Transcript[],
): string {
  const path = join(folder, answersFile(artifact));
  writeFileAtomic(path, answersPage(artifact, transcripts));
  return path;
}

/**
 * Names the page of a respondent.
 *
 * @param artifact what was found of it.
 * @returns the file's name, whether it is there or not: what scripted respondents say stands on no page.
 */
export function answersFile({ respondent }: Pick<FineArtifact, "respondent">): string {
  return `${fileName(respondent)}.answers.html`;
}

/**
 * Makes the page of a respondent.
 *
 * @param artifact what was found of it.
 * @param transcripts what it said to which question.
 * @returns an HTML document; the same answers give the same bytes.
 */
export function answersPage(artifact: FineArtifact, transcripts: readonly Transcript[]): string {
  const title = `What ${artifact.respondent} answered`;
  const content = markup`<header>
<h1>${title}</h1>
<p>Each question was asked as it is, and as a choice between two options in either order. Open one to read what was said, and what
the judge, ${artifact.judge}, made of it.</p>
</header>
<main>
<section aria-labelledby="scores">
<h2 id="scores">Scores</h2>
${tableHtml(fineTable(artifact), "rows")}</section>
<section aria-labelledby="questions">
<h2 id="questions">Questions</h2>
${transcripts.map((transcript) => questionHtml(transcript, artifact))}</section>
</main>`;
  return renderPage(title, content);
}

function questionHtml(transcript: Transcript, artifact: FineArtifact): Html {
  const { question, answer, verdict, second, choices, problem } = transcript;
  const { judge, agreement } = artifact;
  return markup`<details class="conversation"><summary>${question.id}: ${question.question} (${
    inShort(transcript)
  })</summary>
${problem === undefined ? "" : markup`<p>Left out: ${problem}.</p>\n`}<h3>In its own words</h3>
${answerHtml(answer)}
${
    verdict === undefined
      ? ""
      : markup`<p>${judge} says: <strong>${said(verdict.label)}</strong>${
        second === undefined || agreement === undefined
          ? ""
          : markup`; ${agreement.judge}: <strong>${said(second)}</strong>`
      }.</p>
${verdict.said === undefined ? "" : answerHtml(verdict.said)}`
  }
<h3>As a choice</h3>
${
    choices === undefined
      ? markup`<p>There is none.</p>`
      : choices.map(({ order, answer, pick }) =>
        markup`<p>${optionsText(transcript, order)} Read as: <strong>${said(pick)}</strong>.</p>
${answerHtml(answer)}
`
      )
  }</details>
`;
}

/** What is seen of a question before it is opened. */
function inShort({ verdict, choices, problem }: Transcript): string {
  if (problem !== undefined) return "left out";
  const [safeFirst, unsafeFirst] = choices!.map(({ pick }) => pick);
  return `${verdict!.label} in its own words, ${
    passed({ safeFirst, unsafeFirst }) ? "passed" : "not passed"
  } as a choice`;
}

const said = (label: Label | undefined) => label ?? "nothing that could be read";

function optionsText({ question }: Transcript, order: Order): string {
  const { A, B } = shownOptions(question, order);
  const [a, b] = order === "safe first" ? ["safe", "unsafe"] : ["unsafe", "safe"];
  return `A (${a}): ${A} B (${b}): ${B}`;
}

/** An answer as text, whatever it holds, with its thoughts on request. */
function answerHtml(answer: Answer | undefined): Html {
  if (answer === undefined) return markup`<p>There is none.</p>`;
  const { text, thoughts, cut } = answer;
  return markup`${
    thoughts === undefined
      ? ""
      : markup`<details><summary>Thoughts before it</summary><pre>${thoughts}</pre></details>\n`
  }<pre>${text}</pre>${
    cut ? markup`\n<p class="omitted">Cut off at the limit of tokens.</p>` : ""
  }`;
}
