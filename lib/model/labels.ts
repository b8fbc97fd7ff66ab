/**
 * Which of a sequence classifier's labels is the bad one. Its `config.json` names them; other programs' guards have either order,
 * and some have one label only.
 *
 * @module
 */
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { HubConfig } from "./settings.ts";

const Labels = z.looseObject({
  id2label: z.record(z.string(), z.union([z.string(), z.number()])).nullish(),
  label2id: z.record(z.string(), z.union([z.number(), z.string()])).nullish(),
});

/** A guard's labels. */
export interface GuardLabels {
  /** As the checkpoint has them, in the order of the score head's rows: 1 or 2. */
  readonly names: readonly string[];
  /** Row of the one that means unsafe; undefined where the only label means safe. */
  readonly unsafe: number | undefined;
}

/** In lower case, without what is neither letter nor digit. */
const UNSAFE = [
  ...["unsafe", "notsafe", "harmful", "malign", "malicious", "toxic", "dangerous", "jailbreak"],
  ...["injection", "label1"],
];
const SAFE = ["safe", "harmless", "notharmful", "unharmful", "benign", "nontoxic", "label0"];

/**
 * Reads the labels of a sequence classifier.
 *
 * @param hub the parsed `config.json`.
 * @param path where it stands, for messages.
 * @param asked the name of the label that means unsafe, where a person says so.
 * @param rows of the score head, where that is not the configuration's: an adapter brings its own.
 * @returns the labels; throws a {@linkcode UserError} where there are more than two, where names say different things, or where
 * they do not tell.
 */
export function labelsOf(hub: HubConfig, path: string, asked?: string, rows?: number): GuardLabels {
  const names = namesOf(hub, path, rows);
  const plain = names.map(plainName);
  if (asked !== undefined) {
    const found = names.map((_, i) => i).filter((i) => plain[i] === plainName(asked));
    if (found.length === 1) return { names, unsafe: found[0] };
    throw new UserError(
      `Cannot load "${path}": the label that means unsafe must be ${list(names)}, got "${asked}"`,
      "Give one of these names with --unsafe-label.",
    );
  }
  if (names.length === 1) {
    // a lone label without a name of its own is what a guard looks for
    if (plain[0] === "label0" || UNSAFE.includes(plain[0])) return { names, unsafe: 0 };
    if (SAFE.includes(plain[0])) return { names, unsafe: undefined };
  } else {
    const [bad, good] = [UNSAFE, SAFE].map((known) =>
      [0, 1].filter((i) => known.includes(plain[i]))
    );
    // one that is known to be bad is enough, unless the other one is bad, too
    if (bad.length === 1) return { names, unsafe: bad[0] };
    if (bad.length === 2 || good.length === 2) {
      throw new UserError(
        `Cannot load "${path}": one label must mean unsafe and the other safe, got ${list(names)}`,
        "Say with --unsafe-label NAME which one is unsafe, or choose a checkpoint that tells safe from unsafe.",
      );
    }
  }
  throw new UserError(
    `Cannot load "${path}": its labels must say which one means unsafe, got ${list(names)}`,
    "Say it with --unsafe-label NAME.",
  );
}

/** Names by rows; those of `id2label`, of `label2id`, or those that transformers gives. */
function namesOf(hub: HubConfig, path: string, rows?: number): string[] {
  const refuse = (must: string): never => {
    throw new UserError(
      `Cannot load "${path}": ${must}, got ${
        JSON.stringify({
          num_labels: hub.num_labels,
          id2label: hub.id2label,
          label2id: hub.label2id,
        })
      }`,
      "Mend config.json by the model's card, or choose another checkpoint.",
    );
  };
  const read = Labels.safeParse(hub);
  if (!read.success) refuse('"id2label" must hold names by number, "label2id" numbers by name');
  const { id2label, label2id } = read.data!;
  const inOrder = (entries: (readonly [id: number, name: string])[]) => {
    if (entries.length === 0) return undefined;
    const sorted = [...entries].sort(([a], [b]) => a - b);
    if (sorted.some(([id], i) => id !== i)) refuse("labels must be numbered from 0");
    return sorted.map(([, name]) => name);
  };
  const [own, others] = [
    inOrder(Object.entries(id2label ?? {}).map(([id, name]) => [Number(id), `${name}`])),
    inOrder(Object.entries(label2id ?? {}).map(([name, id]) => [Number(id), name])),
  ];
  if (own && others && own.join("\n") !== others.join("\n")) {
    refuse('"id2label" and "label2id" must say the same');
  }
  const said = own ?? others;
  if (said && typeof hub.num_labels === "number" && hub.num_labels !== said.length) {
    refuse('"num_labels" must be the number of labels');
  }
  const count = rows ?? said?.length ?? Number(hub.num_labels ?? 2);
  if (count !== 1 && count !== 2) {
    throw new UserError(
      `Cannot load "${path}": a guard must have 1 label (unsafe) or 2 (safe, unsafe), got ${count}`,
      "Choose a checkpoint that tells safe from unsafe.",
    );
  }
  return said?.length === count ? said : Array.from({ length: count }, (_, i) => `LABEL_${i}`);
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(" or ");
}
