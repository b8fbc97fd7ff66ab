/** Flags of the tasks that run experiments. @module */
import type { ParseArgsOptionsConfig } from "node:util";
import { RUN_FLAGS, RUN_HELP } from "../experiment/flags.ts";

/** {@linkcode RUN_FLAGS}, which experiments, and for whom to print. */
export const EXPERIMENT_FLAGS = {
  ...RUN_FLAGS,
  only: { type: "string" },
  json: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

/**
 * The text that `--help` shows for {@linkcode EXPERIMENT_FLAGS}.
 *
 * @param names of the experiments that there are.
 * @returns lines.
 */
export function experimentHelp(names: readonly string[]): string {
  return `${RUN_HELP}
  --only NAME,…        some experiments only: ${names.join(", ")}
  --json               instead of tables, one JSON document at the end, for machines`;
}
