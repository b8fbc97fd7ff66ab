import assert from "node:assert/strict";
import { UsageError } from "./errors.ts";
import * as flag from "./flag.ts";
import { commandLine, goingWith, headed, helpOf, pick, readFlags, type ValuesOf } from "./flags.ts";

const FLAGS = {
  ...headed("What is read:", {
    inputFile: flag.text({ value: "FILE", required: true, help: "what is read" }),
    kinds: flag.subset(["red", "green", "blue"], "colour", { shown: "all", help: "which colours" }),
    model: flag.text({ value: "NAME", help: "a model. What is indented goes with it:" }),
    ...goingWith("model", "Name a model.", {
      layer: flag.count({ least: 0, shown: "the last", help: "which layer" }),
    }),
  }),
  ...headed("How:", {
    seeds: flag.count({ usual: 3, help: "how many seeds" }),
    rates: flag.numbers({ default: [0.5, 0.25], help: "rates" }),
    mode: flag.choice(["slow", "fast"], { default: "slow", help: "how fast" }),
    judge: flag.repeated({ value: "WHO", help: "who judges" }),
    topics: flag.names({ usual: ["all"], help: "which topics" }),
    quick: flag.toggle({
      help:
        "a text that is long enough to be broken into two lines, since a terminal has a hundred columns",
    }),
  }),
};

const INPUT = ["--input-file", "x"];
const valuesOf = (...args: string[]) => readFlags([...INPUT, ...args], FLAGS).values;

/** Expects a wrong use with a message and a remedy. */
function refuses(args: string[], message: RegExp, remedy = /./): void {
  assert.throws(() => readFlags(args, FLAGS), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

Deno.test("readFlags() fills in defaults, and leaves out what was not given", () => {
  const expected: ValuesOf<typeof FLAGS> = {
    inputFile: "x",
    rates: [0.5, 0.25],
    mode: "slow",
    quick: false,
  };
  assert.deepEqual(valuesOf(), expected);
});

Deno.test("readFlags() reads each kind of value", () => {
  const given = ["--kinds", "blue, red", "--model=m", "--layer", "0", "--seeds", "12"];
  given.push("--rates", "0.1,1e-3", "--mode", "fast", "--judge", "a", "--judge", "b", "--quick");
  assert.deepEqual(valuesOf(...given), {
    inputFile: "x",
    kinds: ["red", "blue"], // in the order of the accepted names
    model: "m",
    layer: 0,
    seeds: 12,
    rates: [0.1, 0.001],
    mode: "fast",
    judge: ["a", "b"],
    quick: true,
  });
});

Deno.test("readFlags() takes names with commas, in quotes or with a flag for each, and commandLine() gives them back", () => {
  const topics = (...args: string[]) => valuesOf(...args).topics;
  assert.equal(topics(), undefined);
  assert.deepEqual(topics("--topics", "Privacy, Legality"), ["Privacy", "Legality"]);
  const names = ["Risks, all", "Privacy"];
  assert.deepEqual(topics("--topics", '"Risks, all", Privacy'), names);
  assert.deepEqual(topics("--topics", "Risks, all", "--topics", "Privacy"), names);
  assert.equal(
    commandLine("run", FLAGS, { topics: names }),
    `deno task run --topics '"Risks, all",Privacy'`,
  );
});

Deno.test("readFlags() takes digits alone for a count", () => {
  for (const text of ["0x2", "1e1", "2.0", "0", "257", " 2", "02", "+2", "", "two"]) {
    refuses(
      [...INPUT, "--seeds", text],
      /^Cannot use --seeds .*: it must be a whole number from 1 to 256$/,
      /--seeds 2/,
    );
  }
});

Deno.test("readFlags() says what is wrong, and what to do", () => {
  refuses([], /^Cannot start: --input-file is missing$/);
  refuses([...INPUT, "--seed", "3"], /--seed: there is no such flag/, /Did you mean "seeds"\?/);
  refuses([...INPUT, "--mode", "fsat"], /--mode fsat: there is no such mode/, /"fast"/);
  refuses([...INPUT, "--kinds", "red,gren"], /there is no colour "gren"/, /"green"/);
  refuses([...INPUT, "--rates", "0.1,x"], /--rates 0\.1,x: "x" is no number/);
  refuses([...INPUT, "--layer", "1"], /^Cannot use --layer: it goes with --model$/, /Name a model/);
  refuses([...INPUT, "--mode"], /^Cannot use --mode: its value is missing$/);
  refuses([...INPUT, "--quick=1"], /^Cannot use --quick with a value: it takes none$/);
  refuses([...INPUT, "--rates", "-1"], /begins with a dash/, /--rates=-1/);
  refuses([...INPUT, "word"], /Cannot use "word": no such word/);
});

Deno.test("readFlags() refuses a flag that is given twice, unless its row says that it may be", () => {
  refuses([...INPUT, ...INPUT], /^Cannot use --input-file twice/);
  refuses([...INPUT, "--quick", "--quick"], /^Cannot use --quick twice/);
  refuses([...INPUT, "--seeds", "2", "--seeds=2"], /^Cannot use --seeds twice/);
});

Deno.test("readFlags() returns words where some are taken", () => {
  assert.deepEqual(readFlags([...INPUT, "a", "b"], FLAGS, { words: true }).words, ["a", "b"]);
});

Deno.test("helpOf() aligns and wraps, indents what goes with another flag, and shows defaults", () => {
  assert.equal(
    helpOf(FLAGS),
    `What is read:
  --input-file FILE      what is read
  --kinds A,B            which colours [all]
  --model NAME           a model. What is indented goes with it:
    --layer N            which layer [the last]

How:
  --seeds N              how many seeds [3]
  --rates X,X            rates [0.5,0.25]
  --mode slow|fast       how fast [slow]
  --judge WHO            who judges
  --topics A,B           which topics [all]
  --quick                a text that is long enough to be broken into two lines, since a terminal
                         has a hundred columns`,
  );
});

Deno.test("commandLine() is read as the values that it was made of", () => {
  const values = {
    ...valuesOf("--kinds", "green,red", "--model=-m", "--judge", "a b", "--judge", "it's"),
    rates: [1],
    quick: true,
  };
  const line = commandLine("run", FLAGS, values);
  assert.equal(
    line,
    `deno task run --input-file x --kinds red,green --model=-m --rates 1 --judge 'a b' --judge 'it'\\''s' --quick`,
  );
  const words = ["--input-file", "x", "--kinds", "red,green", "--model=-m", "--rates", "1"];
  words.push("--judge", "a b", "--judge", "it's", "--quick");
  assert.deepEqual(readFlags(words, FLAGS).values, values);
});

Deno.test("commandLine() leaves out what would be so by default", () => {
  const values = {
    inputFile: "x",
    seeds: 3,
    mode: "slow",
    quick: false,
    model: undefined,
  } as const;
  assert.equal(commandLine("run", FLAGS, values), "deno task run --input-file x");
});

Deno.test("pick() keeps what is there", () => {
  assert.deepEqual(pick(valuesOf("--seeds", "2"), "mode", "seeds", "layer"), {
    mode: "slow",
    seeds: 2,
  });
});
