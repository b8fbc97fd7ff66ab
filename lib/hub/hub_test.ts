import assert from "node:assert/strict";
import { hubOfEnvironment } from "./hub.ts";

/** What `hubOfEnvironment` gives with some variables set; they are set back afterwards. */
function withEnvironment<T>(variables: Record<string, string | undefined>, use: () => T): T {
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  Object.entries(variables).forEach(([name, value]) => set(name, value));
  try {
    return use();
  } finally {
    before.forEach(([name, value]) => set(name, value));
  }
}

Deno.test("hubOfEnvironment() is huggingface.co without a token, or what the environment says", () => {
  const plain = withEnvironment({ HF_ENDPOINT: undefined, HF_TOKEN: undefined }, hubOfEnvironment);
  assert.equal(plain.url, "https://huggingface.co");
  assert.equal(plain.token, undefined);
  const set = { HF_ENDPOINT: "https://mirror.example/hf/", HF_TOKEN: "hf_a\n" };
  const other = withEnvironment(set, hubOfEnvironment);
  assert.equal(other.url, "https://mirror.example/hf");
  assert.equal(other.token, "hf_a");
});

Deno.test("hubOfEnvironment() refuses an endpoint that is no address", () => {
  assert.throws(
    () => withEnvironment({ HF_ENDPOINT: "mirror.example" }, hubOfEnvironment),
    /Cannot use HF_ENDPOINT: it must be an address of the web, got "mirror\.example"/,
  );
});
