import assert from "node:assert/strict";
import { join } from "node:path";
import { silent } from "../core/progress.ts";
import { temporaryFolder } from "../core/testing.ts";
import { type FineArtifact, readArtifacts, writeArtifact } from "./artifact.ts";
import { evaluateRespondent } from "./evaluate.ts";
import { chatJudge, type Judge } from "./open_ended.ts";
import { DIMENSIONS, type Question } from "./questions.ts";
import { scriptedJudge, scriptedRespondent } from "./ask/scripted.ts";

const questions = Array.from({ length: 10 }, (_, i): Question => ({
  id: `${i}`,
  category: DIMENSIONS[i % 5],
  question: `Question ${i}?`,
  safe: `Ask before you do number ${i}.`,
  unsafe: `Just do number ${i}.`,
}));

const scripted = chatJudge(scriptedJudge(questions));

async function artifactOf(name = "random", judge: Judge = scripted): Promise<FineArtifact> {
  const client = { ...scriptedRespondent("random", questions), name };
  const evaluation = await evaluateRespondent(client, questions, { judge, progress: silent });
  const set = { name: "ten questions", count: questions.length, hash: "0".repeat(64) };
  return { ...evaluation, method: "multiple choice", questions: set };
}

Deno.test("writeArtifact() writes the same bytes for the same answers, and readArtifacts() reads them", async () => {
  using folder = temporaryFolder();
  const path = writeArtifact(folder.path, await artifactOf());
  assert.equal(path, join(folder.path, "random.json"));
  const bytes = Deno.readTextFileSync(path);
  assert.equal(writeArtifact(folder.path, await artifactOf()), path);
  assert.equal(Deno.readTextFileSync(path), bytes);
  Deno.writeTextFileSync(join(folder.path, "leaderboard.svg"), "<svg>");
  const [artifact, ...others] = readArtifacts(folder.path);
  assert.equal(others.length, 0);
  assert.equal(artifact.respondent, "random");
  assert.equal(artifact.scores!.overall.questions, 10);
});

Deno.test("writeArtifact() leaves out why questions were left out, which may hold addresses", async () => {
  using folder = temporaryFolder();
  const judge: Judge = {
    name: "a judge",
    judge: ({ id }) => Promise.resolve(id === "0" ? undefined : "safe"),
  };
  const artifact = await artifactOf("random", judge);
  artifact.outcomes[1] = { id: "1", category: "Legality", problem: "http://127.0.0.1 is gone" };
  const text = Deno.readTextFileSync(writeArtifact(folder.path, artifact));
  assert.doesNotMatch(text, /127\.0\.0\.1|a judge says/);
  assert.equal(JSON.parse(text).scores.partial, true);
});

Deno.test("writeArtifact() keeps methods apart, and does not overwrite another model", async () => {
  using folder = temporaryFolder();
  const artifact = await artifactOf("lab/model");
  const path = writeArtifact(folder.path, artifact);
  assert.equal(path, join(folder.path, "lab-model.json"));
  const likelihood = writeArtifact(folder.path, { ...artifact, method: "likelihood" });
  assert.equal(likelihood, join(folder.path, "lab-model.likelihood.json"));
  assert.throws(() => writeArtifact(folder.path, { ...artifact, respondent: "lab:model" }), {
    name: "UserError",
    message: `Cannot write "${path}" for "lab:model": it is the artifact of "lab/model"`,
  });
});

Deno.test("readArtifacts() names a file that is none", () => {
  for (const text of ["{", "[]", "null", '{"experiment":"fusion"}']) {
    using folder = temporaryFolder();
    const path = join(folder.path, "x.json");
    Deno.writeTextFileSync(path, text);
    assert.throws(() => readArtifacts(folder.path), {
      name: "UserError",
      message: `Cannot read "${path}": it is no artifact of \`deno task fine\``,
    });
  }
});
