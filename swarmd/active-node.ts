import { Bell } from "../shared/bell.ts";
import { endsWithin } from "../shared/ends-within.ts";
import { messageOf } from "../shared/errors.ts";
import { unreachable } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import { confirmCertificate, type NodeIdentity, renewCertificate, toTlsMaterial } from "../shared/pki/bootstrap.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import type { KeyStore } from "../shared/pki/key-store.ts";
import { roleGenerationOf } from "../shared/pki/node-certificate.ts";
import type { CryptoEngine } from "../shared/pki/ports/crypto-engine.ts";
import { TlsCredentials } from "../shared/pki/tls-credentials.ts";
import type { Clock } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { ClusterView } from "../shared/rpc/gen/dispatcher.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";
import { Scope } from "../shared/scope.ts";
import { keepRenewing } from "./certificate-renewal.ts";
import { IdentityFollower, type IdentityStep } from "./identity-follower.ts";
import { judgeLeave } from "./leave-judgement.ts";
import { ManagerHalf, mayPass } from "./manager-half.ts";
import type { NodeRecord, RecordStore } from "./node-record.ts";
import type { ActiveIdentity, ManagerRuntime, ManagerStart, RuntimeFactory, WorkerRuntime } from "./runtimes.ts";
import { stepDown } from "./step-down.ts";
import { WORKER_STOP_MS_MAX } from "./stop-within.ts";
import { toFatal } from "./storage-faults.ts";

export interface ActiveNodeDeps {
  readonly identity: NodeIdentity;
  readonly record: NodeRecord;
  readonly start: ManagerStart;
  readonly records: RecordStore;
  readonly keys: KeyStore;
  readonly lock: KeyLock;
  readonly runtimes: RuntimeFactory;
  readonly engine: CryptoEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Whether to wait for a manager that cannot start yet; otherwise the node does not start. */
  readonly isPatient: boolean;
  /** A fault that appears later and that no further attempt can fix: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** The cluster no longer knows this node. */
  readonly onRemoved: () => void;
}

/**
 * A host that is a node: always its worker, its manager while its role says so, and a certificate that is renewed
 * before it expires and whenever the role changes.
 */
export class ActiveNode {
  readonly credentials: TlsCredentials;
  readonly #deps: ActiveNodeDeps;
  readonly #scope: Scope;
  #identity: NodeIdentity;
  #record: NodeRecord;
  /** The role whose parts are running: the certificate's or, for a moment, still the previous one. */
  #actsAs: NodeRole;
  /** The role generation of the certificate under which they began. */
  #actsSince: number;
  readonly #manager: ManagerHalf;
  #worker: WorkerRuntime | null = null;
  /** The role of this node's object, as last told by the leader; null = not told yet. */
  #toldRole: NodeRole | null = null;
  readonly #told = new Bell();

  private constructor(deps: ActiveNodeDeps) {
    this.#deps = deps;
    this.#identity = deps.identity;
    this.#record = deps.record;
    this.#actsAs = deps.identity.role;
    this.#actsSince = roleGenerationOf(deps.identity.certificate);
    this.credentials = new TlsCredentials(toTlsMaterial(deps.identity));
    this.#scope = new Scope(deps.log);
    this.#manager = new ManagerHalf(deps);
  }

  /**
   * Resolves when its parts are running.
   * @throws SwarmError when one cannot start; then everything is stopped again.
   */
  static async start(deps: ActiveNodeDeps): Promise<ActiveNode> {
    const node = new ActiveNode(deps);
    try {
      if (deps.identity.role === "MANAGER") {
        const start = (signal: AbortSignal): Promise<ManagerRuntime> => node.#startManager(deps.start, signal);
        if (deps.isPatient) await node.#manager.startPatiently(start);
        else await node.#manager.startOnce(start);
      }
      const follower = new IdentityFollower({
        ...deps,
        held: () => ({ ...node.#identity, actsAs: node.#actsAs, actsSince: node.#actsSince }),
        take: (step) => node.#take(step),
      });
      node.#worker = await deps.runtimes.startWorker(node.#active(), {
        onClusterView: (view) => {
          node.#onClusterView(view);
          follower.offer(view);
        },
        onRemoved: deps.onRemoved,
      });
      // A renewal may also bring another role.
      const renew = (): Promise<void> => node.#renew().then(() => follower.look());
      node.#scope.spawn("certificate renewal", (signal) =>
        keepRenewing({ ...deps, certificate: () => node.#identity.certificate, renew }, signal),
      );
      node.#scope.spawn("identity", (signal) => follower.run(signal));
      // Both run for as long as the node lives; without them it would eventually be cut off, and no one would know why.
      void node.#scope.ended.then(() => {
        if (node.#scope.failure !== null) deps.onFatal(node.#scope.failure);
      });
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  get role(): NodeRole {
    return this.#identity.role;
  }
  /** Aborts when the node stops or leaves. */
  get signal(): AbortSignal {
    return this.#scope.signal;
  }
  get record(): NodeRecord {
    return this.#record;
  }
  /** null on workers, and while `managerWaitsFor` says why there is none yet. */
  get manager(): ManagerRuntime | null {
    return this.#manager.runtime;
  }
  /** Why a wanted manager is not running yet, in a sentence; "" = it is running, or none is wanted. */
  get managerWaitsFor(): string {
    return this.#manager.waitsFor;
  }
  get worker(): WorkerRuntime {
    if (this.#worker === null) throw new Error("the worker is starting");
    return this.#worker;
  }

  /** @throws SwarmError failedPrecondition with the reason why leaving now needs --force. */
  refuseUnsafeLeave(): void {
    if (this.manager !== null) judgeLeave(this.manager.status());
  }

  /** Ends the daemon's part: containers and the place in the cluster stay. */
  async stop(): Promise<void> {
    const { clock, log } = this.#deps;
    const worker = this.#scope.end().then(() => this.#worker?.stop());
    if (!(await endsWithin(WORKER_STOP_MS_MAX, worker, clock))) {
      log.error(`the worker did not stop within ${WORKER_STOP_MS_MAX} ms: going on without it`);
    }
    await this.#manager.stop();
  }

  /**
   * Gives up its vote, stops this node's tasks, tells the cluster if it can be reached, and ends. Resolves with the
   * names of containers that are left.
   */
  async leave(): Promise<readonly string[]> {
    // From here on a change of role is not followed: the manager answers until its vote is no longer counted.
    await this.#scope.end();
    const { manager } = this;
    if (manager !== null) {
      const { nodeId } = this.#record;
      const untilWorker = (signal: AbortSignal): Promise<void> => this.#untilToldWorker(signal);
      await stepDown({ ...this.#deps, nodeId, manager, untilWorker });
    }
    const left = await this.#worker?.leave();
    await this.#manager.stop();
    return left ?? [];
  }

  #active(): ActiveIdentity {
    const renewCertificate = (): Promise<void> => this.#renew();
    return { identity: this.#identity, record: this.#record, credentials: this.credentials, renewCertificate };
  }

  #startManager(start: ManagerStart, signal: AbortSignal): Promise<ManagerRuntime> {
    return this.#deps.runtimes.startManager(this.#active(), start, signal);
  }

  async #untilToldWorker(signal: AbortSignal): Promise<void> {
    while (this.#toldRole !== "WORKER") await this.#told.next(signal);
  }

  #onClusterView(view: ClusterView): void {
    this.#toldRole = view.node?.role ?? this.#toldRole;
    this.#told.ring();
    const managers = [...view.managers].sort();
    if (managers.length === 0 || managers.join() === [...this.#record.managers].join()) return;
    this.#record = { ...this.#record, managers };
    this.#deps.records.save(this.#record).catch((error: unknown) => {
      this.#deps.log.warn("could not store the managers' addresses", { error: messageOf(error) });
    });
  }

  async #take(step: IdentityStep): Promise<void> {
    switch (step.kind) {
      case "believe":
        await this.#adopt({ ...this.#identity, rootCa: step.rootCa });
        return;
      case "renew":
        await this.#renew();
        return;
      case "takeUp":
        await this.#takeUp();
        return;
      case "confirm":
        await confirmCertificate(this.#managers(), this.credentials, this.#deps, this.#scope.signal);
        return;
      default:
        unreachable(step);
    }
  }

  #managers(): readonly string[] {
    return this.#record.managers.length > 0 ? this.#record.managers : [this.#record.advertiseAddress];
  }

  /** On disk first: after a power loss the host must not know less than its peers expect. */
  async #adopt(identity: NodeIdentity): Promise<void> {
    await this.#deps.keys.save(identity);
    this.#identity = identity;
    this.credentials.rotate(toTlsMaterial(identity));
  }

  /** A new certificate, with the role the cluster wants. */
  async #renew(): Promise<void> {
    const identity = await renewCertificate(this.#managers(), this.credentials, this.#deps, this.#scope.signal);
    await this.#adopt(identity);
    this.#deps.log.info("certificate renewed", { role: identity.role });
  }

  /**
   * The manager half starts or ends with the certificate's role; one that was demoted and promoted again ends and
   * starts. The record says MANAGER, and since which generation, only once an earlier manager's log is gone: otherwise
   * the next start would take itself for a member that it no longer is.
   */
  async #takeUp(): Promise<void> {
    const { records, runtimes, lock, onFatal } = this.#deps;
    const { role, certificate } = this.#identity;
    const record = { ...this.#record, role, roleGeneration: roleGenerationOf(certificate) };
    if (role === "WORKER") {
      await records.save(record);
      await this.#manager.stop();
      await runtimes.wipeManager();
      // A worker comes back by itself, as workers do.
      await lock.lift();
    } else {
      await this.#manager.stop();
      await runtimes.wipeManager();
      await records.save(record);
      await this.#manager
        .startPatiently((signal) => this.#startManager({ kind: "resume" }, signal))
        .catch((error: unknown) => {
          if (!mayPass(error)) onFatal(toFatal(error));
          throw error;
        });
    }
    this.#record = { ...this.#record, role, roleGeneration: record.roleGeneration };
    this.#actsAs = role;
    this.#actsSince = record.roleGeneration;
  }
}
