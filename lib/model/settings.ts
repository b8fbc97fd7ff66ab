/**
 * Reading a `config.json` setting by setting, with messages that name the file, the setting and what it must be.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import type { Rope } from "./rope.ts";

/** A parsed `config.json`. */
export type HubConfig = Readonly<Record<string, unknown>>;

/**
 * The settings of one file under their Hugging Face names. Whatever reads one throws a {@linkcode UserError} where it is not
 * what it must be.
 */
export class Settings {
  readonly #hub: HubConfig;
  readonly #path: string;

  /** Takes a file. @param hub what it says. @param path where it stands, for messages. */
  constructor(hub: HubConfig, path: string) {
    this.#hub = hub;
    this.#path = path;
  }

  /**
   * Says that a setting is not what it must be.
   *
   * @param key its name.
   * @param must what it must be, in words.
   * @param got what it is; by default what the file says.
   * @returns never: throws a {@linkcode UserError}.
   */
  refuse(key: string, must: string, got: unknown = this.value(key)): never {
    throw new UserError(
      `Cannot load "${this.#path}": "${key}" must be ${must}, got ${JSON.stringify(got)}`,
      "Choose another checkpoint, or get a whole copy of this one if it is damaged.",
    );
  }

  /** Any setting. @param key its name. @returns its value, undefined also where the file says null. */
  value(key: string): unknown {
    return this.#hub[key] ?? undefined;
  }

  /** A number. @param key its name. @returns its value, above 0. */
  number(key: string): number {
    return this.#positive(key, this.value(key));
  }

  /** A number that may be left out. @param key its name. @returns its value, above 0. */
  optional(key: string): number | undefined {
    return this.value(key) === undefined ? undefined : this.number(key);
  }

  /** A whole number. @param key its name. @param least and @param most what it may not be below or above. @returns its value. */
  whole(key: string, least: number = 1, most: number = 2 ** 31 - 1): number {
    const value = this.value(key);
    const isWhole = typeof value === "number" && Number.isInteger(value) && value >= least;
    if (!isWhole) return this.refuse(key, `a whole number, at least ${least}`);
    return value <= most ? value : this.refuse(key, `at most ${most}`);
  }

  /** A switch. @param key its name. @returns its value; false where it is left out. */
  flag(key: string): boolean {
    const value = this.value(key) ?? false;
    return typeof value === "boolean" ? value : this.refuse(key, "true or false");
  }

  /** A setting with one value that we can follow. @param key its name. @param value that one, or none: it may be left out. */
  only(key: string, value: string | boolean | null): void {
    if ((this.value(key) ?? value) !== value) this.refuse(key, JSON.stringify(value));
  }

  /**
   * Rotary positions, as either generation of files has them: `rope_parameters`, perhaps for each kind of layer, or the base
   * beside `rope_scaling`, which is for layers without a window.
   *
   * @param kind of the layers.
   * @param theta name of the older setting for the base.
   * @returns base and scaling.
   */
  rope(kind: "full_attention" | "sliding_attention", theta: string): Rope {
    const all = this.value("rope_parameters") as HubConfig | undefined;
    const older = { rope_theta: this.value(theta) };
    const scaling = kind === "full_attention" ? this.value("rope_scaling") as HubConfig : {};
    const own: HubConfig = { ...older, ...scaling, ...all, ...all?.[kind] as HubConfig };
    const number = (key: string) => this.#positive(key, own[key]);
    const base = number("rope_theta");
    const type = own.rope_type ?? own.type ?? "default";
    if (type === "default") return { theta: base };
    if (type === "linear") return { theta: base, scaling: { type, factor: number("factor") } };
    if (type !== "llama3") this.refuse("rope_type", '"default", "linear" or "llama3"', type);
    return {
      theta: base,
      scaling: {
        type,
        factor: number("factor"),
        lowTurns: number("low_freq_factor"),
        highTurns: number("high_freq_factor"),
        originalLength: number("original_max_position_embeddings"),
      },
    };
  }

  #positive(key: string, value: unknown): number {
    const isPositive = typeof value === "number" && value > 0;
    return isPositive ? value : this.refuse(key, "a positive number", value);
  }
}
