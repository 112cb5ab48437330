import { nameOf } from "../http-api/listen-address.ts";
import { SwarmError } from "../shared/errors.ts";
import type { Clock } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { InfoResponse } from "../shared/rpc/gen/local.ts";
import type { NodeDescription } from "../shared/rpc/gen/objects.ts";
import { type RpcHandlers, unary } from "../shared/rpc/handler.ts";
import { NO_LEADER } from "../shared/rpc/not-leader.ts";
import type { services } from "../shared/rpc/schema.ts";
import type { Sendable } from "../shared/rpc/sendable.ts";
import type { ActiveNode } from "./active-node.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { createLocalDoctor } from "./local-doctor.ts";
import type { NodeLife } from "./node-life.ts";
import { systemDescriber } from "./ports/host-system.ts";
import type { LoopDelay } from "./ports/loop-delay.ts";
import { refusals } from "./refusals.ts";

export interface LocalServiceDeps {
  readonly life: NodeLife;
  readonly options: DaemonOptions;
  readonly version: string;
  readonly description: () => NodeDescription;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  readonly loopDelay: () => LoopDelay;
  /** Of tasks and people's own, in a swarm or not. */
  readonly containersRunning: () => Promise<number>;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a person on this host may ask of the daemon, in or out of a swarm. */
export function localHandlers(deps: LocalServiceDeps): RpcHandlers<typeof services.local> {
  const { life } = deps;
  const describeSystem = systemDescriber(deps.options);
  return {
    info: unary(async () => ({
      ...describeHost(deps),
      system: describeSystem(),
      containersRunning: await deps.containersRunning(),
    })),
    init: unary(async (request) => {
      if (!request.forceNewCluster) return await life.init(request);
      const { nodeId, warnings, removedManagers } = await life.forceNewCluster(request);
      return { nodeId, warnings, removedManagers };
    }),
    join: unary(async (request) => await life.join(request)),
    leave: unary(async ({ force }) => ({ warnings: await life.leave(force) })),
    unlock: unary(async ({ unlockKey }) => {
      await life.unlock(unlockKey);
      return {};
    }),
    diagnose: createLocalDoctor({
      node: () => activeNode(life),
      hostname: deps.options.hostname,
      clock: deps.clock,
      random: deps.random,
    }),
  };
}

/** @throws SwarmError failedPrecondition when this host is in no swarm. */
function activeNode({ phase }: NodeLife): ActiveNode {
  if (phase.kind === "active") return phase.node;
  if (phase.kind === "locked") throw refusals.locked();
  if (phase.kind === "error") throw new SwarmError("failedPrecondition", phase.sentence);
  throw phase.kind === "inactive" ? refusals.notInSwarm() : refusals.starting();
}

function describeHost({ life, options, version, ...deps }: LocalServiceDeps): Sendable<InfoResponse> {
  const host: Sendable<InfoResponse> = {
    version,
    hostname: options.hostname,
    description: deps.description(),
    startedAtMs: deps.startedAtMs,
    loopDelay: deps.loopDelay(),
    dockerApiAddresses: options.dockerApi.addresses.map(nameOf),
  };
  const { phase } = life;
  switch (phase.kind) {
    case "inactive":
      return { ...host, state: "INACTIVE" };
    case "starting":
    case "stopping":
      return { ...host, state: "PENDING" };
    case "locked": {
      const { nodeId, dataPathAddress: nodeAddress } = phase.record;
      return { ...host, state: "LOCKED", nodeId, nodeAddress, error: phase.sentence };
    }
    case "error":
      return { ...host, state: "ERROR", error: phase.sentence };
    case "active":
      return { ...host, ...describeNode(phase.node) };
  }
}

function describeNode(node: ActiveNode): Sendable<InfoResponse> {
  const { record, manager } = node;
  const about: Sendable<InfoResponse> = {
    state: "ACTIVE",
    nodeId: record.nodeId,
    nodeAddress: record.dataPathAddress,
    clusterId: record.clusterId,
    controlAvailable: manager !== null,
    remoteManagers: record.managers.map((address) => ({ address })),
  };
  if (manager === null) {
    const { managerWaitsFor } = node;
    return managerWaitsFor === ""
      ? about
      : { ...about, warnings: [`the manager is not running yet: ${managerWaitsFor}`] };
  }
  const { members, leader } = manager.status();
  const cluster = manager.cluster();
  return {
    ...about,
    ...manager.counts(),
    remoteManagers: members.map(({ nodeId, address }) => ({ nodeId, address })),
    ...(cluster === null ? {} : { clusterSpec: cluster.spec, dataPathPort: cluster.dataPathPort }),
    warnings: [
      ...(leader === null ? [NO_LEADER] : []),
      ...(members.length === 2
        ? ["a swarm of two managers can spare neither of them: promote a third node, or demote one of them"]
        : []),
    ],
  };
}
