import { majorityOf } from "../raft/core/quorum.ts";
import type { RaftId } from "../raft/ids.ts";
import type { Recovery } from "../raft/node/recovery.ts";
import { SwarmError } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { InitRequest } from "../shared/rpc/gen/local.ts";
import type { ActiveNode } from "./active-node.ts";
import type { Addresses } from "./node-addresses.ts";
import type { NodeRecord } from "./node-record.ts";
import { activeNodeOf, type Phase } from "./phase.ts";
import { refusals } from "./refusals.ts";
import type { ManagerRuntime, RuntimeFactory } from "./runtimes.ts";

/**
 * For so long there must be no leader. A healthy group has another one after 1.4 s, or 3 s where votes are split; and
 * every manager that is there asks for a vote at least every 1.4 s, so that it is heard.
 */
export const LEADERLESS_MS = 5_000;
/** A leader that has just lost its majority notices after 0.7 s; until then it is not told that it has none. */
export const STEP_DOWN_MS = 1_500;
/** Who was there a moment before the leader went may be gone with it: only who is heard after that counts. */
const FAREWELL_MS = 1_000;
const LOOK_MS = 50;
/** The manager reads its log, elects itself and brings the nodes in order: well under a second, or a slow disk. */
export const LEAD_MS_MAX = 30_000;

export interface ForceDeps {
  readonly runtimes: Pick<RuntimeFactory, "recoverManager">;
  readonly saveRecord: (record: NodeRecord) => Promise<void>;
  /** Ends the node's parts; containers stay. */
  readonly stop: (node: ActiveNode) => Promise<void>;
  readonly takeUp: (record: NodeRecord) => Promise<void>;
  readonly phase: () => Phase;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What has become of the managers. */
export interface Forced {
  readonly nodeId: string;
  readonly warnings: readonly string[];
  readonly removedManagers: readonly { readonly nodeId: string; readonly address: string }[];
}

/** @throws SwarmError invalidArgument when something is asked for that a swarm has from its beginning. */
export function refuseSettings(request: InitRequest): void {
  const { defaultAddressPools, defaultSubnetPrefix, dataPathPort, autoLockManagers, availability } = request;
  const given = [
    defaultAddressPools.length > 0 && "address pools",
    defaultSubnetPrefix !== 0 && "the networks' size",
    dataPathPort !== 0 && "the data path port",
    autoLockManagers && "autolock",
    availability !== "ACTIVE" && "an availability",
  ].filter((each) => each !== false);
  if (given.length === 0) return;
  throw new SwarmError(
    "invalidArgument",
    `force-new-cluster keeps the swarm and all its settings, so ${given.join(", ")} cannot be given with it: change settings afterwards (\`swarmctl update\`, \`swarmctl node update\`)`,
  );
}

/** The node, if its manager can go on alone. @throws SwarmError with what to do instead. */
export function nodeToForce(phase: Phase): ActiveNode {
  switch (phase.kind) {
    case "inactive":
      throw new SwarmError(
        "failedPrecondition",
        "This node is not part of a swarm: force-new-cluster goes on with a manager's copy of the swarm's state, and there is none here. Run it on a manager that is left.",
      );
    case "active":
      if (phase.node.role === "MANAGER") return phase.node;
      throw new SwarmError(
        "failedPrecondition",
        "This node is a worker, which has no copy of the swarm's state: run force-new-cluster on a manager that is left. Workers keep running their containers in the meantime.",
      );
    default:
      return activeNodeOf(phase);
  }
}

/**
 * Makes this manager the only one of its swarm, with all that is in its log. Each step leaves the old group or the new
 * one behind if the daemon ends there: the record has addresses alone, the log changes by one write, and what the first
 * leader has to do it does whenever it begins to lead (manager/role/begin-era.ts).
 * @throws SwarmError when nothing is lost, or not all is known that must be.
 */
export async function forceNewCluster(node: ActiveNode, addresses: Addresses | null, deps: ForceDeps): Promise<Forced> {
  const { runtimes, clock, log } = deps;
  const manager = node.manager;
  if (manager === null) {
    throw new SwarmError("failedPrecondition", `This node's manager is not running: ${node.managerWaitsFor}`);
  }
  await refuseUnlessLost(manager, clock);
  const current = deps.phase();
  if (current.kind !== "active" || current.node !== node) throw refusals.busy("change");
  await deps.stop(node);
  let record = node.record;
  let recovery: Recovery | null = null;
  try {
    if (addresses !== null) {
      const { advertise, listen, dataPath } = addresses;
      // Which interfaces have them is found out when the node begins there.
      const { advertiseInterface: _, dataPathInterface: __, ...rest } = record;
      record = { ...rest, advertiseAddress: advertise, listenAddress: listen, dataPathAddress: dataPath };
      await deps.saveRecord(record);
    }
    recovery = await runtimes.recoverManager(record);
    const removed = recovery.removed.map(({ nodeId, address }) => `${nodeId} (${address})`);
    log.warn("the managers' group was made anew with this manager alone", { era: recovery.identity.era, removed });
  } finally {
    await deps.takeUp(record);
  }
  await untilLed(recovery.identity.era, deps);
  return { nodeId: record.nodeId, warnings: warningsOf(recovery), removedManagers: recovery.removed };
}

async function refuseUnlessLost(manager: ManagerRuntime, clock: Clock): Promise<void> {
  const heard = new Set<RaftId>();
  const beganAtMs = clock.now();
  let leaderlessSinceMs = clock.now();
  for (;;) {
    const { leader, raftId, members } = manager.status();
    const { voters, heard: now } = manager.electorate();
    if (leader !== null) {
      leaderlessSinceMs = clock.now();
      if (clock.now() - beganAtMs >= STEP_DOWN_MS) throw hasLeader(members.length === 1 && leader === raftId);
    }
    if (clock.now() - leaderlessSinceMs >= FAREWELL_MS) for (const id of now) heard.add(id);
    if (clock.now() - leaderlessSinceMs >= LEADERLESS_MS) {
      const present = [...voters].filter((id) => heard.has(id)).length;
      if (present >= majorityOf(voters.size)) throw hasMajority(present, voters.size);
      return;
    }
    await sleep(clock, LOOK_MS, "force new cluster: look for a leader");
  }
}

async function untilLed(era: number, { phase, clock }: ForceDeps): Promise<void> {
  const untilMs = clock.now() + LEAD_MS_MAX;
  for (;;) {
    const now = phase();
    const manager = now.kind === "active" ? now.node.manager : null;
    if (manager?.status().role === "leader" && (manager.cluster()?.era ?? 0) >= era) return;
    if (clock.now() > untilMs) {
      throw new SwarmError(
        "unavailable",
        "This manager is the only one of the swarm now, but does not lead it yet: see its log. The command need not be repeated.",
      );
    }
    await sleep(clock, LOOK_MS, "force new cluster: until it leads");
  }
}

function hasLeader(isAlone: boolean): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    isAlone
      ? "This manager is the only one of its swarm already, and leads it: there is nothing to force."
      : "The swarm has a leader, so nothing is lost and nothing to be forced: demote and remove managers that are gone (`swarmctl node demote`, `swarmctl node rm`).",
  );
}

function hasMajority(present: number, voters: number): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `${present} of the swarm's ${voters} managers can be reached, this one included, which is a majority: they elect a leader by themselves as soon as they can write their logs. Forcing would cut the others off; if that is wanted, stop swarmd on them first.`,
  );
}

function warningsOf({ wasLearner }: Recovery): readonly string[] {
  if (!wasLearner) return [];
  return [
    "This manager was still catching up when the others were lost: what it had not received yet is lost with them.",
  ];
}
