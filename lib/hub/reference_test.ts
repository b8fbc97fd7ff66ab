import assert from "node:assert/strict";
import { parseReference, referenceText } from "./reference.ts";

Deno.test("parseReference() reads repository, file and revision, and referenceText() writes them", () => {
  const known: [string, ReturnType<typeof parseReference>][] = [
    ["a/b", { repository: "a/b" }],
    ["a/b@refs/pr/1", { repository: "a/b", revision: "refs/pr/1" }],
    ["a/b:m.gguf", { repository: "a/b", file: "m.gguf" }],
    ["a-1/b.c:q/m-Q4_K.gguf@0f", { repository: "a-1/b.c", file: "q/m-Q4_K.gguf", revision: "0f" }],
  ];
  for (const [text, reference] of known) {
    assert.deepEqual(parseReference(text), reference);
    assert.equal(referenceText(reference!), text);
  }
});

Deno.test("parseReference() knows nothing of other forms", () => {
  for (
    const text of ["", "a", "a/b/c", "/a/b", "./a", "a/b:", "a/b@", "a/b:c:d", "a/b@c@d", "../a"]
  ) {
    assert.equal(parseReference(text), undefined, text);
  }
});
