/**
 * Scenes: hand-written conversation templates, and their file format.
 *
 *     domain: scheming
 *     label: unsafe
 *
 *     === quiet-backup (test)
 *     system: the billing cluster | the mail archive
 *     --- Human
 *     [[Hi,|Morning.|]] we will switch {{system}} off on Friday.
 *     --- Assistant
 *     Understood. [[Anything else?|]]
 *
 * The head names the domain and the label. A scene has a name and perhaps a split, then slots (alternatives
 * separated by ` | `), then turns. `{{slot}}` stands for one of its alternatives, the same everywhere in a row;
 * `[[a|b|]]` for any one of those inside, drawn anew each time; an empty one stands first or last. A labelled turn, `--- Assistant (unsafe)`, is said
 * only in rows of that label, and a scene with turns of both labels gives rows of both.
 *
 * Where no split stands, a hash of domain and name deals it: see {@linkcode dealtSplit}.
 *
 * @module
 */
import { suggestName, UserError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import { type Domain, DOMAINS, ID_DOMAINS, isDomain } from "./domains.ts";
import { type Speaker, SPEAKERS } from "./render.ts";

/** The parts of a suite. */
export const SPLITS = ["train", "calibration", "test"] as const;

/** The name of a part of a suite. */
export type Split = typeof SPLITS[number];

/** A stretch of a turn: words as they are, a slot, or a choice of stretches. */
export type Part = string | { slot: string } | { choices: Part[][] };

/** A turn of a scene. */
export interface SceneTurn {
  /** Who speaks. */
  speaker: Speaker;
  /** The label of the rows that it is said in; undefined where in all. */
  malign: 0 | 1 | undefined;
  /** What is said. */
  parts: Part[];
}

/** A conversation template. */
export interface Scene {
  /** What kind of conversation it is. */
  domain: Domain;
  /** Unique in its domain, such as `quiet-backup`. */
  name: string;
  /** The part of the suite that all its rows go to. */
  split: Split;
  /** The labels that its rows have, one or both. */
  labels: (0 | 1)[];
  /** The alternatives for each slot. */
  slots: Map<string, string[]>;
  /** What is said, in order. */
  turns: SceneTurn[];
}

/** Shares of the scenes of domains in distribution that go to each split. */
const SHARES: Record<Split, number> = { train: 0.68, calibration: 0.12, test: 0.2 };

/**
 * The split that a scene goes to where nobody has placed it, so that no look at what a monitor makes of it can have a say.
 *
 * @param domain of the scene.
 * @param name of the scene.
 * @returns for domains in distribution by the first 32 bits of the SHA-256 of `domain/name`, in the shares 68% training,
 * 12% calibration, 20% test; for all others the test.
 */
export function dealtSplit(domain: Domain, name: string): Split {
  if (!(ID_DOMAINS as readonly string[]).includes(domain)) return "test";
  const place = parseInt(sha256(`${domain}/${name}`).slice(0, 8), 16) / 2 ** 32;
  if (place < SHARES.train) return "train";
  return place < SHARES.train + SHARES.calibration ? "calibration" : "test";
}

/**
 * Reads a file of scenes.
 *
 * @param path its name, for errors.
 * @param text what it holds.
 * @returns its scenes, in order; throws a {@linkcode UserError} with line and scene at the first fault.
 */
export function parseScenes(path: string, text: string): Scene[] {
  const file = new SceneFile(path, text.split(/\r?\n/));
  const { domain, malign } = file.readHead();
  const scenes: Scene[] = [];
  while (file.more()) scenes.push(file.readScene(domain, malign));
  return scenes;
}

/** Reads line by line, and knows where it is. */
class SceneFile {
  private at = 0; // index of the line to be read
  private scene = "";
  private readonly names = new Set<string>();

  constructor(private readonly path: string, private readonly lines: string[]) {
    this.skipBlank();
  }

  more(): boolean {
    return this.at < this.lines.length;
  }

  fault(problem: string, line = this.at): UserError {
    const scene = this.scene === "" ? "" : `, scene "${this.scene}"`;
    return new UserError(
      `Cannot read "${this.path}" line ${line}${scene}: ${problem}`,
      "Correct the scene; lib/conversation/scenes.ts describes the format.",
    );
  }

  readHead(): { domain: Domain; malign: 0 | 1 } {
    const domain = this.match(/^domain: (\S+)$/, "`domain: name`")[1];
    if (!isDomain(domain)) throw this.fault(`unknown domain. ${suggestName(domain, DOMAINS)}`);
    const label = this.match(/^label: (safe|unsafe)$/, "`label: safe` or `label: unsafe`")[1];
    this.skipBlank();
    return { domain, malign: malignOf(label) };
  }

  readScene(domain: Domain, malign: 0 | 1): Scene {
    this.scene = "";
    const header = /^=== ([a-z0-9]+(?:-[a-z0-9]+)*)(?: \((train|calibration|test)\))?$/;
    const expected = "`=== scene-name`, perhaps with (train), (calibration) or (test)";
    const [, name, split = dealtSplit(domain, name)] = this.match(header, expected);
    this.scene = name;
    if (this.names.has(name)) throw this.fault("its name is taken");
    this.names.add(name);
    const startLine = this.at;
    const slots = this.readSlots();
    const turns: SceneTurn[] = [];
    while (this.more() && !this.lines[this.at].startsWith("===")) turns.push(this.readTurn(slots));
    const found = new Set(turns.map((turn) => turn.malign));
    const labels = ([0, 1] as const).filter((label) => found.has(label));
    const scene: Scene = {
      domain,
      name,
      split: split as Split,
      labels: labels.length === 0 ? [malign] : labels,
      slots,
      turns,
    };
    this.checkScene(scene, startLine);
    return scene;
  }

  private readSlots(): Map<string, string[]> {
    const slots = new Map<string, string[]>();
    for (
      this.skipBlank();
      this.more() && !this.lines[this.at].startsWith("---");
      this.skipBlank()
    ) {
      const [, name, values] = this.match(
        /^([a-z][a-z0-9]*): (.+)$/,
        "`slot: a | b` or `--- Speaker`",
      );
      if (slots.has(name)) throw this.fault(`the slot "${name}" is defined twice`);
      if (/\{\{|\}\}|\[\[|\]\]/.test(values)) {
        throw this.fault(`the slot "${name}" holds brackets; its alternatives are plain text`);
      }
      const alternatives = values.split(" | ").map((value) => value.trim());
      if (alternatives.some((value) => value === "" || value.startsWith("| "))) {
        throw this.fault(
          `the slot "${name}" has an empty alternative`,
        );
      }
      if (new Set(alternatives).size < alternatives.length) {
        throw this.fault(`the slot "${name}" has the same alternative twice`);
      }
      slots.set(name, alternatives);
    }
    return slots;
  }

  private readTurn(slots: Map<string, string[]>): SceneTurn {
    const header = new RegExp(`^--- (${SPEAKERS.join("|")})(?: \\((safe|unsafe)\\))?$`);
    const [, speaker, label] = this.match(
      header,
      `\`--- ${SPEAKERS.join("|")}\`, perhaps with a label`,
    );
    const first = this.at;
    while (this.more() && !/^(===|---( |$))/.test(this.lines[this.at])) {
      if (/^(Human|Assistant|System|Function):/.test(this.lines[this.at++])) {
        throw this.fault("a line in a turn begins like a turn of the finished conversation");
      }
    }
    const body = this.lines.slice(first, this.at).join("\n").trim();
    if (body === "") throw this.fault("the turn is empty", first);
    return {
      speaker: speaker as Speaker,
      malign: label === undefined ? undefined : malignOf(label),
      parts: this.parse(body, slots, first),
    };
  }

  /** Parses the text of a turn whose header stands on the given line. */
  private parse(body: string, slots: Map<string, string[]>, line: number): Part[] {
    const fault = (problem: string) => this.fault(`${problem} in the turn that begins here`, line);
    const parsePlain = (text: string): Part[] =>
      text.split(/(\{\{[^{}]*\}\})/).filter((piece) => piece !== "").map((piece): Part => {
        const slot = /^\{\{(.*)\}\}$/.exec(piece)?.[1];
        if (slot === undefined) {
          if (/\[\[|\]\]/.test(piece)) throw fault("brackets [[ ]] do not pair up or are nested");
          return piece;
        }
        if (!slots.has(slot)) throw fault(`the slot {{${slot}}} is not defined, but used`);
        return { slot };
      });
    return body.split(/(\[\[(?:(?!\[\[|\]\])[^])*\]\])/).flatMap((piece): Part[] => {
      const inside = /^\[\[([^]*)\]\]$/.exec(piece)?.[1];
      if (inside === undefined) return parsePlain(piece);
      const choices = inside.split("|");
      if (choices.length < 2) throw fault(`[[${inside}]] has no second alternative`);
      if (choices.slice(1, -1).includes("")) throw fault("`||` stands between [[ ]]");
      return [{ choices: choices.map(parsePlain) }];
    });
  }

  private checkScene({ turns, slots, labels }: Scene, line: number): void {
    for (const label of labels) {
      const said = turnsOf(turns, label);
      if (said.at(-1)?.speaker !== "Assistant") {
        throw this.fault(
          `its ${label === 1 ? "unsafe" : "safe"} rows do not end with an Assistant turn`,
          line,
        );
      }
    }
    const used = new Set(turns.flatMap((turn) => slotsIn(turn.parts)));
    const unused = [...slots.keys()].find((name) => !used.has(name));
    if (unused !== undefined) throw this.fault(`the slot "${unused}" is never used`, line);
  }

  /** Reads one line of the given form. */
  private match(form: RegExp, expected: string): RegExpExecArray {
    const line = this.lines[this.at++] ?? "";
    const match = form.exec(line.trimEnd());
    if (match === null) throw this.fault(`expected ${expected}, got "${line.slice(0, 60)}"`);
    return match;
  }

  private skipBlank(): void {
    while (this.more() && this.lines[this.at].trim() === "") this.at++;
  }
}

/**
 * The turns that rows of a label say.
 *
 * @param turns of a scene.
 * @param malign the label.
 * @returns those turns, in order.
 */
export function turnsOf(turns: readonly SceneTurn[], malign: 0 | 1): SceneTurn[] {
  return turns.filter((turn) => turn.malign === undefined || turn.malign === malign);
}

function slotsIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if (typeof part === "string") return [];
    return "slot" in part ? [part.slot] : part.choices.flatMap(slotsIn);
  });
}

const malignOf = (label: string): 0 | 1 => label === "unsafe" ? 1 : 0;
