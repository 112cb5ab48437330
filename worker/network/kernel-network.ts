import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey, NodeId } from "../../shared/ids.ts";
import { canonicalCidr } from "../../shared/ipv4.ts";
import type { Logger } from "../../shared/log.ts";
import { isTaskKey } from "../../shared/objects/container-id.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { HostListener } from "../../shared/rpc/gen/objects.ts";
import type { HostNetwork, NetworkedContainer, TaskNames, TaskNetwork } from "../ports/host-network.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import type { NetworkNamespaces } from "../ports/network-kernel.ts";
import { calledBy, mustHaveSucceeded } from "./attach-outcome.ts";
import { attachNetworks } from "./attached-network.ts";
import type { Attachment } from "./attachment.ts";
import { AttachmentBook } from "./attachment-book.ts";
import { checkClearOfEgress, EGRESS_SUBNET6, egressGateway } from "./egress.ts";
import { embeddedCidr } from "./embedded-address.ts";
import { type NetworkExamination, networkExamination } from "./examine-network.ts";
import { ForeignDrops } from "./foreign-drops.ts";
import { attachmentSteps } from "./host-link.ts";
import { bindHostPorts } from "./host-ports.ts";
import { ingressId, readIngress } from "./ingress.ts";
import { Kernel } from "./kernel.ts";
import { KnownTables } from "./known-tables.ts";
import { endConnections, lostAddresses } from "./lost-addresses.ts";
import { interfaceAt, namespaceName, networkNamespaceName } from "./names.ts";
import { taskNameservers } from "./nameservers.ts";
import { PortWatch } from "./port-watch.ts";
import { meshPorts } from "./published-ports.ts";
import { type Depth, Reconciler } from "./reconciler.ts";
import { takenPorts } from "./taken-ports.ts";
import { loadTaskDns, mendTaskDns } from "./task-dns.ts";
import { mayHaveRules } from "./task-dns-rules.ts";
import { hasDriver, ingressPlace, userPlaces } from "./task-places.ts";
import { UserNetworks } from "./user-network/user-networks.ts";

/** Whether the kernel passes packets on. */
const FORWARDING = "net/ipv4/ip_forward";

export interface KernelNetworkDependencies {
  readonly namespaces: NetworkNamespaces;
  readonly files: NetworkFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * HostNetwork on the kernel of the namespace that the daemon runs in. Everything it wants is a function of the tables
 * and of the attachments (`desired.ts`); everything it does is the difference to what is there (`diff.ts`). Attaching
 * a task is adding an attachment and reconciling; so is repairing what somebody broke.
 */
export class KernelNetwork implements HostNetwork {
  readonly #nodeId: NodeId;
  readonly #namespaces: NetworkNamespaces;
  readonly #files: NetworkFiles;
  readonly #log: Logger;
  readonly #kernel: Kernel;
  readonly #book: AttachmentBook;
  readonly #networks: UserNetworks;
  readonly #reconciler: Reconciler;
  readonly #portWatch: PortWatch;
  readonly #tables: KnownTables;
  readonly #foreignDrops = new ForeignDrops();
  /** Tasks that were changed, perhaps while they were about to be attached as they were before. */
  readonly #newest = new Map<ContainerKey, NetworkedContainer>();
  /** Something may be different from what the last look saw; and who waits for that. */
  #isDisturbed = false;
  #disturbed = Promise.withResolvers<void>();

  constructor(options: { readonly nodeId: NodeId }, dependencies: KernelNetworkDependencies) {
    this.#nodeId = options.nodeId;
    this.#namespaces = dependencies.namespaces;
    this.#files = dependencies.files;
    this.#log = dependencies.log;
    this.#kernel = new Kernel(this.#namespaces, dependencies.files);
    this.#kernel.onDisturbance(() => this.#disturb());
    this.#tables = new KnownTables(dependencies.clock, (id, tables) => this.#isUsable(id, tables));
    this.#book = new AttachmentBook(dependencies.files, dependencies.log);
    this.#portWatch = new PortWatch(this.#kernel, dependencies.files);
    this.#networks = new UserNetworks({
      namespaces: this.#namespaces,
      nodeId: options.nodeId,
      pathOf: (networkId) => this.#files.namespacePath(networkNamespaceName(networkId)),
      onDisturbance: () => this.#disturb(),
    });
    const parts = { kernel: this.#kernel, networks: this.#networks, files: dependencies.files };
    this.#reconciler = new Reconciler(parts, options.nodeId, () => ({
      tables: this.#tables.all,
      attachments: this.#book.all(),
      bare: this.#book.bare(),
      leftPorts: this.#portWatch.left(),
    }));
  }

  async apply(tables: readonly NetworkTable[]): Promise<void> {
    await this.#book.load();
    await this.#portWatch.publish(meshPorts(readIngress(tables, this.#nodeId)));
    this.#tables.set(tables);
    const { failures } = await this.#reconciler.reconcile("known");
    if (failures.general.length > 0)
      throw new SwarmError("internal", `the network tables could not be applied: ${failures.general.join("; ")}`);
  }

  /** The networks that this host has for itself; what is attached to one stays until it is detached. */
  setLocalTables(tables: readonly NetworkTable[]): void {
    this.#tables.setLocal(tables);
  }

  /** Blocks of addresses that mean something on this host already: a network made on one would hide them. */
  async takenBlocks(): Promise<readonly string[]> {
    await this.#book.load();
    const { routes, addresses } = await this.#kernel.observe(false);
    const networks = (this.#tables.all ?? []).flatMap(({ network }) => network?.subnets ?? []);
    return [
      ...routes.map(({ destination }) => destination).filter((cidr) => !/\/0$/.test(cidr)),
      ...addresses.map(({ cidr }) => cidr),
      ...networks.map(({ cidr }) => cidr),
      await this.#reconciler.egressSubnet(),
    ];
  }

  async attach(assigned: NetworkedContainer): Promise<TaskNetwork> {
    await this.#book.load();
    if (hasDriver(assigned, "host")) return await this.#shareHost(assigned);
    if (hasDriver(assigned, "null")) return await this.#attachNowhere(assigned);
    const tables = await this.#tables.of(assigned);
    const task = this.#newest.get(assigned.id) ?? assigned;
    const known = this.#book.get(task.id);
    const attachment = known ?? (await this.#createAttachment(task, tables));
    // Read meanwhile. Should it fail, that is told below, if nothing else failed before.
    const resolvConfs = this.#files.readResolvConfs();
    resolvConfs.catch(() => {});
    try {
      mustHaveSucceeded(attachment, await this.#reconciler.reconcile("known"));
      if (attachment.networks.length > 0) await this.#leadToNames(task, attachment);
    } catch (error) {
      if (known === undefined) await this.detach(task.id);
      throw error;
    }
    return {
      ...calledBy(attachment),
      namespacePath: attachment.namespacePath,
      hostPorts: attachment.hostPorts,
      nameservers: taskNameservers(await resolvConfs, attachment.cidr6 !== null),
      hostAddress: await this.resolverAddress(),
    };
  }

  async update(task: NetworkedContainer): Promise<TaskNames | null> {
    await this.#book.load();
    this.#newest.set(task.id, task);
    if (this.#book.get(task.id) === undefined) return null;
    const tables = await this.#tables.of(task);
    const egressSubnet = await this.#reconciler.egressSubnet();
    await this.#reconciler.tryIpv6();
    // Synchronous on purpose up to the book's entry: no other task may get the same address.
    const before = this.#book.get(task.id);
    if (before === undefined) return null;
    const networks = userPlaces(task, tables);
    checkClearOfEgress(egressSubnet, networks, tables);
    const steps = attachmentSteps(before, {
      ingress: ingressPlace(task, tables)?.address ?? null,
      networks,
      nextEgressCidr: () => this.#book.nextEgressCidr(egressSubnet),
      cidr6Of: (kind, cidr) => this.#cidr6(tables, kind, cidr),
    });
    for (const [at, attachment] of steps.entries()) {
      const lost = lostAddresses(steps[at - 1] ?? before, attachment);
      await this.#book.add(attachment);
      // While their peers can still be told, and once more those that began meanwhile.
      await endConnections(this.#namespaces, attachment, lost, this.#log);
      mustHaveSucceeded(attachment, await this.#reconciler.reconcile("known"));
      await endConnections(this.#namespaces, attachment, lost, this.#log);
    }
    const attachment = steps.at(-1) ?? before;
    // Perhaps it could not be brought about the last time.
    if (steps.length === 0) mustHaveSucceeded(attachment, await this.#reconciler.reconcile("known"));
    if (before.networks.length === 0 && attachment.networks.length > 0) await this.#leadToNames(task, attachment);
    const nameservers = taskNameservers(await this.#files.readResolvConfs(), attachment.cidr6 !== null);
    return { ...calledBy(attachment), nameservers };
  }

  async detach(taskId: ContainerKey): Promise<void> {
    await this.#book.load();
    this.#newest.delete(taskId);
    if (this.#book.get(taskId) === undefined && !this.#book.bare().includes(taskId)) return;
    await this.#book.remove(taskId);
    // Its link and namespace go in a run, when no other can be about to make them.
    await this.#reconciler.reconcile("known");
  }

  async repair(depth: Depth = "everything"): Promise<readonly string[]> {
    await this.#book.load();
    // Before it is looked at: what comes while that is done leads to another look.
    this.#isDisturbed = false;
    const { failures } = await this.#reconciler.reconcile(depth);
    const failed = [...failures.general, ...failures.byTask.values()];
    return [
      ...this.#reconciler.takeFindings(),
      ...(depth === "everything" ? await this.#mendNames() : []),
      ...failed.map((failure) => `not repaired: ${failure}`),
      ...(depth === "everything" ? this.#foreignDrops.news(await this.#kernel.foreignForwardDrops()) : []),
    ];
  }

  /** Looks which programs of this host listen where, and publishes ports that they have given up. */
  async lookAtPorts(): Promise<void> {
    if (await this.#portWatch.look()) await this.#reconciler.reconcile("known");
  }

  /** To be awaited before `carriesIpv6` is asked for the first time, so that it says what it will say. */
  async prepare(): Promise<void> {
    await this.#book.load();
    await this.#reconciler.tryIpv6();
  }

  /**
   * Whether other hosts may lead connections over IPv6 to tasks here, and this one publishes ports. Not while
   * it still has a task on the mesh from before it did: that one has no address of IPv6.
   */
  carriesIpv6(): boolean {
    const hasAll = this.#book.all().every(({ kind, cidr6 }) => kind === "egress" || cidr6 !== null);
    return hasAll && this.#reconciler.carriesIpv6();
  }

  /** Which programs listen where, as of the last look, and who has the published ports among these. */
  hostListeners(): readonly HostListener[] {
    return this.#portWatch.report();
  }

  /** Looks at everything, puts right what can be, and says how it is. */
  async examine(): Promise<NetworkExamination> {
    await this.#book.load();
    const forwards = this.#kernel.readSetting(FORWARDING) === "1";
    const { failures } = await this.#reconciler.reconcile("everything");
    const repaired = [...this.#reconciler.takeFindings(), ...(await this.#mendNames())];
    for (const finding of repaired) this.#log.warn("network repaired", { finding });
    await this.lookAtPorts();
    const [observed, foreignDrops, inputDrops] = await Promise.all([
      this.#kernel.observe(false),
      this.#kernel.foreignForwardDrops(),
      this.#kernel.foreignInputDrops(),
    ]);
    const listeners = this.hostListeners();
    const failed = [...failures.general, ...failures.byTask.values()];
    const seen = { observed, listeners, forwards, carriesIpv6: this.carriesIpv6(), repaired, foreignDrops, inputDrops };
    return networkExamination(this.#tables.all ?? [], this.#nodeId, { ...seen, failures: failed });
  }

  /** Resolves once somebody may have changed something that no `repair` has looked at since. */
  async disturbance(): Promise<void> {
    if (!this.#isDisturbed) await this.#disturbed.promise;
  }

  /** Hears nothing any more, and must not be used. */
  close(): void {
    this.#networks.close();
    this.#kernel.close();
  }

  async teardown(): Promise<void> {
    if ((await this.attached()).some((key) => !isTaskKey(key))) return await this.#leaveNetworks();
    await this.#reconciler.exclusively(async () => {
      this.#tables.forget();
      this.#reconciler.forget();
      this.#networks.close();
      const left = await this.#kernel.removeAll();
      for (const name of await this.#files.listNamespaces()) await this.#kernel.removeNamespace(name);
      await this.#book.clear();
      await this.#portWatch.forget();
      if (left.length > 0) throw new SwarmError("internal", `some of the network is left: ${left.join("; ")}`);
    });
  }

  /** Only what the swarm brought goes: people's own containers run on. */
  async #leaveNetworks(): Promise<void> {
    for (const key of await this.attached()) if (isTaskKey(key)) await this.#book.remove(key);
    await this.#portWatch.forget();
    this.#tables.set([]);
    const { failures } = await this.#reconciler.reconcile("everything");
    if (failures.general.length > 0)
      throw new SwarmError("internal", `some of the network is left: ${failures.general.join("; ")}`);
  }

  /** What people call a network of the swarm; its id where no table tells. */
  nameOf(networkId: string): string {
    return this.#tables.nameOf(networkId);
  }

  /** Where a container's host link leads from and to; null = it has none. */
  placeOf(key: ContainerKey): { readonly cidr: string; readonly gateway: string } | null {
    const cidr = this.#book.get(key)?.cidr;
    return cidr === undefined ? null : { cidr, gateway: egressGateway(cidr) };
  }

  async attached(): Promise<readonly ContainerKey[]> {
    await this.#book.load();
    return [...this.#book.all().map(({ taskId }) => taskId), ...this.#book.bare()];
  }

  /** Nothing is made for it: it sees what the host sees, and listens where the host listens. */
  async #shareHost(task: NetworkedContainer): Promise<TaskNetwork> {
    const ports = (task.endpoint?.ports ?? []).filter(({ publishMode }) => publishMode === "HOST");
    return {
      address: "127.0.0.1",
      namespacePath: null,
      hostPorts: ports.map((port) => ({ ...port, publishedPort: port.targetPort })),
      resolver: null,
      nameservers: taskNameservers(await this.#files.readResolvConfs(), true),
      hostAddress: "127.0.0.1",
    };
  }

  /** A namespace with loopback alone. */
  async #attachNowhere({ id: taskId }: NetworkedContainer): Promise<TaskNetwork> {
    const namespacePath = this.#files.namespacePath(namespaceName(taskId));
    await this.#book.add({ taskId, namespacePath, kind: "none" });
    await this.#reconciler.exclusively(async () => {
      await this.#namespaces.make(namespacePath);
      const inside = await this.#namespaces.open(namespacePath);
      await inside.change([{ kind: "setUp", device: "lo" }]).finally(() => inside.close());
    });
    const nothing = { hostPorts: [], resolver: null, nameservers: [], hostAddress: null };
    return { address: "127.0.0.1", namespacePath, ...nothing };
  }

  async #mendNames(): Promise<readonly string[]> {
    if (this.#tables.all === null) return [];
    return await mendTaskDns(this.#namespaces, this.#book.all(), await this.resolverAddress());
  }

  async #leadToNames(task: NetworkedContainer, attachment: Attachment): Promise<void> {
    await loadTaskDns(this.#namespaces, attachment, {
      gateway: await this.resolverAddress(),
      mayHaveRules: mayHaveRules(task.spec.container.capabilityAdd),
    });
  }

  /** Where this host's DNS server listens for its tasks: the gateway of their host-local network. */
  async resolverAddress(): Promise<string> {
    return egressGateway(await this.#reconciler.egressSubnet());
  }

  /** Whose address it is; the packet rules see to it that nobody else sends from it. */
  taskAt(address: string): ContainerKey | null {
    return this.#book.taskAt(address);
  }

  async #createAttachment(task: NetworkedContainer, tables: readonly NetworkTable[]): Promise<Attachment> {
    const wanted = (task.endpoint?.ports ?? []).filter(({ publishMode }) => publishMode === "HOST");
    const listeners = wanted.length === 0 ? [] : await this.#kernel.listeners();
    const egressSubnet = await this.#reconciler.egressSubnet();
    await this.#reconciler.tryIpv6();
    // Synchronous on purpose up to the book's entry: no other task may get the same address or port.
    const raced = this.#book.get(task.id);
    if (raced !== undefined) return raced;
    const ingress = ingressPlace(task, tables);
    const networks = attachNetworks([], userPlaces(task, tables), []);
    checkClearOfEgress(egressSubnet, networks, tables);
    const kind = ingress === null ? "egress" : "ingress";
    const cidr = ingress === null ? this.#book.nextEgressCidr(egressSubnet) : canonicalCidr(ingress.address);
    const attachment: Attachment = {
      taskId: task.id,
      namespacePath: this.#files.namespacePath(namespaceName(task.id)),
      kind,
      hostPorts: bindHostPorts(
        wanted,
        takenPorts(readIngress(tables, this.#nodeId), listeners, this.#book.boundPorts()),
      ),
      cidr,
      cidr6: this.#cidr6(tables, kind, cidr),
      formerCidr: null,
      ...(task.macAddress === undefined ? {} : { mac: task.macAddress }),
      interfaceName: interfaceAt(networks.length),
      networks,
      isBridged: hasDriver(task, "bridge") && !isTaskKey(task.id),
    };
    await this.#book.add(attachment);
    return attachment;
  }

  /** The address of IPv6 beside one of IPv4 on a task's link to its host; null = it gets none. */
  #cidr6(tables: readonly NetworkTable[], kind: Attachment["kind"], cidr: string): string | null {
    if (!this.#reconciler.isFitForIpv6()) return null;
    const block = kind === "egress" ? EGRESS_SUBNET6 : readIngress(tables, this.#nodeId)?.ipv6?.subnet;
    return block === undefined ? null : embeddedCidr(block, cidr);
  }

  #isUsable(networkId: string, tables: readonly NetworkTable[]): boolean {
    if (networkId === ingressId(tables)) return readIngress(tables, this.#nodeId) !== null;
    return this.#networks.views(tables).some(({ id }) => id === networkId);
  }

  #disturb(): void {
    this.#isDisturbed = true;
    this.#disturbed.resolve();
    this.#disturbed = Promise.withResolvers();
  }
}
