import type { RaftId } from "../../../raft/ids.ts";
import type { Claim, Refusal } from "../../../raft/transport/admission.ts";
import type { SimProcess } from "./sim-process.ts";

/** A whole snapshot on its way, as bytes. */
export interface SnapshotParcel extends Claim {
  readonly address: string;
  readonly term: number;
  readonly meta: Uint8Array;
  readonly data: Uint8Array;
}

/** What the network needs of a process' end of it. */
export interface NetworkEnd {
  readonly process: SimProcess;
  readonly address: string;
  /** It was started, not closed, and its process lives. */
  readonly isServing: boolean;
  readonly self: RaftId | null;
  /** A frame came in. Returns why it is refused. */
  takeFrame(bytes: Uint8Array, nodeId: string): Refusal | null;
  /** Returns whether it was taken; its sender is told. */
  takeSnapshot(parcel: SnapshotParcel, nodeId: string): boolean;
  onRefused(refusal: Refusal): void;
  onUnreachable(peer: RaftId): void;
  onConnectionClosed(peer: RaftId): void;
}
