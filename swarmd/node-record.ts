import { SwarmError } from "../shared/errors.ts";
import type { ClusterId, NodeId } from "../shared/ids.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";

/** What a node must remember about itself to come back after a restart; the certificate files hold its identity. */
export interface NodeRecord {
  /** Format of this record; a newer one is refused rather than half understood. */
  readonly format: 1;
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId;
  /** Role of the certificate on disk. */
  readonly role: NodeRole;
  /**
   * Role generation of the certificate under which this role was taken up: a Raft log on disk is of that time. Absent
   * in records of earlier releases.
   */
  readonly roleGeneration?: number;
  /** HOST:PORT other nodes use for this one. */
  readonly advertiseAddress: string;
  /** IP:PORT the manager API listens on. */
  readonly listenAddress: string;
  /** IP address for overlay traffic. */
  readonly dataPathAddress: string;
  /**
   * Names of the network interfaces that have the address which is advertised, and that for overlay traffic; absent =
   * on none when they were last looked at, or in records of earlier releases.
   */
  readonly advertiseInterface?: string;
  readonly dataPathInterface?: string;
  /** Managers seen last, HOST:PORT; any of them can say who leads. */
  readonly managers: readonly string[];
}

/** Where a node's record is kept; implemented by ports/node-database.ts. */
export interface RecordStore {
  load(): Promise<NodeRecord | null>;
  save(record: NodeRecord): Promise<void>;
  forget(): Promise<void>;
}

const FORMAT = 1;

export function encodeNodeRecord(record: NodeRecord): string {
  return JSON.stringify(record);
}

/** @throws SwarmError failedPrecondition when the record is of another format or damaged. */
export function decodeNodeRecord(text: string): NodeRecord {
  let parsed: Partial<NodeRecord>;
  try {
    // Any other JSON has no format, which the next check says.
    parsed = Object(JSON.parse(text)) as Partial<NodeRecord>;
  } catch (cause) {
    throw new SwarmError(
      "failedPrecondition",
      "the node record is damaged: not JSON; restore the data directory, or wipe it and join again",
      { cause },
    );
  }
  if (parsed.format !== FORMAT) {
    throw new SwarmError(
      "failedPrecondition",
      `the node record has format ${JSON.stringify(parsed.format)}, this swarmd understands ${FORMAT}; use the newer swarmd`,
    );
  }
  for (const key of [
    "nodeId",
    "clusterId",
    "role",
    "advertiseAddress",
    "listenAddress",
    "dataPathAddress",
    "managers",
  ] as const) {
    if (parsed[key] === undefined) {
      throw new SwarmError(
        "failedPrecondition",
        `the node record is damaged: it has no ${key}; restore the data directory, or wipe it and join again`,
      );
    }
  }
  return parsed as NodeRecord;
}
