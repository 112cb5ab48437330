import type { Canary } from "./canary.ts";
import { durabilityAndReadCanaries } from "./durability-and-reads.ts";
import { electionCanaries } from "./elections.ts";
import { membershipCanaries } from "./membership.ts";
import { replicationCanaries } from "./replication.ts";

/** Each is noticed by someone: `scripts/sim canaries`. */
export const coreCanaries: readonly Canary[] = [
  ...electionCanaries,
  ...replicationCanaries,
  ...membershipCanaries,
  ...durabilityAndReadCanaries,
];
