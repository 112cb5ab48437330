import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { Bell } from "../shared/bell.ts";
import { messageOf } from "../shared/errors.ts";
import { type Logger, levelOfFailure } from "../shared/log.ts";
import { rootOf } from "../shared/pki/root-trust.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { ClusterView } from "../shared/rpc/gen/dispatcher.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";

/** A promoted node that cannot join yet, or a demoted one whose leader is changing, tries again this often. */
const RETRY: BackoffOptions = { baseMs: 200, maxMs: 5_000 };

/** An ordinary change fails a few times, while leadership moves or the others learn of it. */
const WARN_FROM = 8;

/** What of this node's identity the cluster may want otherwise. */
export interface HeldIdentity {
  readonly role: NodeRole;
  /** PEM. */
  readonly rootCa: string;
  readonly certificate: string;
}

/** The next thing that brings a node's identity to what the cluster wants of it. */
export type IdentityStep =
  /** Before any other: a new certificate is useless to those who do not believe its root, and one of ours to us. */
  | { readonly kind: "believe"; readonly rootCa: string }
  | { readonly kind: "renew"; readonly why: string }
  /** The cluster waits for it before it drops the old root. */
  | { readonly kind: "confirm" };

/** null = nothing to do. `confirmed` is the root that was shown already, if the view does not say so yet. */
export function nextIdentityStep(view: ClusterView, held: HeldIdentity, confirmed: string): IdentityStep | null {
  const { node, rootCa, certificateRoot } = view;
  if (rootCa !== "" && rootCa.trim() !== held.rootCa.trim()) return { kind: "believe", rootCa };
  if (node !== null && node.role !== held.role)
    return { kind: "renew", why: `its role is ${node.role.toLowerCase()} now` };
  if (certificateRoot === "") return null;
  if (rootOf(held.certificate, held.rootCa) !== certificateRoot)
    return { kind: "renew", why: "the root is being replaced" };
  const isShown = node?.certificateRoot === certificateRoot || confirmed === certificateRoot;
  return isShown ? null : { kind: "confirm" };
}

export interface IdentityFollowerDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly held: () => HeldIdentity;
  /** Carries a step out. */
  readonly take: (step: IdentityStep) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Makes the node's identity follow its object and the cluster's root: level-triggered, one change at a time, retried
 * until it holds. `offer` takes each view of the cluster as it comes.
 */
export function followIdentity(deps: IdentityFollowerDeps): { offer(view: ClusterView): void } {
  const { log, clock, random, signal } = deps;
  const bell = new Bell();
  let newest: ClusterView | null = null;
  let confirmed = "";
  const next = (): IdentityStep | null => newest && nextIdentityStep(newest, deps.held(), confirmed);
  const follow = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      await bell.next(signal);
      for (let step = next(); step !== null && !signal.aborted; step = next()) {
        const reason = step.kind === "renew" ? step.why : "the root is being replaced";
        log.info("the cluster wants another identity of this node", { step: step.kind, reason });
        const certificateRoot: string = newest?.certificateRoot ?? "";
        try {
          await deps.take(step);
          if (step.kind === "confirm") confirmed = certificateRoot;
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          const level = levelOfFailure(++failures, WARN_FROM);
          const what = { step: step.kind, reason, failures, error: messageOf(error) };
          log[level]("could not take the new identity; trying again", what);
          await sleep(clock, backoffMs(failures - 1, RETRY, random), "identity retry", signal);
        }
      }
    }
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) log.error("the identity follower failed", { error: messageOf(error) });
  });
  return {
    offer(view) {
      newest = view;
      bell.ring();
    },
  };
}
