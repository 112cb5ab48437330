import type { RaftStatus } from "../../raft/raft-handle.ts";
import { PORTS_MAX, WAYS_MAX } from "../../shared/doctor/limits.ts";
import type { PublishedPortFacts } from "../../shared/doctor/swarm-facts.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { Examination, ExaminationReport, ExaminedHost, ExaminedPort } from "../../shared/rpc/gen/doctor.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";

/** Of the hosts that each host tries in a large swarm, at most this many because they are managers. */
const MANAGERS_TRIED_MAX = WAYS_MAX / 4;

/** What one host is asked, and the host whose ports it tries besides its own. */
export interface HostPlan {
  readonly examination: Sendable<Examination>;
  readonly triedPortsOf: NodeId | null;
}

export interface PlanInput {
  readonly examinationId: string;
  readonly nodes: readonly Node[];
  /** Those that can be asked. */
  readonly inSession: ReadonlySet<NodeId>;
  readonly raft: Pick<RaftStatus, "members">;
  readonly ports: readonly PublishedPortFacts[];
}

/** What the doctor needs of the dispatcher. */
export interface ExaminingSessions {
  /** False = the node is not in session. */
  examine(nodeId: NodeId, examination: Sendable<Examination>): boolean;
  onExamined(listener: (nodeId: NodeId, report: ExaminationReport) => void): Disposable;
  trace(nodeId: NodeId): { readonly isOpen: boolean } | null;
}

/** Who tries whom. Pure; the same for the same input. */
export function planExaminations(input: PlanInput): ReadonlyMap<NodeId, HostPlan> {
  const { examinationId, nodes, inSession, ports } = input;
  const asked = nodes.filter(({ id }) => inSession.has(id)).sort((a, b) => a.id.localeCompare(b.id, "en"));
  const absent = nodes.filter(({ id }) => !inSession.has(id));
  const managers = new Map(input.raft.members.map(({ nodeId, address }) => [nodeId as string, address]));
  const toHost =
    (mutual: boolean) =>
    ({ id, status }: Node): ExaminedHost => ({
      nodeId: id,
      address: status.address,
      managerAddress: managers.get(id) ?? "",
      mutual,
    });
  const isAddressed = ({ address }: ExaminedHost): boolean => address !== "";
  return new Map(
    asked.map((node, at) => {
      const near = neighbours(asked, at);
      const nearIds = new Set(near.map(({ id }) => id));
      const others = asked.filter(({ id }) => id !== node.id && managers.has(id) && !nearIds.has(id));
      const further = [
        ...absent.filter(({ id }) => managers.has(id)),
        ...others,
        ...absent.filter(({ id }) => !managers.has(id)),
      ];
      const hosts = [...near.map(toHost(true)), ...further.map(toHost(false))].filter(isAddressed).slice(0, WAYS_MAX);
      const other = asked.length > 1 ? asked[(at + 1) % asked.length] : undefined;
      const examination = {
        ...{ examinationId, hosts },
        ports: portsOf(node.id, ports),
        address: node.status.address,
        otherPorts: other === undefined ? [] : portsOf(other.id, ports),
        otherAddress: other?.status.address ?? "",
      };
      return [node.id, { examination, triedPortsOf: other?.id ?? null }] as const;
    }),
  );
}

/** All others where that is not too many; otherwise as many before as after, so that who tries is tried. */
function neighbours(nodes: readonly Node[], at: number): readonly Node[] {
  if (nodes.length <= WAYS_MAX - MANAGERS_TRIED_MAX + 1) return nodes.filter((_, other) => other !== at);
  const side = (WAYS_MAX - MANAGERS_TRIED_MAX) / 2;
  const offsets = Array.from({ length: side }, (_, offset) => offset + 1);
  return [...offsets, ...offsets.map((offset) => -offset)].flatMap(
    (offset) => nodes[(at + offset + nodes.length) % nodes.length] ?? [],
  );
}

function portsOf(nodeId: NodeId, ports: readonly PublishedPortFacts[]): readonly ExaminedPort[] {
  return ports
    .filter((port) => port.nodeId === null || port.nodeId === nodeId)
    .slice(0, PORTS_MAX)
    .map(({ protocol, port }) => ({ protocol, port }));
}
