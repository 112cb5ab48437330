/** Facts of a healthy swarm for the doctor's tests, with what matters to a test given by it. */
import type { ExaminedNode, PublishedPortFacts, SwarmFacts } from "../../shared/doctor/swarm-facts.ts";
import type { HostFacts, PortFacts, WayFacts } from "../../shared/rpc/gen/doctor.ts";

export const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;
export const NOW_MS = 1_700_000_000_000;

export function wayTo(name: string, part: Partial<WayFacts> = {}): WayFacts {
  return {
    ...{ nodeId: name, address: `10.77.0.${name.slice(-1)}`, overlayBytes: 1450 },
    ...{ gossipTcp: "ACCEPTED", gossipUdp: "ACCEPTED", manager: "ACCEPTED", overlay: "ACCEPTED" },
    ...part,
  };
}

export function portSeen(port: number, part: Partial<PortFacts> = {}): PortFacts {
  return { protocol: "tcp", port, reach: "ACCEPTED", reach6: "ACCEPTED", listener: null, ...part };
}

export function hostFacts(part: Partial<HostFacts> = {}): HostFacts {
  return {
    ...{ ways: [], ports: [], otherPorts: [], troubles: [] },
    dataPath: {
      ...{ overlayUp: true, overlayMtu: 1450, linkMtu: 1500, forwards: true },
      ...{ failures: [], repaired: [], foreignDrops: [], inputDrops: [], wrongChecksums: 0 },
    },
    names: { address: "172.30.0.1", fault: "", upstreams: [{ address: "192.0.2.53", answered: true }] },
    disk: { path: "/var/lib/swarm", totalBytes: 100 * GIB, freeBytes: 50 * GIB },
    certificate: { notBeforeMs: NOW_MS - 30 * DAY_MS, notAfterMs: NOW_MS + 60 * DAY_MS },
    ...part,
  };
}

export function examined(name: string, part: Partial<ExaminedNode> = {}): ExaminedNode {
  return {
    ...{ id: name, name, state: "READY", message: "", manager: { isReachable: true }, triedPortsOf: null },
    ...{ facts: hostFacts(), clock: { offsetMs: 3, uncertaintyMs: 5 } },
    ...part,
  };
}

export function published(part: Partial<PublishedPortFacts> = {}): PublishedPortFacts {
  return {
    ...{ protocol: "tcp", port: 80, targetPort: 8080, service: "web", nodeId: null, wanted: 2, ready: 2 },
    ...part,
  };
}

/** Hosts that all reach each other, changed by `change`; `way` changes each way from one to another. */
export function swarmOf(
  names: readonly string[],
  parts: {
    readonly node?: (name: string) => Partial<ExaminedNode>;
    readonly facts?: (name: string) => Partial<HostFacts>;
    readonly way?: (from: string, to: string) => Partial<WayFacts>;
    readonly ports?: readonly PublishedPortFacts[];
    readonly isWhole?: boolean;
  } = {},
): SwarmFacts {
  const nodes = names.map((name) => {
    const others = names.filter((other) => other !== name);
    const ways = others.map((other) => wayTo(other, parts.way?.(name, other)));
    return examined(name, { facts: hostFacts({ ways, ...parts.facts?.(name) }), ...parts.node?.(name) });
  });
  return { nodes, ports: parts.ports ?? [], dataPathPort: 4789, nowMs: NOW_MS, isWhole: parts.isWhole ?? true };
}
