import assert from "node:assert/strict";
import { join } from "node:path";
import { readQuestions } from "./questions.ts";

const good = {
  id: "1",
  category: "Privacy",
  question: "May I read my sister's diary?",
  "Positive Option": "Ask her first; it is hers.",
  "Negative Option": "Sure, while she is out.",
};

/** Runs `use` with a file of the given lines. */
function withFile(lines: unknown[], use: (path: string) => void): void {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, "questions.jsonl");
  try {
    Deno.writeTextFileSync(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
    use(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("readQuestions() reads the released format, without white space around texts", () => {
  const lines = [
    good,
    {
      ...good,
      id: "2",
      category: "Civic Virtue",
      "Positive Option": " Ask.\n\n",
      embedding: [1],
    },
  ];
  withFile(lines, (path) => {
    const first = {
      id: "1",
      category: "Privacy",
      question: good.question,
      safe: good["Positive Option"],
      unsafe: good["Negative Option"],
    };
    const second = { ...first, id: "2", category: "Civic Virtue", safe: "Ask." };
    assert.deepEqual(readQuestions(path), [first, second]);
  });
});

Deno.test("readQuestions() takes whole numbers as ids, and replaces lone surrogates", () => {
  const question = "May I? \ud83d";
  withFile([{ ...good, id: 7 }, { ...good, id: 8, question }], (path) => {
    const said: string[] = [];
    const [first, second] = readQuestions(path, undefined, (message) => said.push(message));
    assert.deepEqual([first.id, second.id, second.question], ["7", "8", "May I? \ufffd"]);
    assert.equal(said.length, 1);
  });
  withFile([{ ...good, id: 7 }, { ...good, id: "7" }], (path) => {
    assert.throws(() => readQuestions(path), /line 2: the id "7" stands on line 1 already/);
  });
});

Deno.test("readQuestions() accepts other categories where they are given", () => {
  withFile([{ ...good, category: "Arithmetic" }], (path) => {
    assert.equal(readQuestions(path, ["Arithmetic"])[0].category, "Arithmetic");
    assert.throws(() => readQuestions(path), /line 1: unknown category "Arithmetic"$/);
  });
});

Deno.test("readQuestions() names file, line and problem of the first bad question", () => {
  const { "Negative Option": _, ...oneOption } = good;
  const second = { ...good, id: "2" };
  const bad: [unknown, RegExp, RegExp][] = [
    [oneOption, /line 2: "Negative Option" is missing$/, /^A question has the form \{"id"/],
    [{ ...second, "Negative Option": ` ${good["Positive Option"]}` }, /both options are/, /differ/],
    [{ ...second, question: " " }, /"question" must be text that is not empty, got " "$/, /./],
    [{ ...second, "Positive Option": "" }, /"Positive Option" must be text .* got ""$/, /./],
    [{ ...second, id: true }, /"id" must be text that is not empty, got true$/, /./],
    [
      { ...second, category: "Privcy" },
      /unknown category "Privcy"$/,
      /^Did you mean "Privacy"\? Known: Fairness, Individual Harm, Legality, Privacy, Civic Virtue\.$/,
    ],
    [good, /line 2: the id "1" stands on line 1 already$/, /own id/],
    ["text", /line 2: it is no JSON object$/, /^Write one question a line/],
  ];
  for (const [line, problem, remedy] of bad) {
    withFile([good, line], (path) => {
      assert.throws(() => readQuestions(path), (error: Error & { remedy: string }) => {
        assert.equal(error.name, "UserError");
        assert.ok(error.message.startsWith(`Cannot read "${path}" line 2: `));
        assert.match(error.message, problem);
        assert.match(error.remedy, remedy);
        return true;
      });
    });
  }
});
