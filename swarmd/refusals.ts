import { SwarmError } from "../shared/errors.ts";

/** Sentences that Docker's users know and scripts look for, with our command's name. */
export const refusals = {
  notAManager: (isWorker: boolean): SwarmError =>
    new SwarmError(
      "failedPrecondition",
      isWorker
        ? "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager."
        : 'This node is not a swarm manager. Use "swarmctl init" or "swarmctl join" to connect this node to swarm and try again.',
    ),
  managerNotReady: (): SwarmError =>
    new SwarmError(
      "unavailable",
      "This node is not a swarm manager yet: the manager is being prepared, or has trouble connecting to the cluster. Try again in a moment.",
    ),
  managerWaits: (why: string): SwarmError =>
    new SwarmError("unavailable", `This node is not a swarm manager yet and keeps trying: ${why}`),
  alreadyInSwarm: (): SwarmError =>
    new SwarmError(
      "failedPrecondition",
      'This node is already part of a swarm. Use "swarmctl leave" to leave this swarm and join another one.',
    ),
  notInSwarm: (): SwarmError => new SwarmError("failedPrecondition", "This node is not part of a swarm"),
  leaveLastManager: (): SwarmError =>
    new SwarmError(
      "failedPrecondition",
      "You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message.",
    ),
  leaveManager: (managers: number, reachableAfter: number, quorumKept: boolean): SwarmError =>
    new SwarmError(
      "failedPrecondition",
      quorumKept
        ? "You are attempting to leave the swarm on a node that is participating as a manager. A swarm that has lost consensus can only go on with one manager alone (`swarmctl init --force-new-cluster`): demote this node first (`swarmctl node demote`), or use `--force` to leave anyway."
        : `You are attempting to leave the swarm on a node that is participating as a manager. Removing this node leaves ${reachableAfter} managers out of ${managers}: without a majority the swarm loses quorum and cannot be changed any more. Use \`--force\` to leave anyway.`,
    ),
  locked: (): SwarmError =>
    new SwarmError(
      "unavailable",
      'Swarm is encrypted and needs to be unlocked before it can be used. Please use "swarmctl unlock" to unlock it.',
    ),
  notLocked: (): SwarmError => new SwarmError("failedPrecondition", "swarm is not locked"),
  wrongUnlockKey: (): SwarmError =>
    new SwarmError("unauthenticated", "swarm could not be unlocked: invalid key provided"),
  /** To leave, of a node whose parts do not run. */
  leaveUnstarted: ({ kind, sentence }: { readonly kind: "error" | "locked"; readonly sentence: string }): SwarmError =>
    new SwarmError(
      "failedPrecondition",
      kind === "locked"
        ? "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message."
        : `${sentence} (use --force to leave anyway)`,
    ),
  starting: (): SwarmError => new SwarmError("unavailable", "swarmd is starting; try again in a moment"),
  busy: (what: string): SwarmError =>
    new SwarmError("failedPrecondition", `another ${what} is under way on this node; wait for it`),
} as const;
