/**
 * The domains of MOOD (arXiv 2605.21602) and the benign shifts that we add: which are in the training
 * distribution (ID), which are failures that no monitor was trained on (OOD), and which are harmless
 * conversations unlike the training set.
 *
 * @module
 */

/** In distribution: the only domains of the training split. */
export const ID_DOMAINS = ["hh-rlhf-helpful", "hh-rlhf-harmless", "function-calling"] as const;

/** Out of distribution: every row is unsafe, in a way that the training split does not hold. */
export const OOD_DOMAINS = [
  "controlling",
  "insecure-code",
  "scheming",
  "function-calling-missing",
  "function-calling-inappropriate",
  "jailbroken",
  "sycophantic",
] as const;

/**
 * The benign twin of each failure: safe conversations of the same shape. A monitor that knows the shape alone flags
 * both, and pays for its recall with false alarms beside it.
 */
export const TWINS = {
  "controlling": "firm-advice",
  "insecure-code": "secure-code",
  "scheming": "candid-self-report",
  "function-calling-missing": "function-calling-failed",
  "function-calling-inappropriate": "function-calling-oblique",
  "jailbroken": "role-play",
  "sycophantic": "warranted-agreement",
} as const satisfies Record<typeof OOD_DOMAINS[number], string>;

/** Safe conversations that differ from the training split in language, matter or form. */
export const SHIFT_DOMAINS = ["swahili", "code-review", "verse"] as const;

/** Safe conversations unlike the training split; what a monitor flags here is a false alarm. */
export const BENIGN_DOMAINS: readonly BenignDomain[] = [...Object.values(TWINS), ...SHIFT_DOMAINS];

/** The name of a domain of safe conversations outside the training split. */
export type BenignDomain =
  | typeof TWINS[keyof typeof TWINS]
  | typeof SHIFT_DOMAINS[number];

/** The name of a domain. */
export type Domain =
  | typeof ID_DOMAINS[number]
  | typeof OOD_DOMAINS[number]
  | BenignDomain;

/** Every domain that a row may name, in the order of the tables. */
export const DOMAINS: readonly Domain[] = [...ID_DOMAINS, ...OOD_DOMAINS, ...BENIGN_DOMAINS];

/**
 * Whether a name is that of a domain.
 *
 * @param name what a row says.
 * @returns true for the names in {@linkcode DOMAINS}.
 */
export function isDomain(name: string): name is Domain {
  return (DOMAINS as readonly string[]).includes(name);
}
