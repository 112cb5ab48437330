import { withManagerPort } from "../../shared/address.ts";
import { readClusterJson } from "../../shared/docker-shape/cluster.ts";
import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { type JsonShape, takeShape } from "../../shared/docker-shape/json-shape.ts";
import { readAvailability } from "../../shared/docker-shape/node-json.ts";
import { isRetryable, SwarmError } from "../../shared/errors.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { type Answer, empty, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { StatusError } from "../errors.ts";
import type { Call } from "../route.ts";

/** Time to make keys and the first Raft entry; a slow disk syncs several times. */
const INIT_TIMEOUT_MS = 60_000;
/** Five seconds without a leader, then the node begins anew and reads its log; a slow disk takes longer. */
const FORCE_TIMEOUT_MS = 120_000;
/** Time for certificates and, for a manager, for catching up with the log. */
const JOIN_TIMEOUT_MS = 120_000;
/** Leaving stops the node's tasks, which have their own grace. */
const LEAVE_TIMEOUT_MS = 120_000;
/** A swarm that has just been made elects its first leader. */
const LEADER_WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 50;

const ADDRESSES = {
  ListenAddr: "text",
  AdvertiseAddr: "text",
  DataPathAddr: "text",
  Availability: { words: ["active", "pause", "drain"] },
} as const satisfies Readonly<Record<string, JsonShape>>;

const INIT: JsonShape = {
  fields: {
    ...ADDRESSES,
    DataPathPort: "whole",
    DefaultAddrPool: { list: "text" },
    SubnetSize: "whole",
    ForceNewCluster: "flag",
    AutoLockManagers: "flag",
    Spec: "anything",
  },
};
const JOIN: JsonShape = { fields: { ...ADDRESSES, RemoteAddrs: { list: "text" }, JoinToken: "text" } };

/** POST /swarm/init: the answer is the node's id, a bare JSON string. */
export async function init(call: Call): Promise<Answer> {
  const asked = takeShape(await requireJson(call.body), INIT) as DockerJson;
  if (asked["ForceNewCluster"] === true) return await forceNewCluster(call, asked);
  const given = takeShape(asked["Spec"] ?? {}, { fields: {} }, "Spec") === undefined ? {} : (asked["Spec"] ?? {});
  // Before anything is made: a wrong setting leaves no half of a swarm.
  const { spec } = readClusterJson(given as DockerJson, null);
  const autoLockManagers = spec.autoLockManagers || asked["AutoLockManagers"] === true;
  const { nodeId } = await here(() =>
    call.backend.local.init(
      {
        ...addressesOf(asked),
        autoLockManagers,
        dataPathPort: Number(asked["DataPathPort"] ?? 0),
        defaultAddressPools: (asked["DefaultAddrPool"] ?? []) as readonly string[],
        defaultSubnetPrefix: Number(asked["SubnetSize"] ?? 0),
      },
      { timeoutMs: INIT_TIMEOUT_MS },
    ),
  );
  await settle(call, nodeId, { ...given, EncryptionConfig: { AutoLockManagers: autoLockManagers } });
  return json(nodeId);
}

/** What docker's client sends with every init; here they are what the node has. */
const DOCKERS_LISTEN_ADDRESS = "0.0.0.0:2377";
const DOCKERS_SUBNET_SIZE = 24;

/** The swarm goes on with this manager alone; only addresses may be changed, others are refused by name. */
async function forceNewCluster(call: Call, asked: DockerJson): Promise<Answer> {
  const spec = Object.values((asked["Spec"] ?? {}) as DockerJson);
  if (spec.some(saysAnything)) {
    throw new SwarmError("invalidArgument", "force-new-cluster keeps all settings: Spec cannot be given with it");
  }
  const addresses = addressesOf(asked);
  const subnetSize = Number(asked["SubnetSize"] ?? 0);
  const { nodeId } = await here(() =>
    call.backend.local.init(
      {
        ...addresses,
        listenAddress: addresses.listenAddress === DOCKERS_LISTEN_ADDRESS ? "" : addresses.listenAddress,
        autoLockManagers: asked["AutoLockManagers"] === true,
        dataPathPort: Number(asked["DataPathPort"] ?? 0),
        defaultAddressPools: (asked["DefaultAddrPool"] ?? []) as readonly string[],
        defaultSubnetPrefix: subnetSize === DOCKERS_SUBNET_SIZE ? 0 : subnetSize,
        forceNewCluster: true,
      },
      { timeoutMs: FORCE_TIMEOUT_MS },
    ),
  );
  return json(nodeId);
}

/** Docker's client sends a whole Spec, of zeros where nobody said anything. */
function saysAnything(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return Object.values(value).some(saysAnything);
}

/** POST /swarm/join */
export async function join(call: Call): Promise<Answer> {
  const asked = takeShape(await requireJson(call.body), JOIN) as DockerJson;
  const remoteAddresses = ((asked["RemoteAddrs"] ?? []) as readonly string[]).map(withManagerPort);
  const token = String(asked["JoinToken"] ?? "");
  await here(() =>
    call.backend.local.join({ ...addressesOf(asked), remoteAddresses, token }, { timeoutMs: JOIN_TIMEOUT_MS }),
  );
  return empty(200);
}

/** POST /swarm/leave */
export async function leave({ backend, query }: Call): Promise<Answer> {
  await here(() => backend.local.leave({ force: query.flag("force") }, { timeoutMs: LEAVE_TIMEOUT_MS }));
  return empty(200);
}

/**
 * When this returns, the first leader is there and has the settings, and the node is ready: until then its object
 * changes by itself, and whoever reads and changes it would lose a race.
 */
async function settle({ backend, clock, signal }: Call, nodeId: string, given: DockerJson): Promise<void> {
  const untilMs = clock.now() + LEADER_WAIT_MS;
  for (;;) {
    try {
      const { cluster } = await backend.control.getCluster({}, { signal });
      const { spec } = readClusterJson(given, cluster?.spec ?? null);
      await backend.control.updateCluster({ spec, version: cluster?.meta?.version ?? 0 }, { signal });
      break;
    } catch (error) {
      if (!isRetryable(error) || clock.now() > untilMs) throw error;
      await sleep(clock, LOOK_AGAIN_MS, "http api: the first leader", signal);
    }
  }
  while (clock.now() < untilMs) {
    const { node } = await backend.control.getNode({ ref: nodeId }, { signal });
    if (node?.status?.state === "READY") return;
    await sleep(clock, LOOK_AGAIN_MS, "http api: the first node", signal);
  }
}

/** What this host's state forbids is 503 to Docker's clients. */
async function here<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "failedPrecondition") throw error;
    throw new StatusError(503, error.message, { cause: error });
  }
}

function addressesOf(asked: DockerJson) {
  return {
    advertiseAddress: String(asked["AdvertiseAddr"] ?? ""),
    listenAddress: String(asked["ListenAddr"] ?? ""),
    dataPathAddress: String(asked["DataPathAddr"] ?? ""),
    availability: readAvailability(asked["Availability"] as string | undefined),
  };
}
