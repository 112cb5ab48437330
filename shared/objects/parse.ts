import { SwarmError } from "../errors.ts";
import { parseId } from "../ids.ts";
import type { Cluster__Output } from "../rpc/gen/swarm/v1/Cluster.ts";
import type { Network__Output } from "../rpc/gen/swarm/v1/Network.ts";
import type { Node__Output } from "../rpc/gen/swarm/v1/Node.ts";
import type { Service__Output } from "../rpc/gen/swarm/v1/Service.ts";
import type { ServiceSpec__Output } from "../rpc/gen/swarm/v1/ServiceSpec.ts";
import type { Task__Output } from "../rpc/gen/swarm/v1/Task.ts";
import type { Cluster, Network, Node, Service, ServiceSpec, Task } from "./types.ts";

/** From the wire into our types: proves that what the types promise is there. All throw SwarmError invalidArgument. */
export const parseObject = {
  node(wire: Node__Output): Node {
    parseId(wire.id, "node");
    requireParts("node", wire.id, { meta: wire.meta, spec: wire.spec, status: wire.status });
    return wire as unknown as Node;
  },
  service(wire: Service__Output): Service {
    parseId(wire.id, "service");
    requireParts("service", wire.id, { meta: wire.meta, spec: wire.spec });
    parseServiceSpec(wire.spec as ServiceSpec__Output);
    if (wire.previousSpec !== null) parseServiceSpec(wire.previousSpec);
    return wire as unknown as Service;
  },
  task(wire: Task__Output): Task {
    parseId(wire.id, "task");
    requireParts("task", wire.id, {
      meta: wire.meta,
      spec: wire.spec,
      container: wire.spec?.container,
      status: wire.status,
      annotations: wire.serviceAnnotations,
    });
    return wire as unknown as Task;
  },
  network(wire: Network__Output): Network {
    parseId(wire.id, "network");
    requireParts("network", wire.id, { meta: wire.meta, spec: wire.spec, annotations: wire.spec?.annotations });
    return wire as unknown as Network;
  },
  cluster(wire: Cluster__Output): Cluster {
    parseId(wire.id, "cluster");
    requireParts("cluster", wire.id, { meta: wire.meta, spec: wire.spec, rootCa: wire.rootCa });
    return wire as unknown as Cluster;
  },
} as const;

/** A spec as it comes from a client: its shape only, not its content (manager/api validates that). */
export function parseServiceSpec(wire: ServiceSpec__Output): ServiceSpec {
  const name = wire.annotations?.name ?? "";
  requireParts("service spec", name, {
    annotations: wire.annotations,
    task: wire.task,
    container: wire.task?.container,
    mode: wire.mode,
  });
  return wire as unknown as ServiceSpec;
}

function requireParts(what: string, id: string, parts: Readonly<Record<string, unknown>>): void {
  for (const [part, value] of Object.entries(parts)) {
    if (value === null || value === undefined) throw new SwarmError("invalidArgument", `${what} ${id} has no ${part}`);
  }
}
