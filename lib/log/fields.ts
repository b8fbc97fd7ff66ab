/**
 * The fields of an object from outside, of which none may be lost: whoever reads an object takes its fields one by one, and what
 * is left at the end must not hold anything that somebody may have said.
 *
 * A field that nobody took is passed over where it is empty, a number or a truth value, where its name is that of data about the
 * message ({@linkcode ABOUT}) and no thought is in it, or where its texts are all single words in plain ASCII, as identifiers,
 * addresses and base64 are. Anything else is refused by its name.
 *
 * @module
 */
import { isObject } from "../core/exact_json.ts";
import { show } from "../conversation/row.ts";

/** Throws the error of a line, with what is wrong with it. */
export type Refuse = (problem: string) => never;

/** Fields that say something about a message, and are no part of it. */
const ABOUT = new Set(
  `acknowledged_safety_checks annotations author cache_control caller callProviderMetadata citationMetadata citations container country
  created_at date displayName display_name extras file_name filename finish_details finish_reason finishReason groundingMetadata header
  headers id language logprobs logprobs_result metadata mime_type mimeType model name pending_safety_checks provider providerMetadata
  providerOptions provider_options provider_metadata response_metadata safetyRatings safety_ratings state stop_details stop_reason stop_sequence time timestamp ts usage usage_metadata user user_id videoMetadata video_metadata`
    .split(/\s+/),
);

/** Fields that hold speech whatever they hold: not even a single word of them is passed over. */
const SPEECH = new Set(
  `action answer args arguments command content function_call functionCall input message output parts query question reasoning
  reasoning_content response result said text thinking thought thoughts tool_call toolCall tool_calls toolCalls tool_use toolUse
  transcript value`
    .split(/\s+/),
);

/** Of these, data about a message is no place to hide anything. */
const THOUGHT = /^(reasoning|reasoning_content|reasoningContent|thinking|thoughts?)$/;

/** The fields of one object. */
export class Fields {
  readonly #left: Map<string, unknown>;

  /**
   * Begins with all fields but those that are null.
   *
   * @param object whose.
   * @param refuse throws the error of the object.
   */
  constructor(object: Record<string, unknown>, readonly refuse: Refuse) {
    const there = Object.entries(object).filter(([, value]) =>
      value !== null && value !== undefined
    );
    this.#left = new Map(there);
  }

  /**
   * Whether a field is there and was not taken yet.
   *
   * @param name of the field.
   * @returns false also where it is null.
   */
  has(name: string): boolean {
    return this.#left.has(name);
  }

  /**
   * Takes a field.
   *
   * @param names it may have; the first one that is there is taken.
   * @returns its value, undefined where there is none of these.
   */
  take(...names: string[]): unknown {
    const name = names.find((name) => this.#left.has(name));
    if (name === undefined) return undefined;
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  /**
   * Takes a field of text.
   *
   * @param names it may have.
   * @returns its text, undefined where there is none of these; refuses what is no text.
   */
  text(...names: string[]): string | undefined {
    const value = this.take(...names);
    if (value === undefined || typeof value === "string") return value;
    // some interfaces wrap a text and what belongs to it
    if (isObject(value) && typeof value.value === "string") return value.value;
    return this.refuse(`"${names[0]}" must be text, got ${show(value)}`);
  }

  /** Refuses the object where a field that nobody took may hold what somebody said. */
  end(): void {
    for (const [name, value] of this.#left) {
      if (ABOUT.has(name) ? !hidesThought(value) : !mayBeSaid(value, SPEECH.has(name))) continue;
      this.refuse(`the field "${name}" is not understood, got ${show(value)}`);
    }
  }
}

/** Whether data about a message holds a thought all the same. */
function hidesThought(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hidesThought);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, v]) =>
    THOUGHT.test(name) ? mayBeSaid(v, false) : hidesThought(v)
  );
}

/**
 * Whether a value holds text that may have been said.
 *
 * @param value anything.
 * @param certainly whether even a single word is speech; else texts of one plain word are taken for identifiers.
 * @returns false for numbers and truth values too, and for what is empty.
 */
export function mayBeSaid(value: unknown, certainly: boolean): boolean {
  if (typeof value === "string") {
    return value.trim() !== "" && (certainly || !/^[\x21-\x7e]*$/.test(value));
  }
  if (Array.isArray(value)) return value.some((v) => mayBeSaid(v, certainly));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, v]) =>
    !ABOUT.has(name) && mayBeSaid(v, certainly || SPEECH.has(name))
  );
}
