import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { Bell } from "../shared/bell.ts";
import { messageOf } from "../shared/errors.ts";
import { type Logger, levelOfFailure } from "../shared/log.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { ClusterView } from "../shared/rpc/gen/dispatcher.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";

/** A promoted node that cannot join yet, or a demoted one whose leader is changing, tries again this often. */
const RETRY: BackoffOptions = { baseMs: 200, maxMs: 5_000 };

/** An ordinary promotion or demotion fails a few times, while leadership moves or the others learn of it. */
const WARN_FROM = 8;

export interface RoleFollowerDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Role of the certificate in use. */
  readonly roleNow: () => NodeRole;
  /** Fetches the certificate of the new role and starts or stops the manager. */
  readonly changeRole: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Makes the node follow the role its object in the cluster has: level-triggered, one change at a time, retried until it
 * holds. `offer` takes each view of the cluster as it comes.
 */
export function followRole(deps: RoleFollowerDeps): { offer(view: ClusterView): void } {
  const { log, clock, random, signal } = deps;
  const bell = new Bell();
  let wanted: NodeRole | null = null;
  const follow = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      await bell.next(signal);
      while (wanted !== null && wanted !== deps.roleNow() && !signal.aborted) {
        log.info("the cluster wants another role of this node", { role: wanted });
        try {
          await deps.changeRole();
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          const level = levelOfFailure(++failures, WARN_FROM);
          log[level]("could not take the new role; trying again", { role: wanted, failures, error: messageOf(error) });
          await sleep(clock, backoffMs(failures - 1, RETRY, random), "role change retry", signal);
        }
      }
    }
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) log.error("the role follower failed", { error: messageOf(error) });
  });
  return {
    offer(view) {
      wanted = view.node?.role ?? wanted;
      bell.ring();
    },
  };
}
