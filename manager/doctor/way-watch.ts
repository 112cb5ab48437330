import type { RaftHandle } from "../../raft/raft-handle.ts";
import { createId, type NodeId, type SessionId } from "../../shared/ids.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { ChangeOf } from "../store/by-kind.ts";
import type { Change, Store } from "../store/store-types.ts";
import { type ExaminingSessions, planExaminations } from "./examination-plan.ts";

/** How often all ways are tried: a router on the way changes without a word. */
export const WAYS_EVERY_MS = 15 * 60_000;
/** After a host has come: others may come with it, and its network has to be there. */
export const WAYS_AFTER_MS = 10_000;

/** Whether somebody waits for an examination now. */
export interface ExaminationTurn {
  isTaken: boolean;
}

export interface WayWatchOptions {
  readonly store: Store;
  readonly raft: RaftHandle;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: Pick<ExaminingSessions, "examine" | "trace">;
}

/**
 * Has hosts try their ways through the overlay from time to time, and those of a host that has come soon after. They
 * describe themselves anew with what they have seen; nobody waits for it. Until the signal.
 */
export async function runWayWatch(options: WayWatchOptions, turn: ExaminationTurn, signal: AbortSignal): Promise<void> {
  const { store, clock } = options;
  const unseen = store
    .view()
    .all("node")
    .filter(({ description }) => description?.overlay == null);
  const fresh = new Set<NodeId>(unseen.map(({ id }) => id));
  let lookedAtMs: InstantMs = clock.now();
  using _subscription = store.subscribe(({ changes, resync }) => {
    if (resync) lookedAtMs = Number.NEGATIVE_INFINITY;
    for (const change of changes) if (opensWays(change)) fresh.add(change.object.id);
  });
  for (;;) {
    await sleep(clock, WAYS_AFTER_MS, "doctor: look at ways", signal);
    // A newer examination of a host would end the one that somebody waits for.
    if (turn.isTaken) continue;
    const isTime = clock.now() - lookedAtMs >= WAYS_EVERY_MS;
    if (!isTime && fresh.size === 0) continue;
    if (isTime) lookedAtMs = clock.now();
    tryWays(options, isTime ? null : new Set(fresh));
    fresh.clear();
  }
}

/** `of`: only ways from and to these; null = all. */
function tryWays({ store, raft, random, sessions }: WayWatchOptions, of: ReadonlySet<string> | null): void {
  const nodes = store.view().all("node");
  const inSession = new Set(nodes.map(({ id }) => id).filter((id) => sessions.trace(id)?.isOpen === true));
  const examinationId = createId<SessionId>(random);
  const plans = planExaminations({ examinationId, nodes, inSession, raft: raft.status(), ports: [] });
  for (const [nodeId, { examination }] of plans) {
    const hosts = (examination.hosts ?? []).filter(
      (host) => host.mutual === true && (of === null || of.has(nodeId) || of.has(host.nodeId ?? "")),
    );
    if (hosts.length > 0) sessions.examine(nodeId, { examinationId, hosts, waysOnly: true });
  }
}

/** A host that has come, or moved, or whose daemon was started again and remembers nothing. */
function opensWays(change: Change): change is ChangeOf<"node"> {
  if (change.kind !== "node" || change.action === "remove") return false;
  const { old, object } = change;
  if (object.status.state !== "READY") return false;
  const [before, now] = [old?.description, object.description];
  const hasForgotten = now?.overlay == null && before?.overlay != null;
  return old?.status.state !== "READY" || hasForgotten || before?.dataPathAddress !== now?.dataPathAddress;
}
