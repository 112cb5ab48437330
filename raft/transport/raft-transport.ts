import type { Message } from "../core/message.ts";
import type { RaftId, RaftMember } from "../ids.ts";

/** Which member of which group a transport speaks for. */
export interface TransportSelf {
  readonly raftId: RaftId;
  readonly era: number;
}

/**
 * How members reach each other. Messages may be lost, duplicated and reordered; a loss is reported where it is known. A
 * port: production speaks gRPC, a simulation carries messages through its own world.
 */
export interface RaftTransport extends AsyncDisposable {
  /** Once, before anything is sent or received. */
  start(self: TransportSelf, receiver: TransportReceiver): void;
  /** The members, with addresses, and the used-up ids, whose senders are refused and told why. */
  setMembers(members: readonly RaftMember[], removed: readonly RaftId[]): void;
  /**
   * HOST:PORT where the member says that it listens, otherwise where the list of members says; null = not known.
   */
  addressOf(id: RaftId): string | null;
  /** Queues; never waits. Snapshots take a separate path, and their outcome is always reported. */
  send(messages: readonly Message[]): void;
}

/** What a transport tells its node. Calls only queue and return at once. */
export interface TransportReceiver {
  /** Resolves when more may come: the only way in which a busy node slows down its peers. */
  onMessages(messages: readonly Message[]): Promise<void>;
  /** What was queued for the peer is lost. */
  onUnreachable(peer: RaftId): void;
  onSnapshotReport(peer: RaftId, ok: boolean): void;
  /** A stream from or to the peer's process was closed, not timed out. */
  onConnectionClosed(peer: RaftId): void;
  /** A member said that this node's id was removed from the group, or that the group was made anew without it. */
  onRemoved(): void;
}
