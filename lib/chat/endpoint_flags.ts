/**
 * The flags of every task that asks an endpoint, and the variables of the environment that stand in for them.
 *
 * @module
 */
import { UsageError } from "../core/errors.ts";
import * as flag from "../core/flag.ts";
import type { ValuesOf } from "../core/flags.ts";

/** How it is asked. */
export const ASKING_FLAGS = {
  concurrency: flag.count({
    default: 8,
    help: "requests to an endpoint at once; halved where answers do not come in time",
  }),
  timeout: flag.count({
    value: "SECONDS",
    most: 86_400,
    shown: "120, and one more for each token of the longest answer",
    help: "how long one request may take",
  }),
  maxTokens: flag.count({
    most: 1_000_000,
    help: "longest answer, in tokens; more for a model that thinks",
  }),
  askAgain: flag.choice(["unreadable"], {
    help: "what was answered in an earlier run and cannot be read is asked for once more",
  }),
};

/** Values of {@linkcode ASKING_FLAGS}. */
export type AskingFlags = ValuesOf<typeof ASKING_FLAGS>;

/** Which endpoint is asked, and how. */
export const ENDPOINT_FLAGS = {
  endpoint: flag.text({
    value: "URL",
    help: "an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1, with",
  }),
  model: flag.text({ value: "NAME", help: "the model's name there" }),
  ...ASKING_FLAGS,
};

/**
 * The endpoint that flags and environment name.
 *
 * @param flags values of {@linkcode ENDPOINT_FLAGS}; what they leave open is in `OPENAI_BASE_URL` and `OPENAI_MODEL`.
 * @returns its base URL and model; throws a {@linkcode UsageError} where one is missing.
 */
export function namedEndpoint(
  { endpoint, model }: { endpoint?: string | undefined; model?: string | undefined },
): { baseURL: string; model: string } {
  const named = (flag: string, value: string | undefined, variable: string): string => {
    const found = value ?? Deno.env.get(variable);
    if (found) return found;
    throw new UsageError(
      `Cannot ask an endpoint: --${flag} must name it, or ${variable} in the environment`,
      "Give, for instance, --endpoint http://127.0.0.1:8000/v1 --model NAME.",
    );
  };
  return {
    baseURL: named("endpoint", endpoint, "OPENAI_BASE_URL"),
    model: named("model", model, "OPENAI_MODEL"),
  };
}
