import { blockContains, toBlock } from "../../shared/ip-block.ts";
import { formatAddress, toAddress } from "../../shared/ipv4.ts";
import type { NetworkEndpoint, NetworkService, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { addressRecords } from "./address-records.ts";
import { changedLines } from "./changed-lines.ts";
import { NameSets } from "./name-sets.ts";
import { bareAddress, canonicalIpv6, isDnsName, normalName } from "./names.ts";
import type { DnsRecord } from "./reply.ts";

/** A service's tasks that may be sent to, with their addresses as records for whatever name was asked for. */
export interface ReadyTasks {
  readonly endpoints: readonly NetworkEndpoint[];
  readonly ipv4: readonly DnsRecord[];
  readonly ipv6: readonly DnsRecord[];
}

const NO_TASKS: ReadyTasks = { ipv4: [], ipv6: [], endpoints: [] };

/** The names of one network: its table, turned round. A new table costs what has changed since the last one. */
export class NetworkNames {
  #table: Pick<NetworkTable, "network" | "endpoints" | "services"> = { network: null, endpoints: [], services: [] };
  #name = "";
  readonly #services = new Map<string, NetworkService>();
  readonly #serviceNames = new NameSets<string>();
  readonly #tasks = new Map<string, NetworkEndpoint>();
  readonly #taskNames = new NameSets<string>();
  readonly #tasksOfService = new Map<string, Map<string, NetworkEndpoint>>();
  /** Made when somebody asks, thrown away when one of them changes. */
  readonly #ready = new Map<string, ReadyTasks>();
  /** Reverse names, by canonical address, with the line they come from. */
  readonly #addresses = new Map<string, { readonly name: string; readonly owner: string }>();

  /** The network's own name, which names on it may end with. */
  get name(): string {
    return this.#name;
  }

  /** Lines that are the same objects as in the last table are taken to be unchanged. */
  update(table: NetworkTable): void {
    const services = changedLines(this.#table.services, table.services);
    const endpoints = changedLines(this.#table.endpoints, table.endpoints);
    this.#table = table;
    this.#name = normalName(table.network?.spec?.annotations?.name ?? "");
    // What goes first: an address or a name may have moved from one line to another.
    for (const service of services.removed) this.#removeService(service);
    for (const endpoint of endpoints.removed) this.#removeTask(endpoint);
    for (const service of services.put) this.#putService(service);
    for (const endpoint of endpoints.put) this.#putTask(endpoint);
  }

  /** `name` as `normalName` has it. */
  servicesNamed(name: string): readonly NetworkService[] {
    return [...this.#serviceNames.bearersOf(name)].flatMap((id) => this.#services.get(id) ?? []);
  }

  /** In whatever state they are: their names stand for them alone, so nobody is led astray. */
  tasksNamed(name: string): readonly NetworkEndpoint[] {
    return [...this.#taskNames.bearersOf(name)].flatMap((id) => this.#tasks.get(id) ?? []);
  }

  readyTasks(serviceId: string): ReadyTasks {
    const known = this.#ready.get(serviceId);
    if (known !== undefined) return known;
    const tasks = this.#tasksOfService.get(serviceId);
    if (tasks === undefined) return NO_TASKS;
    const endpoints = [...tasks.values()].filter(({ state }) => state === "READY");
    const ready = {
      endpoints,
      ipv4: endpoints.flatMap(({ address }) => addressRecords(address)),
      ipv6: endpoints.flatMap(({ address6 }) => addressRecords(address6)),
    };
    this.#ready.set(serviceId, ready);
    return ready;
  }

  /** What bears the address, as `NAME.NETWORK`; null when nothing does. */
  nameAt(address: string): string | null {
    const found = this.#addresses.get(address);
    const name = found === undefined ? null : `${found.name}.${this.#name}`;
    return name === null || !isDnsName(name) ? null : name;
  }

  /** Whether the address lies in one of the network's blocks: then nobody else can say whose it is. */
  contains(address: string): boolean {
    const width = toAddress(address) === null ? 128 : 32;
    const one = toBlock(`${address}/${width}`);
    return (this.#table.network?.subnets ?? []).some(({ cidr }) => {
      const block = toBlock(cidr);
      return one !== null && block !== null && blockContains(block, one);
    });
  }

  #putService(service: NetworkService): void {
    this.#services.set(service.serviceId, service);
    this.#serviceNames.add(namesOf(service), service.serviceId);
    if (!isDnsName(service.name)) return;
    for (const address of canonical(service.virtualIp, service.virtualIp6))
      this.#addresses.set(address, { name: normalName(service.name), owner: service.serviceId });
  }

  #removeService(service: NetworkService): void {
    this.#services.delete(service.serviceId);
    this.#serviceNames.remove(namesOf(service), service.serviceId);
    this.#forget(service.serviceId, canonical(service.virtualIp, service.virtualIp6));
  }

  #putTask(endpoint: NetworkEndpoint): void {
    const { taskId, serviceId, address, address6 } = endpoint;
    this.#tasks.set(taskId, endpoint);
    this.#taskNames.add(endpoint.names.filter(isDnsName), taskId);
    const siblings = this.#tasksOfService.get(serviceId);
    if (siblings === undefined) this.#tasksOfService.set(serviceId, new Map([[taskId, endpoint]]));
    else siblings.set(taskId, endpoint);
    this.#ready.delete(serviceId);
    const name = normalName(endpoint.names.find(isDnsName) ?? taskId);
    for (const one of canonical(address, address6)) this.#addresses.set(one, { name, owner: taskId });
  }

  #removeTask(endpoint: NetworkEndpoint): void {
    const { taskId, serviceId, address, address6 } = endpoint;
    this.#tasks.delete(taskId);
    this.#taskNames.remove(endpoint.names, taskId);
    const siblings = this.#tasksOfService.get(serviceId);
    siblings?.delete(taskId);
    if (siblings?.size === 0) this.#tasksOfService.delete(serviceId);
    this.#ready.delete(serviceId);
    this.#forget(taskId, canonical(address, address6));
  }

  #forget(owner: string, addresses: readonly string[]): void {
    for (const address of addresses) if (this.#addresses.get(address)?.owner === owner) this.#addresses.delete(address);
  }
}

function namesOf({ name, aliases }: NetworkService): readonly string[] {
  return [name, ...aliases].filter(isDnsName);
}

function canonical(ipv4: string, ipv6: string): readonly string[] {
  const four = toAddress(bareAddress(ipv4));
  const six = ipv6 === "" ? null : canonicalIpv6(bareAddress(ipv6));
  return [...(four === null ? [] : [formatAddress(four)]), ...(six === null ? [] : [six])];
}
