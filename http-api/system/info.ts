import type { InfoResponse } from "../../shared/rpc/gen/local.ts";
import { type Answer, json } from "../answer.ts";
import type { Call } from "../route.ts";

/** What `docker info` shows. */
export async function info({ backend, signal }: Call): Promise<Answer> {
  return json(toDockerInfo(await backend.local.info({}, { signal })));
}

function toDockerInfo(host: InfoResponse): unknown {
  const { description } = host;
  return {
    ID: host.nodeId,
    Name: host.hostname,
    ServerVersion: host.version,
    ContainersRunning: host.containersRunning,
    NCPU: (description?.resources?.nanoCpus ?? 0) / 1e9,
    MemTotal: description?.resources?.memoryBytes ?? 0,
    OSType: "linux",
    Architecture: description?.platform?.architecture ?? "",
    Swarm: {
      NodeID: host.nodeId,
      NodeAddr: host.nodeAddress,
      LocalNodeState: host.state.toLowerCase(),
      ControlAvailable: host.controlAvailable,
      Error: host.error,
      RemoteManagers: host.remoteManagers.map(({ nodeId, address }) => ({ NodeID: nodeId, Addr: address })),
      Nodes: host.nodes,
      Managers: host.managers,
    },
    Warnings: host.warnings,
  };
}
