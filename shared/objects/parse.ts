import { SwarmError } from "../errors.ts";
import { parseId } from "../ids.ts";
import type {
  Annotations,
  Meta,
  Cluster as WireCluster,
  EarlierSpec as WireEarlierSpec,
  Guest as WireGuest,
  Node as WireNode,
  Service as WireService,
  ServiceSpec as WireServiceSpec,
  Task as WireTask,
} from "../rpc/gen/objects.ts";
import type { Cluster, EarlierSpec, Guest, Node, Service, ServiceSpec, Task } from "./types.ts";

/** The parts of every kind on the wire that are looked at here. */
interface WireNamed {
  readonly id: string;
  readonly meta: Meta | null;
  readonly spec: { readonly annotations: Annotations | null } | null;
}

// From the wire into our types: each parser proves that what the type promises is there, and throws SwarmError
// invalidArgument if it is not.

export function parseNode(wire: WireNode): Node {
  parseId(wire.id, "node");
  requireParts("node", wire.id, { meta: wire.meta, spec: wire.spec, status: wire.status });
  return wire as unknown as Node;
}

export function parseService(wire: WireService): Service {
  parseId(wire.id, "service");
  requireParts("service", wire.id, { meta: wire.meta, spec: wire.spec });
  parseServiceSpec(wire.spec as WireServiceSpec);
  if (wire.previousSpec !== null) parseServiceSpec(wire.previousSpec);
  if (wire.canary !== null) {
    requireParts("canary of service", wire.id, { base: wire.canary.base });
    parseServiceSpec(wire.canary.base as WireServiceSpec);
  }
  const base = wire.preDeploy?.base ?? null;
  if (base !== null) parseServiceSpec(base);
  return wire as unknown as Service;
}

export function parseEarlierSpec(wire: WireEarlierSpec): EarlierSpec {
  parseId(wire.id, "earlier spec");
  requireParts("earlier spec", wire.id, { meta: wire.meta, spec: wire.spec });
  parseServiceSpec(wire.spec as WireServiceSpec);
  return wire as unknown as EarlierSpec;
}

export function parseGuest(wire: WireGuest): Guest {
  parseId(wire.id, "guest");
  requireParts("guest", wire.id, { meta: wire.meta });
  return wire as unknown as Guest;
}

export function parseTask(wire: WireTask): Task {
  parseId(wire.id, "task");
  requireParts("task", wire.id, {
    meta: wire.meta,
    spec: wire.spec,
    container: wire.spec?.container,
    status: wire.status,
    annotations: wire.serviceAnnotations,
  });
  return wire as unknown as Task;
}

export function parseCluster(wire: WireCluster): Cluster {
  parseId(wire.id, "cluster");
  requireParts("cluster", wire.id, { meta: wire.meta, spec: wire.spec, rootCa: wire.rootCa });
  return wire as unknown as Cluster;
}

/** Most kinds: an id, and a spec with a name. Everything else is always present on the wire. */
export function namedParser<Parsed>(what: string): (wire: WireNamed) => Parsed {
  return (wire) => {
    parseId(wire.id, what);
    requireParts(what, wire.id, { meta: wire.meta, spec: wire.spec, annotations: wire.spec?.annotations });
    return wire as unknown as Parsed;
  };
}

/** A spec as a client sends it: checks its shape only, not its content (manager/api validates that). */
export function parseServiceSpec(wire: WireServiceSpec): ServiceSpec {
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
