import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { Bell } from "../shared/bell.ts";
import { messageOf } from "../shared/errors.ts";
import { InvariantError } from "../shared/invariant.ts";
import { type Logger, levelOfFailure } from "../shared/log.ts";
import { roleGenerationOf } from "../shared/pki/node-certificate.ts";
import { rootOf } from "../shared/pki/root-trust.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { ClusterView } from "../shared/rpc/gen/dispatcher.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";

/** A promoted node that cannot join yet, or a demoted one whose leader is changing, tries again this often. */
const RETRY: BackoffOptions = { baseMs: 200, maxMs: 5_000 };

/** An ordinary change may fail a few times while leadership moves or the others learn of it. */
const WARN_FROM = 8;

/** The parts of this node's identity that the cluster may want to change. */
export interface HeldIdentity {
  /** As the certificate says. */
  readonly role: NodeRole;
  /** Whose parts run here; it follows the certificate. */
  readonly actsAs: NodeRole;
  /** The role generation of the certificate under which those parts began. */
  readonly actsSince: number;
  /** PEM. */
  readonly rootCa: string;
  readonly certificate: string;
}

/** The next step that brings a node's identity to what the cluster wants. */
export type IdentityStep =
  /** Comes before all others: a new certificate is useless to peers that do not trust its root, and to us as well. */
  | { readonly kind: "believe"; readonly rootCa: string }
  | { readonly kind: "renew"; readonly why: string }
  /**
   * The parts of the certificate's role start or end. A separate step, because it may fail after the certificate has
   * arrived.
   */
  | { readonly kind: "takeUp" }
  /** The cluster waits for this before it drops the old root. */
  | { readonly kind: "confirm" };

/** null = nothing to do. `confirmed` is the root that was already shown, if the view does not say so yet. */
export function nextIdentityStep(view: ClusterView, held: HeldIdentity, confirmed: string): IdentityStep | null {
  const { node, rootCa, certificateRoot } = view;
  if (rootCa !== "" && rootCa.trim() !== held.rootCa.trim()) return { kind: "believe", rootCa };
  // A manager that was demoted has left the Raft group for good. If it is promoted again meanwhile, its old member must
  // be gone first: a certificate that is a manager's again would leave it running, a member of nothing. It may have
  // heard of neither (it was off, or both came within one view): only the generations tell.
  const heldGeneration = roleGenerationOf(held.certificate);
  if (held.actsAs === "MANAGER" && (held.role === "WORKER" || heldGeneration > held.actsSince))
    return { kind: "takeUp" };
  if (node !== null && node.role !== held.role)
    return { kind: "renew", why: `its role is ${node.role.toLowerCase()} now` };
  if (node !== null && held.role === "MANAGER" && node.roleGeneration > heldGeneration)
    return { kind: "renew", why: "it was demoted and promoted again" };
  if (held.actsAs !== held.role) return { kind: "takeUp" };
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
}

/**
 * Makes the node's identity follow its object and the cluster's root: level-triggered, one change at a time, retried
 * until it holds.
 */
export class IdentityFollower {
  readonly #deps: IdentityFollowerDeps;
  readonly #bell = new Bell();
  #view: ClusterView | null = null;
  #confirmed = "";

  constructor(deps: IdentityFollowerDeps) {
    this.#deps = deps;
  }

  /** Takes each view of the cluster as it arrives. */
  offer(view: ClusterView): void {
    this.#view = view;
    this.#bell.ring();
  }

  /** To be called when the identity was changed by somebody else. */
  look(): void {
    this.#bell.ring();
  }

  /** Runs until the signal. @throws InvariantError; the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#bell.next(signal);
      let failures = 0;
      for (let step = this.#next(); step !== null; step = this.#next()) {
        failures = (await this.#take(step, failures + 1, signal)) ? 0 : failures + 1;
      }
    }
  }

  #next(): IdentityStep | null {
    return this.#view && nextIdentityStep(this.#view, this.#deps.held(), this.#confirmed);
  }

  /** Whether the step succeeded; if not, it may be tried again now. `times` counts from 1. */
  async #take(step: IdentityStep, times: number, signal: AbortSignal): Promise<boolean> {
    const { log, clock, random, take } = this.#deps;
    const reason = reasonOf(step, this.#deps.held());
    log.info("the cluster has changed this node's identity", { step: step.kind, reason });
    const certificateRoot = this.#view?.certificateRoot ?? "";
    try {
      await take(step);
      if (step.kind === "confirm") this.#confirmed = certificateRoot;
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof InvariantError) throw error;
      const what = { step: step.kind, reason, failures: times, error: messageOf(error) };
      log[levelOfFailure(times, WARN_FROM)]("could not take on the new identity; trying again", what);
      await sleep(clock, backoffMs(times - 1, RETRY, random), "identity retry", signal);
      return false;
    }
  }
}

function reasonOf(step: IdentityStep, { role }: HeldIdentity): string {
  if (step.kind === "renew") return step.why;
  return step.kind === "takeUp" ? `its role is ${role.toLowerCase()} now` : "the root is being replaced";
}
