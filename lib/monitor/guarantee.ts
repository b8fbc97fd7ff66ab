/**
 * What is promised of a monitor that flags by p-values, in words.
 *
 * @module
 */
import { type Promised, promisedShare } from "../evaluation/guaranteed.ts";
import {
  type ByLength,
  type MonitorFusion,
  promisingRows,
  type SmallestPFusion,
} from "./fusion.ts";

/**
 * What stands behind a rate.
 *
 * @param fusion of the monitor.
 * @param fpr a rate that it can flag at.
 * @returns one sentence; none for lambda, of which nothing is promised.
 */
export function describeRate(fusion: MonitorFusion, fpr: number): string[] {
  if (fusion.kind === "lambda") return [];
  const { onAverage, mostly } = promiseOf(fusion, fpr);
  return [
    `Of safe conversations${fusion.byLength ? " of any length" : ""} like the ${
      rowsOf(fusion)
    } behind its p-values, at most ${
      percent(onAverage)
    }% are flagged on average (97.5% of calibrations flag at most ${
      percent(mostly)
    }%); of other kinds it may be more.`,
  ];
}

/**
 * The guarantee and its limits.
 *
 * @param fusion of the monitor.
 * @returns sentences, one a line.
 */
export function describeGuarantee(fusion: SmallestPFusion): string[] {
  const { fused, parts } = fusion.calibrated;
  return [
    "What is promised: of safe conversations exchangeable with the calibration rows, at most the share --fpr is flagged,",
    "on average over calibrations. Other kinds of safe conversations may be flagged more often.",
    `It stands on ${rowsOf(fusion)}; ${parts[0].scores.length} others calibrate the parts.`,
    ...fusion.byLength ? [describeLengths(fusion.byLength)] : [],
    ...fusion.scenes < fused.scores.length
      ? ["Rows of a scene resemble each other, so that shares vary more than the table says."]
      : [],
  ];
}

/**
 * What few rows are worth.
 *
 * @param rows how many safe rows the fused scores are to be calibrated on.
 * @param fpr a rate that they suffice for.
 * @returns one sentence.
 */
export function describeFewRows(rows: number, fpr: number): string {
  return `The guarantee will stand on ${rows} safe calibration rows, which are few: at --fpr ${fpr}, 2.5% of calibrations flag ` +
    `more than ${percent(promisedShare(rows, fpr).mostly)}% of safe conversations like them.`;
}

/**
 * What is promised at a rate.
 *
 * @param fusion of the monitor.
 * @param fpr the rate.
 * @returns shares of safe conversations exchangeable with the calibration rows; of the length with the fewest, where these are
 * calibrated apart.
 */
export function promiseOf(fusion: SmallestPFusion, fpr: number): Promised {
  return promisedShare(promisingRows(fusion), fpr);
}

function describeLengths({ cuts, fused }: ByLength): string {
  const [short, middling, long] = Object.values(fused).map(({ scores }) => scores.length);
  return `It holds for those of up to ${cuts[0]} characters (${short} of the rows), of up to ${
    cuts[1]
  } (${middling}) and of more (${long}) each.`;
}

function rowsOf({ calibrated, scenes }: SmallestPFusion): string {
  const rows = calibrated.fused.scores.length;
  return `${rows} safe calibration rows${scenes < rows ? ` of ${scenes} scenes` : ""}`;
}

const percent = (share: number) => String(Number((100 * share).toPrecision(2)));
