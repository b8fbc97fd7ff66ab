/**
 * The settings of a GGUF file by their names.
 *
 * @module
 */
import { GET_AGAIN, unusableGguf } from "./errors.ts";

/** What a setting can be. */
export type MetadataValue = number | boolean | string | number[] | boolean[] | string[];

/** The settings of one file. Whatever reads one throws a `UserError` where it is not what it must be. */
export class Metadata {
  readonly #values: ReadonlyMap<string, MetadataValue>;

  /** Takes the settings. @param values by name. @param path of the file, for messages. */
  constructor(values: ReadonlyMap<string, MetadataValue>, readonly path: string) {
    this.#values = values;
  }

  /** Says whether there is a setting. @param key its name. @returns false where it is left out. */
  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** A text. @param key its name. @returns the text. */
  text(key: string): string {
    return this.optionalText(key) ?? this.#refuse(key, "a text");
  }

  /** A text that may be left out. @param key its name. @returns the text. */
  optionalText(key: string): string | undefined {
    const value = this.#values.get(key);
    return value === undefined || typeof value === "string" ? value : this.#refuse(key, "a text");
  }

  /** A whole number from 0. @param key its name. @returns the number. */
  whole(key: string): number {
    return this.optionalWhole(key) ?? this.#refuse(key, "a whole number");
  }

  /** A whole number from 0 that may be left out. @param key its name. @returns the number. */
  optionalWhole(key: string): number | undefined {
    const value = this.optionalNumber(key);
    const isWhole = value === undefined || Number.isInteger(value) && value >= 0;
    return isWhole ? value : this.#refuse(key, "a whole number");
  }

  /** A number that may be left out. @param key its name. @returns the number. */
  optionalNumber(key: string): number | undefined {
    const value = this.#values.get(key);
    return value === undefined || typeof value === "number" ? value : this.#refuse(key, "a number");
  }

  /** A switch that may be left out. @param key its name. @returns how it stands. */
  optionalFlag(key: string): boolean | undefined {
    const value = this.#values.get(key);
    return value === undefined || typeof value === "boolean"
      ? value
      : this.#refuse(key, "true or false");
  }

  /** A list of texts that may be left out. @param key its name. @returns the list. */
  optionalTexts(key: string): string[] | undefined {
    return this.#list(key, "string") as string[] | undefined;
  }

  /** A list of numbers that may be left out. @param key its name. @returns the list. */
  optionalNumbers(key: string): number[] | undefined {
    return this.#list(key, "number") as number[] | undefined;
  }

  #list(key: string, type: "string" | "number"): MetadataValue | undefined {
    const value = this.#values.get(key);
    const isList = value === undefined ||
      Array.isArray(value) && value.every((v) => typeof v === type);
    return isList
      ? value
      : this.#refuse(key, `a list of ${type === "string" ? "texts" : "numbers"}`);
  }

  #refuse(key: string, must: string): never {
    const value = this.#values.get(key);
    const got = value === undefined ? "none" : JSON.stringify(value).slice(0, 60);
    throw unusableGguf(this.path, `"${key}" must be ${must}, got ${got}`, GET_AGAIN);
  }
}
