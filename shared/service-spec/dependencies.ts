import type { Dependency } from "../rpc/gen/objects.ts";

/** As people write each condition of a dependency. */
export const CONDITION_WORDS = {
  STARTED: "started",
  HEALTHY: "healthy",
  COMPLETED: "completed",
} as const satisfies { readonly [Condition in Dependency["condition"]]: string };

/** "db:healthy". */
export const dependencyText = ({ service, condition }: Dependency): string =>
  `${service}:${CONDITION_WORDS[condition]}`;

/** The condition of a word; null if it is none. */
export function conditionOf(word: string): Dependency["condition"] | null {
  const known = Object.entries(CONDITION_WORDS).find(([, each]) => each === word);
  return known === undefined ? null : (known[0] as Dependency["condition"]);
}
