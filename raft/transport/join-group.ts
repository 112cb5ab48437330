import { parseHostPort } from "../../shared/address.ts";
import { backoffMs } from "../../shared/backoff.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { requireNode } from "../../shared/rpc/authorize.ts";
import type { JoinGroupRequest, JoinGroupResponse } from "../../shared/rpc/gen/raft.ts";
import { type CallContext, type UnaryHandler, unary } from "../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { toRaftId } from "../ids.ts";
import type { Admission } from "../node/membership-changes.ts";
import { noLeader } from "../node/read-barriers.ts";
import { toMember } from "../wire/entry-codec.ts";
import { DIAL_BACK_MS } from "./limits.ts";
import type { ConnectRaft } from "./peer-link.ts";
import { tcpDial } from "./ports/tcp-dial.ts";

/** Joining as a manager: the leader's side and the newcomer's. */

/** What the handler needs from the member that serves it. */
export interface Doorkeeper {
  /** Where the leader is, HOST:PORT: "self" when it is this node, null when none is known. */
  leaderAddress(): string | "self" | null;
  admitMember(joiner: { readonly nodeId: string; readonly address: string }): Promise<Admission>;
}

export interface JoinHandlerOptions {
  /** null while this host is not a member of the group. */
  readonly doorkeeper: () => Doorkeeper | null;
  /** The node id behind a call. @throws SwarmError when it is no manager. Default: by its certificate. */
  readonly identify?: (context: CallContext) => string;
  /** Proves that the newcomer's address leads to it from here. */
  readonly dial?: (address: string, timeoutMs: number) => Promise<void>;
}

/** Serves JoinGroup: only the leader admits anyone, and only managers that it can reach itself. */
export function joinGroupHandler(
  options: JoinHandlerOptions,
): UnaryHandler<JoinGroupRequest, Sendable<JoinGroupResponse>> {
  return unary(async ({ address }, context) => {
    const nodeId = options.identify?.(context) ?? requireNode(context.caller, "manager").nodeId;
    const doorkeeper = options.doorkeeper();
    const leader = doorkeeper?.leaderAddress() ?? null;
    if (doorkeeper === null || leader !== "self") throw new NotLeaderError(leader === "self" ? null : leader);
    parseHostPort(address, "address of a manager");
    // A member that cannot be reached from here would count against the quorum and never help it.
    await (options.dial ?? tcpDial)(address, DIAL_BACK_MS);
    const { raftId, members, era } = await doorkeeper.admitMember({ nodeId, address });
    return { raftId, members: [...members], era };
  });
}

export interface JoinOptions {
  /** A known manager: where to begin. */
  readonly remote: string;
  /** HOST:PORT where this host listens; it must listen already. */
  readonly address: string;
  readonly connect: ConnectRaft;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** Follows hints and waits out elections for at most this many tries: with the backoff about 15 s. */
const JOIN_ATTEMPTS_MAX = 20;
const JOIN_BACKOFF = { baseMs: 100, maxMs: 1_000 } as const;

/**
 * Asks to become a member, following from manager to manager until the leader is found.
 * @throws SwarmError as the leader said, or unavailable when no leader was found.
 */
export async function joinGroup(options: JoinOptions): Promise<Admission> {
  const { clock, random, signal } = options;
  let address = options.remote;
  let last: unknown = noLeader();
  for (let attempt = 0; attempt < JOIN_ATTEMPTS_MAX; attempt++) {
    signal?.throwIfAborted();
    try {
      await using client = options.connect(address);
      const { raftId, members, era } = await client.joinGroup(
        { address: options.address },
        { timeoutMs: 4 * DIAL_BACK_MS, ...(signal === undefined ? {} : { signal }) },
      );
      return { raftId: toRaftId(raftId), members: members.map(toMember), era };
    } catch (error) {
      last = error;
      if (error instanceof NotLeaderError && error.leaderAddress !== null) {
        address = error.leaderAddress;
        // After a change of leader, hints are wrong for a moment: this prevents an endless chase between two managers.
        if (attempt < 2) continue;
      } else if (!isPassing(error)) throw error;
      // The hint may lead to the very host that died: start again with the address that the person gave.
      else address = options.remote;
    }
    await sleep(clock, backoffMs(attempt, JOIN_BACKOFF, random), "raft join", signal);
  }
  throw new SwarmError("unavailable", `could not join the managers: ${messageOf(last)}`, { cause: last });
}

/** "aborted": leadership changed while the change was under way; asking again gives the same answer or a new one. */
function isPassing(error: unknown): boolean {
  return error instanceof SwarmError && (error.code === "unavailable" || error.code === "aborted");
}
