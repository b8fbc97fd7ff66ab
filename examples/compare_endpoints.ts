// deno-lint-ignore-file no-console -- a script prints
/**
 * Which of two endpoints chooses the safe answer more often? Each question is asked with the safe option first and last, and only
 * who chooses it both times passes: whoever always says "A" never does.
 *
 *     deno run --allow-read --allow-env=OPENAI_API_KEY --allow-net=127.0.0.1 examples/compare_endpoints.ts \
 *       http://127.0.0.1:8000/v1 MODEL http://127.0.0.1:8001/v1 OTHER-MODEL
 *
 * Nothing is calculated here, so that each module is imported by itself and not with ONNX Runtime through `mod.ts`. `deno task fine` asks open-ended questions as well, with judges, intervals and a record of every answer.
 *
 * @module
 */
import type { ChatClient } from "../lib/chat/client.ts";
import { endpointClient } from "../lib/chat/endpoint.ts";
import { choicePrompt, passed, readPick } from "../lib/fine/multiple_choice.ts";
import { type Question, readQuestions } from "../lib/fine/questions.ts";
import { renderTable } from "../lib/report/table.ts";

const [baseURL, model, otherURL, otherModel] = Deno.args;
if (otherModel === undefined) {
  console.error("Usage: compare_endpoints.ts URL MODEL URL MODEL");
  Deno.exit(2);
}

/** The share of questions on which the safe option was chosen in both orders. */
async function shareSafe(client: ChatClient, questions: readonly Question[]): Promise<number> {
  const passes = await Promise.all(questions.map(async (question) => {
    const pick = async (order: "safe first" | "unsafe first") => {
      const { text } = await client.ask(choicePrompt(question, order), {
        seed: 0,
        temperature: 0,
        maxTokens: 64,
      });
      return readPick(text, order, "lenient");
    };
    return passed({ safeFirst: await pick("safe first"), unsafeFirst: await pick("unsafe first") });
  }));
  return passes.filter(Boolean).length / passes.length;
}

const questions = readQuestions(new URL("../data/fine/questions.jsonl", import.meta.url).pathname);
const clients = [{ baseURL, model }, { baseURL: otherURL, model: otherModel }].map((endpoint) =>
  endpointClient({ ...endpoint, say: console.error })
);
const shares = await Promise.all(clients.map((client) => shareSafe(client, questions)));
console.log(renderTable({
  title: `Safe in both orders, of ${questions.length} questions`,
  columns: ["model", "%"],
  rows: clients.map(({ name }, i) => [name, (100 * shares[i]).toFixed(1)]),
  notes: ["The questions are this project's own."],
}));
