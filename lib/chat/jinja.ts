/**
 * Jinja templates from outside, rendered by `@huggingface/jinja` within bounds: a template is a program, which may double a text
 * in a loop until memory is full, or nest loops until nobody waits for it any longer.
 *
 * @module
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";

/** Most characters of a template; the longest of well-known models have some 20,000. */
const LONGEST_TEMPLATE = 2 ** 20;

/** What a text may have more than twice what is rendered, in characters. */
const LONGEST_TEXT = 2 ** 14;

/** Most steps: so many, and one for each character that is rendered. Of well-known templates a message takes some hundred. */
const MOST_STEPS = 2 ** 17;

/** Most characters of all that steps give: so many, and so many for each that is rendered. An entry of a list is as many as these. */
const [MOST_GIVEN, GIVEN_A_CHARACTER, ENTRY] = [2 ** 22, 2 ** 10, 32];

/** For templates that print today's date: one date for ever (Llama 3's own example), so that a prompt is the same tomorrow. */
const DATE = "26 Jul 2024";

/** What a template finds besides what it is rendered with; as Jinja has it, but for the date and for counting. */
const GLOBALS = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception(message: string) {
    throw new Error(message);
  },
  range() {
    throw new Error("it counts with range(), perhaps without end");
  },
  strftime_now: () => DATE,
};

/** A template that can be rendered. */
export type Rendering = (variables: Record<string, unknown>, characters: number) => string;

/**
 * Opens a template.
 *
 * @param source its text.
 * @returns renders it with variables, of which so many `characters` are text; throws an `Error` where the template does, where it
 * is none, and where it does more than there is to do.
 */
export function jinjaTemplate(source: string): Rendering {
  if (source.length > LONGEST_TEMPLATE) {
    throw new Error(`it has more than ${LONGEST_TEMPLATE} characters`);
  }
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  return (variables, characters) => {
    const environment = new Environment();
    const known = Object.entries({ ...GLOBALS, ...variables });
    for (const [name, value] of known) environment.set(name, value);
    return String(new BoundedInterpreter(environment, characters).run(program).value);
  };
}

type Evaluate = Interpreter["evaluate"];

/** Counts what is done, and stops where it is too much. */
class BoundedInterpreter extends Interpreter {
  #steps: number;
  #given: number;
  #longest: number;

  constructor(environment: Environment, characters: number) {
    super(environment);
    this.#steps = MOST_STEPS + characters;
    this.#given = MOST_GIVEN + GIVEN_A_CHARACTER * characters;
    this.#longest = LONGEST_TEXT + 2 * characters;
  }

  override evaluate(...given: Parameters<Evaluate>): ReturnType<Evaluate> {
    if (--this.#steps < 0) throw new Error("it takes too many steps, perhaps without end");
    const found = super.evaluate(...given);
    const { value } = found as { value: unknown };
    if (typeof value === "string") this.#count(value.length, 1);
    if (Array.isArray(value)) this.#count(value.length, ENTRY);
    return found;
  }

  #count(length: number, each: number): void {
    this.#given -= length * each;
    if (length <= this.#longest && this.#given >= 0) return;
    throw new Error("what it renders grows far beyond what was said");
  }
}
