import { checkPools } from "../manager/allocator/block-pool.ts";
import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { messageOf, SwarmError } from "../shared/errors.ts";
import type { ClusterId, NodeId } from "../shared/ids.ts";
import { levelOfFailure } from "../shared/log.ts";
import { fetchRootCa, type NodeIdentity, requestCertificate } from "../shared/pki/bootstrap.ts";
import { parseJoinToken } from "../shared/pki/join-token.ts";
import type { KeyStore } from "../shared/pki/key-store.ts";
import { roleGenerationOf } from "../shared/pki/node-certificate.ts";
import type { CryptoEngine } from "../shared/pki/ports/crypto-engine.ts";
import { parseUnlockKey, unlockKeyOf } from "../shared/pki/unlock-key.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { InitRequest, JoinRequest } from "../shared/rpc/gen/local.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";
import { ActiveNode } from "./active-node.ts";
import type { InterfaceAddress } from "./advertise.ts";
import { createFirstObjects } from "./bootstrap-cluster.ts";
import { type DaemonOptions, dataPathPortOf } from "./daemon-options.ts";
import { waitForFirstSession } from "./first-session.ts";
import { type Forced, forceNewCluster, nodeToForce, refuseSettings } from "./force-new-cluster.ts";
import { warningsOfLeft } from "./left-containers.ts";
import { mayPass } from "./manager-half.ts";
import { recordHere, untilMoved } from "./moved-addresses.ts";
import {
  type Addresses,
  type AskedAddresses,
  addressesAnew,
  chooseAddresses,
  managersToJoin,
} from "./node-addresses.ts";
import type { NodeRecord, RecordStore } from "./node-record.ts";
import { type OwnUnlockDeps, unlockByItself } from "./own-unlock.ts";
import { activeNodeOf, type Phase, whyNotLocked } from "./phase.ts";
import { refusals } from "./refusals.ts";
import type { ManagerStart, RuntimeFactory } from "./runtimes.ts";
import { toFatal } from "./storage-faults.ts";

/** Delay between attempts to take up the node's role again after a temporary failure. */
export const RESUME_RETRY: BackoffOptions = { baseMs: 1_000, maxMs: 30_000 };

export interface NodeLifeDeps extends OwnUnlockDeps {
  readonly options: DaemonOptions;
  readonly records: RecordStore;
  readonly keys: KeyStore;
  readonly runtimes: RuntimeFactory;
  readonly interfaces: () => readonly InterfaceAddress[];
  /** CIDRs that this host has routes to. */
  readonly routes: () => readonly string[];
  readonly engine: CryptoEngine;
  readonly clock: Clock;
  readonly random: Random;
  /** A fault that appears after the start and that no further attempt can fix: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export class NodeLife {
  readonly #deps: NodeLifeDeps;
  #phase: Phase = { kind: "inactive" };
  readonly #stopped = new AbortController();
  #isForcing = false;

  constructor(deps: NodeLifeDeps) {
    this.#deps = deps;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /**
   * At the daemon's start: resumes where its last run ended.
   * @throws FatalError when its Raft log cannot be used; InvariantError.
   */
  async resume(): Promise<void> {
    const record = await this.#deps.records.load();
    if (record === null) return;
    const sentence = await unlockByItself(this.#deps);
    if (sentence === null) return await this.#takeUp(record);
    await this.#deps.runtimes.recallTasks();
    this.#become({ kind: "locked", record, sentence });
  }

  /**
   * Opens the keys of a locked manager and takes up its role. Resolves when it runs, or tries to.
   * @throws SwarmError unauthenticated for a wrong key; invalidArgument; failedPrecondition when nothing is locked.
   */
  async unlock(key: string): Promise<void> {
    const { phase } = this;
    if (phase.kind !== "locked") throw whyNotLocked(phase);
    parseUnlockKey(key);
    this.#become({ kind: "starting" });
    let isOpen = false;
    try {
      isOpen = await this.#deps.lock.unlock(key);
    } finally {
      if (!isOpen) this.#become(phase);
    }
    if (!isOpen) throw refusals.wrongUnlockKey();
    await this.#takeUp(phase.record).catch(this.#deps.onFatal);
  }

  async #takeUp(record: NodeRecord): Promise<void> {
    if (await this.#resume(record, 1)) return;
    await this.#deps.runtimes.recallTasks();
    // Not awaited: the socket opens meanwhile, so that people see what the node waits for, or make it leave.
    this.#keepTrying("resume: retry", (failures) => this.#resume(record, failures + 1)).catch(this.#deps.onFatal);
  }

  /** Repeats what has just failed for as long as the node is in error. `failures` counts from 1. */
  async #keepTrying(what: string, attempt: (failures: number) => Promise<boolean>): Promise<void> {
    const { clock, random } = this.#deps;
    for (let failures = 1; ; failures++) {
      await sleep(clock, backoffMs(failures - 1, RESUME_RETRY, random), what, this.#stopped.signal).catch(() => {});
      if (this.#phase.kind !== "error" || this.#stopped.signal.aborted) return;
      if (await attempt(failures)) return;
    }
  }

  /**
   * `times` counts from 1. @returns whether it worked.
   * @throws FatalError or InvariantError, which another try would not fix.
   */
  async #resume(last: NodeRecord, times: number): Promise<boolean> {
    const { keys, log, records, runtimes } = this.#deps;
    const record = recordHere(last, this.#deps);
    this.#become({ kind: "starting" });
    try {
      const identity = await keys.load();
      if (identity === null)
        throw new SwarmError(
          "failedPrecondition",
          "the node's certificate is missing; leave with --force and join again",
        );
      const roleGeneration = roleGenerationOf(identity.certificate);
      const current: NodeRecord = { ...record, role: identity.role, roleGeneration };
      if (identity.role === "WORKER") await this.#deps.lock.lift();
      // It was promoted, perhaps after a demotion, and ended before the log of its earlier time as a manager was gone.
      const since = record.roleGeneration ?? roleGeneration;
      if (identity.role === "MANAGER" && (record.role === "WORKER" || roleGeneration > since)) {
        await runtimes.wipeManager();
        await records.save(current);
      }
      await this.#activate(identity, current, { kind: "resume" }, true);
      return true;
    } catch (error) {
      if (!mayPass(error)) throw toFatal(error);
      const what = { error: messageOf(error), times };
      log[levelOfFailure(times)]("cannot take up this node's role in the swarm; trying again", what);
      this.#become({ kind: "error", sentence: `${messageOf(error)}; trying again` });
      return false;
    }
  }

  /** Creates a new swarm with this host as its first manager. @throws SwarmError; then nothing has changed. */
  async init(request: InitRequest): Promise<{ readonly nodeId: NodeId; readonly warnings: readonly string[] }> {
    this.#refuseUnlessInactive();
    const addresses = this.#addresses(request);
    const { defaultAddressPools, defaultSubnetPrefix, availability } = request;
    checkPools(defaultAddressPools, defaultSubnetPrefix);
    const dataPathPort = dataPathPortOf(request.dataPathPort, this.#deps.options);
    let warnings: readonly string[] = [];
    const nodeId = await this.#enter(async () => {
      const { engine, random, clock, options, routes } = this.#deps;
      const { identity, objects, ...first } = await createFirstObjects({
        ...{ engine, random },
        nowMs: clock.wallNow(),
        hostname: options.hostname,
        address: addresses.ip,
        availability,
        dataPathPort,
        defaultAddressPools,
        defaultSubnetPrefix,
        autoLockManagers: request.autoLockManagers,
        routes: routes(),
      });
      warnings = first.warnings;
      return { identity, addresses, managers: [], start: { kind: "bootstrap", ...objects } };
    });
    return { nodeId, warnings };
  }

  /**
   * This manager of a swarm that lost its majority goes on as the only one. Resolves when it leads.
   * @throws SwarmError; then it still has the others, unless the sentence says otherwise.
   */
  async forceNewCluster(request: InitRequest): Promise<Forced> {
    refuseSettings(request);
    const node = nodeToForce(this.#phase);
    if (this.#isForcing) throw refusals.busy("force-new-cluster");
    const { options, interfaces, records, onFatal } = this.#deps;
    const addresses = addressesAnew(request, node.record, options, interfaces());
    this.#isForcing = true;
    try {
      return await forceNewCluster(node, addresses, {
        ...this.#deps,
        saveRecord: (record) => records.save(record),
        phase: () => this.#phase,
        stop: (ending) => this.#stopParts(ending),
        takeUp: async (record) => {
          if (!this.#stopped.signal.aborted) await this.#takeUp(record).catch(onFatal);
        },
      });
    } finally {
      this.#isForcing = false;
    }
  }

  /**
   * Makes this host a node of a swarm, in the role that the token gives.
   * @throws SwarmError; then nothing has changed.
   */
  async join(request: JoinRequest): Promise<{ readonly nodeId: NodeId; readonly role: NodeRole }> {
    this.#refuseUnlessInactive();
    const token = parseJoinToken(request.token);
    const managers = managersToJoin(request.remoteAddresses);
    const addresses = this.#addresses(request);
    const nodeId = await this.#enter(async () => {
      const rootCa = await fetchRootCa(managers, token.digest, this.#deps);
      const { availability } = request;
      const { hostname } = this.#deps.options;
      const identity = await requestCertificate(
        { addresses: managers, token: token.token, rootCa, availability, hostname },
        this.#deps,
      );
      return { identity, addresses, managers, start: { kind: "resume" } };
    });
    const node = this.mustBeActive();
    await waitForFirstSession(node.worker, this.#deps.clock, this.#deps.log);
    return { nodeId, role: node.role };
  }

  /**
   * Resolves with warnings for people: what could not be ended here. @throws SwarmError failedPrecondition when this
   * host is in no swarm, or may not leave without `force`.
   */
  async leave(force: boolean): Promise<readonly string[]> {
    if (this.#phase.kind === "error" || this.#phase.kind === "locked") {
      if (!force) throw refusals.leaveUnstarted(this.#phase);
      this.#become({ kind: "stopping" });
      const left = await this.#clearWorker();
      await this.#forget();
      return warningsOfLeft(left, this.#deps.log);
    }
    if (this.#phase.kind === "inactive") throw refusals.notInSwarm();
    const node = this.mustBeActive();
    if (!force) node.refuseUnsafeLeave();
    this.#become({ kind: "stopping" });
    let left: readonly string[] = [];
    try {
      left = await node.leave();
    } finally {
      await this.#forget();
    }
    return warningsOfLeft(left, this.#deps.log);
  }

  /** Ends the daemon's part; containers and the node's membership in the swarm stay. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    if (this.#phase.kind === "active") await this.#stopParts(this.#phase.node);
  }

  async #stopParts(node: ActiveNode): Promise<void> {
    this.#become({ kind: "stopping" });
    await node.stop();
  }

  mustBeActive(): ActiveNode {
    return activeNodeOf(this.#phase);
  }

  async #enter(
    prepare: () => Promise<{
      identity: NodeIdentity;
      addresses: Addresses;
      managers: readonly string[];
      start: ManagerStart;
    }>,
  ): Promise<NodeId> {
    this.#refuseUnlessInactive();
    const { keys, lock, runtimes } = this.#deps;
    this.#become({ kind: "starting" });
    try {
      const { identity, addresses, managers, start } = await prepare();
      await runtimes.wipeManager();
      await lock.forget();
      // Before the first key is written, so that none is ever on the disk as it is.
      if (start.kind === "bootstrap") await lock.follow(unlockKeyOf(start.cluster), 0);
      await keys.save(identity);
      const record: NodeRecord = {
        format: 1,
        nodeId: identity.nodeId as NodeId,
        clusterId: identity.clusterId as ClusterId,
        role: identity.role,
        roleGeneration: roleGenerationOf(identity.certificate),
        advertiseAddress: addresses.advertise,
        listenAddress: addresses.listen,
        dataPathAddress: addresses.dataPath,
        managers,
      };
      await this.#activate(identity, recordHere(record, this.#deps), start, false);
      return record.nodeId;
    } catch (error) {
      await this.#forget();
      throw error;
    }
  }

  #refuseUnlessInactive(): void {
    if (["active", "error", "locked"].includes(this.#phase.kind)) throw refusals.alreadyInSwarm();
    if (this.#phase.kind !== "inactive") throw refusals.busy("init, join or leave");
  }

  async #activate(identity: NodeIdentity, record: NodeRecord, start: ManagerStart, isPatient: boolean): Promise<void> {
    const node = await ActiveNode.start({
      ...this.#deps,
      identity,
      record,
      start,
      isPatient,
      onRemoved: () => this.#onRemoved(),
    });
    if (this.#stopped.signal.aborted) {
      await node.stop();
      return;
    }
    await this.#deps.records.save(node.record);
    this.#become({ kind: "active", node });
    this.#followAddresses(node).catch(this.#deps.onFatal);
  }

  /** When the host gets other addresses the node begins anew at these, as at the daemon's start. */
  async #followAddresses(node: ActiveNode): Promise<void> {
    const over = AbortSignal.any([this.#stopped.signal, node.signal]);
    const isMoved = await untilMoved(() => node.record, this.#deps, over).catch(() => false);
    if (!isMoved || this.#phase.kind !== "active" || this.#phase.node !== node) return;
    await this.#stopParts(node);
    if (!this.#stopped.signal.aborted) await this.#takeUp(node.record);
  }

  /** The cluster has removed this node: what it ran is removed, and the host is free to join again. */
  #onRemoved(): void {
    if (this.#phase.kind !== "active") return;
    this.#deps.log.warn("this node was removed from the swarm: leaving");
    this.leave(true).catch((error: unknown) => {
      this.#deps.log.error("could not clean up after the removal", { error: messageOf(error) });
      // What the worker could not clean up is no reason to stay in a swarm that does not know this node.
      if (this.#phase.kind === "inactive") return;
      this.#become({ kind: "error", sentence: `${messageOf(error)}; trying again` });
      this.#keepTrying("forget: retry", (failures) => this.#forgetAgain(failures)).catch(this.#deps.onFatal);
    });
  }

  async #forgetAgain(failures: number): Promise<boolean> {
    try {
      await this.#forget();
      return true;
    } catch (error) {
      this.#deps.log.debug("still could not clean up after the removal", { error: messageOf(error), failures });
      return false;
    }
  }

  /** There is no worker to do it: the containers would keep running, and nothing would ever stop them. */
  async #clearWorker(): Promise<readonly string[]> {
    const { records, runtimes, log } = this.#deps;
    const record = await records.load();
    if (record === null) return [];
    try {
      return await runtimes.clearWorker(record);
    } catch (error) {
      log.error("leaving, but some of what this node ran may keep running", { error: messageOf(error) });
      return [];
    }
  }

  async #forget(): Promise<void> {
    const { records, keys, lock, runtimes } = this.#deps;
    await records.forget();
    await keys.clear();
    await lock.forget();
    await runtimes.wipeManager();
    await runtimes.standAlone().catch((error: unknown) => {
      this.#deps.log.error("this host's own containers have no network yet", { error: messageOf(error) });
    });
    this.#become({ kind: "inactive" });
  }

  #addresses(request: AskedAddresses): Addresses {
    return chooseAddresses(request, this.#deps.options, this.#deps.interfaces());
  }

  #become(phase: Phase): void {
    this.#phase = phase;
    this.#deps.log.info(`node is ${phase.kind}`);
  }
}
