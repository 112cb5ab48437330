import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { ContainerKey, NodeId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";
import type { ContainerPlaces, NetworkedContainer, TaskNames, TaskNetwork } from "../ports/host-network.ts";
import type { KernelNetwork } from "./kernel-network.ts";
import { runNetworkRepair } from "./repair-loop.ts";

/**
 * The network of a host over all its time: in no swarm, in one, in the next one. What containers are attached to stays;
 * who they are attached by changes, as with a daemon that starts again. Outside of a swarm nothing of ours is in the
 * kernel until the first container of people's own asks for it.
 */
export class HostNetworkSlot implements ContainerPlaces {
  readonly #make: (nodeId: NodeId | "") => KernelNetwork;
  readonly #ports: { readonly clock: Clock; readonly log: Logger };
  #current: KernelNetwork;
  /** Of the networks that this host has for itself, in a swarm or not. */
  #localTables: readonly NetworkTable[] = [];
  /** Resolves when there is something to ask for names: a swarm, or a container of people's own. */
  readonly #inUse = Promise.withResolvers<void>();
  #nodeId: NodeId | "";
  /** Outside of a swarm: whether the kernel has been told that there are no networks but our own. */
  #isApplied = false;
  /** Ends the repair of our own networks; a node's worker repairs its own. */
  #repairing: AbortController | null = null;
  /** Calls under way, for which a change of networks waits. */
  readonly #under = new Set<Promise<unknown>>();
  #tail: Promise<unknown> = Promise.resolve();

  /** `nodeId`: the node that this host was when the last daemon ended; "" = none. */
  constructor(
    nodeId: NodeId | "",
    make: (nodeId: NodeId | "") => KernelNetwork,
    ports: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.#make = make;
    this.#ports = ports;
    this.#nodeId = nodeId;
    this.#current = make(nodeId);
    if (nodeId !== "") this.#inUse.resolve();
  }

  get current(): KernelNetwork {
    return this.#current;
  }

  /** This host becomes a node, or is none any more (""). Resolves with the network that counts from now on. */
  async become(nodeId: NodeId | ""): Promise<KernelNetwork> {
    if (this.#nodeId === nodeId && nodeId !== "") return this.#current;
    return await this.#alone(async () => {
      this.close();
      this.#nodeId = nodeId;
      this.#isApplied = false;
      this.#current = this.#make(nodeId);
      this.#current.setLocalTables(this.#localTables);
      if (nodeId !== "") this.#inUse.resolve();
      return this.#current;
    });
  }

  /** Outside of a swarm: brings back what the kernel lost of the networks of containers that are there. */
  async restore(): Promise<void> {
    if (this.#nodeId !== "" || (await this.#current.attached()).length === 0) return;
    await this.#alone(() => this.#prepare());
  }

  setLocalTables(tables: readonly NetworkTable[]): void {
    this.#localTables = tables;
    this.#current.setLocalTables(tables);
  }

  /** Where containers ask for names. Resolves once there may be one that does. @throws the signal's reason. */
  async resolverAddress(signal: AbortSignal): Promise<string> {
    await unlessAborted(this.#inUse.promise, signal);
    return await this.#current.resolverAddress();
  }

  async attach(container: NetworkedContainer): Promise<TaskNetwork> {
    return await this.#track(async () => {
      await this.#prepare();
      return await this.#current.attach(container);
    });
  }

  async update(container: NetworkedContainer): Promise<TaskNames | null> {
    return await this.#track(() => this.#current.update(container));
  }

  async detach(key: ContainerKey): Promise<void> {
    await this.#track(() => this.#current.detach(key));
    if (this.#nodeId === "" && this.#isApplied) await this.#alone(() => this.#forgetIfEmpty());
  }

  async attached(): Promise<readonly ContainerKey[]> {
    return await this.#current.attached();
  }

  /** Hears nothing any more. */
  close(): void {
    this.#repairing?.abort(new SwarmError("cancelled", "the network is somebody else's now"));
    this.#repairing = null;
    this.#current.close();
  }

  async #prepare(): Promise<void> {
    if (this.#nodeId !== "" || this.#isApplied) return;
    this.#isApplied = true;
    try {
      await this.#current.apply([]);
      this.#inUse.resolve();
      this.#repairing = new AbortController();
      void runNetworkRepair(this.#current, this.#ports, this.#repairing.signal);
    } catch (error) {
      this.#isApplied = false;
      throw new SwarmError("unavailable", `this host's own network could not be made: ${messageOf(error)}`);
    }
  }

  /** Nothing of ours stays on a host that has nothing to connect. */
  async #forgetIfEmpty(): Promise<void> {
    if (this.#nodeId !== "" || !this.#isApplied || (await this.#current.attached()).length > 0) return;
    this.#isApplied = false;
    this.#repairing?.abort(new SwarmError("cancelled", "there is nothing to repair"));
    await this.#current.teardown().catch((error: unknown) => {
      this.#ports.log.warn("some of this host's own network is left", { error: messageOf(error) });
    });
  }

  /** While no call is under way, and none begins. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(async () => {
      await Promise.allSettled([...this.#under]);
      return await work();
    });
    this.#tail = run.catch(() => {});
    return run;
  }

  async #track<T>(work: () => Promise<T>): Promise<T> {
    await this.#tail;
    const running = work();
    this.#under.add(running);
    try {
      return await running;
    } finally {
      this.#under.delete(running);
    }
  }
}
