import { type RouteEntry, routeText } from "../../worker/netlink/change.ts";
import type { NetworkFiles, SocketOwner } from "../../worker/ports/network-files.ts";
import { MemoryNetworkNamespaces, type NamespaceWorld } from "./memory-network-kernel.ts";

const ADDRESS = { device: "eth0", cidr: "10.98.0.1/24" };

/** Of the host's own, as hosts have it. */
const DEFAULT_ROUTE: RouteEntry = {
  ...{ kind: "unicast", destination: "0.0.0.0/0", device: "eth0", via: "10.98.0.254", source: null, protocol: 3 },
};

/** A host with one network card, for KernelNetwork: its kernel and its files, in memory. */
export class FakeHostNetwork implements NetworkFiles {
  readonly namespaces = new MemoryNetworkNamespaces();
  readonly records = new Map<string, string>();
  claims: string | null = null;
  /** By the numbers of their sockets. */
  readonly owners = new Map<number, SocketOwner>();

  constructor() {
    this.host.links.set("eth0", { name: "eth0", kind: "", up: true, mtu: 1500, mac: "aa:00:00:00:00:01", vxlan: null });
    this.host.routes.set(routeText(DEFAULT_ROUTE), DEFAULT_ROUTE);
    this.host.addresses.set(`${ADDRESS.cidr} ${ADDRESS.device}`, ADDRESS);
  }

  get host(): NamespaceWorld {
    return this.namespaces.host;
  }

  /** Everything that bears our names, as text. */
  ours(): readonly string[] {
    const { links, addresses, routes, neighbours, forwarding } = this.host;
    const own = [...links.keys()].filter((name) => /^sw-|^sw[ie]-/.test(name));
    const maps = [addresses, routes, neighbours, forwarding];
    return [...own, ...maps.flatMap((map) => [...map.keys()])].filter(
      (text) => text !== "10.98.0.1/24 eth0" && text !== routeText(DEFAULT_ROUTE),
    );
  }

  /** Names of the namespaces that are there. */
  namespaceNames(): readonly string[] {
    return [...this.namespaces.named.keys()].map((path) => path.slice("/netns/".length));
  }

  async readRecords(): Promise<ReadonlyMap<string, string>> {
    return this.records;
  }
  async writeRecord(name: string, text: string): Promise<void> {
    this.records.set(name, text);
  }
  async removeRecord(name: string): Promise<void> {
    this.records.delete(name);
  }
  namespacePath(name: string): string {
    return `/netns/${name}`;
  }
  async listNamespaces(): Promise<readonly string[]> {
    return this.namespaceNames();
  }
  async readClaims(): Promise<string | null> {
    return this.claims;
  }
  async writeClaims(text: string | null): Promise<void> {
    this.claims = text;
  }
  async socketOwners(inodes: ReadonlySet<number>): Promise<ReadonlyMap<number, SocketOwner>> {
    return new Map([...this.owners].filter(([inode]) => inodes.has(inode)));
  }
  async readResolvConfs(): Promise<readonly string[]> {
    return ["nameserver 10.9.9.9\n"];
  }
}
