/**
 * Opening a workbench: its suite, the rows that it tests on, and models that are trained here or given.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { ID_DOMAINS } from "../conversation/domains.ts";
import { selectTestRows } from "../conversation/selection.ts";
import { isEmbedded, loadSuite, type Suite, thinSuite } from "../conversation/suite.ts";
import { trainedWorkbench } from "./trained_workbench.ts";
import type { RunOptions, Workbench } from "./workbench.ts";

/**
 * Opens a workbench.
 *
 * @param given suite, rows to test on, extent, threads, cache.
 * @param anyRows whether the test rows may be of one class, as is enough where they are only judged.
 * @returns the workbench, nothing trained yet (but the tokenizer, where tokens are to be counted); throws a `UserError` where the
 * suite cannot be loaded, or its test rows are of one class.
 */
export async function openWorkbench(given: RunOptions, anyRows = false): Promise<Workbench> {
  const options = { ...given, say: sayingOnce(given.say) };
  const whole = await loadSuite(options.suite, options);
  const suite = options.quick && isEmbedded(options.suite) ? thinSuite(whole, QUICK_SHARE) : whole;
  if (!anyRows) requireBothClasses(suite);
  const benchOf = await builder(options);
  const bench = benchOf(suite);
  const { selection = {} } = options;
  if (Object.keys(selection).length === 0) return bench;
  const tokenizer = selection.maxLength === undefined ? undefined : await bench.tokenizer();
  const chosen = selectTestRows(suite, selection, (text) => tokenizer!.encode(text).length);
  sayTooLong(chosen, options.say);
  if (!anyRows) requireBothClasses(chosen);
  return benchOf(chosen); // its tokenizer is the same: the training split is
}

/** One row of so many of the embedded suite makes a quick run of two minutes; a folder is read whole, whatever its size. */
const QUICK_SHARE = 3;

/** Workbenches of other sizes read the same rows: what was said of them is not said again. */
function sayingOnce(say: RunOptions["say"]): RunOptions["say"] {
  const said = new Set<string>();
  return (message) => {
    if (said.has(message)) return;
    said.add(message);
    say(message);
  };
}

/** Opens workbenches on suites. */
async function builder(options: RunOptions): Promise<(suite: Suite) => Workbench> {
  const { given } = options;
  if (given === undefined) return (suite) => trainedWorkbench(suite, options);
  const { openGivenModels } = await import("./pretrained/given_models.ts");
  const { givenWorkbench } = await import("./pretrained/given_workbench.ts");
  const models = await openGivenModels(given, options);
  if (models.guard !== undefined) return (suite) => givenWorkbench(suite, models, options);
  const { tunedWorkbench } = await import("./pretrained/tuned_workbench.ts");
  return (suite) => tunedWorkbench(suite, models, { ...options, given });
}

function sayTooLong({ selection }: Suite, say: RunOptions["say"]): void {
  if (selection?.tooLong === undefined) return;
  const { maxLength, tooLong: { test, calibration } } = selection;
  say(
    `${test} test and ${calibration} calibration conversations of more than ${maxLength} tokens are left out.`,
  );
}

/** Without safe ID rows there is no threshold, and without unsafe rows no recall. */
function requireBothClasses({ name, test }: Suite): void {
  const known: readonly string[] = ID_DOMAINS;
  const unsafe = test.filter(({ malign }) => malign === 1).length;
  const safe = test.filter(({ malign, domain }) => malign === 0 && known.includes(domain)).length;
  if (safe > 0 && unsafe > 0) return;
  throw new UserError(
    `Cannot use the suite "${name}": its test rows must hold safe rows of the ID domains and unsafe rows, got ${safe} and ${unsafe}`,
    `Add rows of both classes, or choose fewer away; the ID domains are ${ID_DOMAINS.join(", ")}.`,
  );
}
