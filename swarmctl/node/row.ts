import type { Node, RootRotation } from "../../shared/rpc/gen/objects.ts";
import type { Column } from "../format/table.ts";
import { pretty } from "../names.ts";

/** A line of `node ls`; its fields are what templates and JSON know. */
export interface NodeRow extends Readonly<Record<string, unknown>> {
  readonly Availability: string;
  readonly EngineVersion: string;
  readonly Hostname: string;
  readonly ID: string;
  readonly ManagerStatus: string;
  readonly Self: boolean;
  readonly Status: string;
  /** The reason for the status, with the evidence; "" if there is nothing to say. */
  readonly StatusMessage: string;
  readonly TLSStatus: TlsStatus;
}

/** Docker's words; its third, Unknown, is for nodes without a certificate, and here every node has one. */
type TlsStatus = "Ready" | "Needs Rotation";

/** `rotation` is the root's, if it is being replaced. */
export function nodeRow(node: Node, selfId: string, rotation: RootRotation | null): NodeRow {
  return {
    Availability: node.spec?.evacuation ? "Draining" : pretty(node.spec?.availability ?? "ACTIVE"),
    EngineVersion: node.description?.engineVersion ?? "",
    Hostname: node.description?.hostname ?? "",
    ID: node.id,
    ManagerStatus: managerStatus(node),
    Self: node.id === selfId,
    Status: pretty(node.status?.state ?? "UNKNOWN"),
    StatusMessage: node.status?.message ?? "",
    TLSStatus: tlsStatus(node, rotation),
  };
}

const NODE_COLUMNS: readonly Column<NodeRow>[] = [
  { heading: "ID", cell: (row) => (row.Self ? `${row.ID} *` : row.ID) },
  { heading: "HOSTNAME", cell: (row) => row.Hostname },
  { heading: "STATUS", cell: (row) => row.Status },
  { heading: "AVAILABILITY", cell: (row) => row.Availability },
  { heading: "MANAGER STATUS", cell: (row) => row.ManagerStatus },
  { heading: "ENGINE VERSION", cell: (row) => row.EngineVersion },
];

/** The columns for these rows: the reason only if some node has one. */
export function nodeColumns(rows: readonly NodeRow[]): readonly Column<NodeRow>[] {
  if (rows.every(({ StatusMessage }) => StatusMessage === "")) return NODE_COLUMNS;
  return [...NODE_COLUMNS, { heading: "REASON", cell: (row) => row.StatusMessage }];
}

/** Whether a node has shown a certificate of the root that the swarm is to have. */
export function tlsStatus({ certificateRoot }: Node, rotation: RootRotation | null): TlsStatus {
  return rotation === null || certificateRoot === rotation.fingerprint ? "Ready" : "Needs Rotation";
}

function managerStatus({ managerStatus: status }: Node): string {
  if (status === null) return "";
  return status.leader ? "Leader" : pretty(status.reachability);
}
