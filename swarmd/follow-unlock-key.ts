import type { Store } from "../manager/store/store-types.ts";
import type { RaftNode } from "../raft/raft-node.ts";
import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { Bell } from "../shared/bell.ts";
import { messageOf } from "../shared/errors.ts";
import { type Logger, levelOfFailure } from "../shared/log.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import { isSameUnlockKey, unlockKeyOf } from "../shared/pki/unlock-key.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import { Scope } from "../shared/scope.ts";
import type { ActiveIdentity } from "./runtimes.ts";

/** A new certificate needs a leader, which may just be changing. */
const RETRY: BackoffOptions = { baseMs: 500, maxMs: 30_000 };
/** As long as an election and a renewal take on a slow day: before that a failure is no news. */
const WARN_FROM = 5;

export interface UnlockKeyDeps {
  readonly store: Store;
  readonly raft: Pick<RaftNode, "rotateDataKey">;
  readonly lock: KeyLock;
  /** The unlock key that this host keeps for its own daemon; null = it keeps none. @throws SwarmError */
  readonly readUnlockKey: () => Promise<string | null>;
  readonly active: Pick<ActiveIdentity, "renewCertificate">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Makes the lock of this manager's keys follow the cluster object, for as long as the manager runs. After a change the
 * keys themselves are replaced, too: what a disk once held under another lock, or none, may have been copied from it.
 */
export function followUnlockKey(deps: UnlockKeyDeps): AsyncDisposable {
  const bell = new Bell();
  const scope = new Scope(deps.log);
  scope.own(
    deps.store.subscribe(({ changes, resync }) => {
      if (resync || changes.some(({ kind }) => kind === "cluster")) bell.ring();
    }),
  );
  bell.ring();
  scope.spawn("unlock key", (signal) => run(deps, bell, signal));
  return scope;
}

async function run(deps: UnlockKeyDeps, bell: Bell, signal: AbortSignal): Promise<void> {
  const { clock, random, log } = deps;
  for (let failures = 0; ; ) {
    await bell.next(signal);
    try {
      await followOnce(deps);
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      const level = levelOfFailure(++failures, WARN_FROM);
      log[level]("this manager's keys are not yet locked as the swarm wants it; trying again", {
        error: messageOf(error),
        failures,
      });
      await sleep(clock, backoffMs(failures - 1, RETRY, random), "unlock key: retry", signal);
      bell.ring();
    }
  }
}

async function followOnce(deps: UnlockKeyDeps): Promise<void> {
  const { store, lock, raft, active, log } = deps;
  const cluster = store.view().all("cluster")[0];
  // A manager that has just joined knows nothing yet.
  if (cluster === undefined) return;
  const key = unlockKeyOf(cluster);
  if (lock.differs(key, cluster.meta.version)) {
    await lock.follow(key, cluster.meta.version);
    log.info(key === null ? "this manager's keys are not locked any more" : "this manager's keys have a new lock");
    if (key !== null) await warnOfAnotherKey(deps, key);
  }
  if (!lock.isRenewalDue) return;
  await raft.rotateDataKey();
  await active.renewCertificate();
  await lock.markRenewed();
  log.info("what was on this manager's disk under its former lock has been replaced");
}

/** Rather now than at the next start, in the night. */
async function warnOfAnotherKey({ readUnlockKey, log }: UnlockKeyDeps, key: string): Promise<void> {
  const kept = await readUnlockKey().catch(() => "");
  if (kept === null || isSameUnlockKey(kept, key)) return;
  log.warn(
    "the file of --unlock-key-file does not hold the new unlock key: this manager will stay locked at its start",
  );
}
