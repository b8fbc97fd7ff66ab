/**
 * What stands around the sections of the report: what was found and how to read it, the contents, and where it comes from.
 *
 * @module
 */
import { type Html, markup } from "../report/html.ts";
import type { Section } from "../report/section.ts";
import { type JudgedClaim, runOf, type Verdict } from "./claims.ts";
import type { Artifact, Experiment } from "../experiment/experiment.ts";

/** Heads the page. */
export const TITLE = "Can a monitor notice a kind of misbehaviour that it was never trained on?";

/**
 * What was found, on what, and how to read it.
 *
 * @param judged all claims.
 * @param artifacts on the page, at least one.
 * @returns a `header` element.
 */
export function header(judged: readonly JudgedClaim[], artifacts: readonly Artifact[]): Html {
  const runs = [...new Set(artifacts.map(runOf))];
  const synthetic = artifacts.some(({ suite }) => suite.synthetic);
  return markup`<header>
<h1>${TITLE}</h1>
<p>Monitors were trained on a restricted set of conversations and tested on kinds of misbehaviour that the set does not
hold; this page shows ${counted(artifacts.length, "experiment")}. ${verdicts(judged)}</p>
${synthetic ? SYNTHETIC : ""}
<details><summary>How to read the numbers</summary>
<p>Data: ${runs.join("; ")}.${runs.length > 1 ? " The experiments are of different runs." : ""}</p>
<p>An estimate stands before its 95% interval, as in <span class="plain">19.8 [12.0, 28.1]</span>: the range in which 95% of
the estimates fell when conversations and seeds were drawn anew from those that there are. A claim <em>holds</em> where the
whole interval lies in the claimed range, and <em>does not hold</em> where all of it lies outside. Where the interval includes
a bound, it is <em>not decided by this data</em>: that is no verdict either way. In tables of recall,
bold cells are clearly above the chance level, green where that is good and orange where it is bad.</p>
</details>
</header>`;
}

const SYNTHETIC =
  markup`<p class="notice"><strong>Synthetic data.</strong> The conversations behind these numbers were
made up for this project, and its monitors are small. Directions may carry over to other data; figures do not.</p>`;

/** How the claims fared, in one sentence. */
function verdicts(judged: readonly JudgedClaim[]): string {
  const count = (verdict: Verdict) => judged.filter((one) => one.verdict === verdict).length;
  const against = count("does not hold");
  const missing = count("not evaluated");
  return `Of ${counted(judged.length, "claim")}, published and our own, ${
    count("holds")
  } hold in our data, ${against} ${against === 1 ? "does" : "do"} not, and ${
    count("not decided by this data")
  } are not decided by it${missing > 0 ? `; ${missing} could not be evaluated` : ""}.`;
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/**
 * The contents.
 *
 * @param sections of the page.
 * @returns a `nav` element with a link to each.
 */
export function contents(sections: readonly Section[]): Html {
  const items = sections.map(({ id, heading }) =>
    markup`<li><a href="#${id}">${heading}</a></li>\n`
  );
  return markup`<nav aria-label="Contents">
<details><summary>Contents</summary>
<ul>
${items}</ul>
</details>
</nav>`;
}

/**
 * Where the page comes from.
 *
 * @param missing experiments that have no artifact.
 * @returns a `footer` element.
 */
export function footer(missing: readonly Experiment[]): Html {
  const names = missing.map(({ name }) => name).join(", ");
  return markup`<footer>
${missing.length > 0 ? markup`<p>Not run: ${names}.</p>` : ""}
<p>Made by <code>deno task report</code> from the artifacts beside this page; the same artifacts give the same page to the
last byte. <code>deno task verify</code> makes the artifacts again and compares them.</p>
<p>The claims are those of “Benchmarking and Improving Monitors for Out-Of-Distribution Alignment Failure in LLMs”
(<a href="https://arxiv.org/abs/2605.21602">arXiv 2605.21602</a>) and “Fake Alignment: Are LLMs Really Aligned Well?”
(<a href="https://arxiv.org/abs/2311.05915">arXiv 2311.05915</a>).</p>
</footer>`;
}
