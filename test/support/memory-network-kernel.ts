/** Network namespaces in memory, for everything that works with worker/ports/network-kernel.ts. */
import { SwarmError } from "../../shared/errors.ts";
import {
  type AddressEntry,
  changeText,
  deviceOf,
  type ForwardingEntry,
  type NeighbourEntry,
  type NetworkChange,
  type NewLink,
  type RouteEntry,
  routeText,
} from "../../worker/netlink/change.ts";
import type { ConnectionPattern } from "../../worker/netlink/connections.ts";
import type { Listener } from "../../worker/netlink/listeners.ts";
import type { FilterHook } from "../../worker/netlink/packet-filter.ts";
import type { ObservedLink, ObservedState } from "../../worker/netlink/state.ts";
import type {
  Disturbance,
  NetworkKernel,
  NetworkNamespaces,
  RulesState,
  RulesTable,
} from "../../worker/ports/network-kernel.ts";
import { changeElements } from "./rule-elements.ts";

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
interface FarEnd {
  readonly world: NamespaceWorld;
  readonly name: string;
}

const DEVICE_SETTINGS = ["rp_filter", "accept_local", "route_localnet", "arp_ignore", "forwarding"];

/** What is asked for in these words fails so many times for this reason. */
interface Failing {
  readonly words: RegExp;
  readonly why: string;
  times: number;
}

/** What is in one namespace; several handles may look at it, as several programs would. */
export class NamespaceWorld {
  readonly links = new Map<string, Mutable<ObservedLink>>();
  /** By `CIDR DEVICE`. */
  readonly addresses = new Map<string, AddressEntry>();
  /** By `routeText`. */
  readonly routes = new Map<string, RouteEntry>();
  /** By `ADDRESS MAC DEVICE`. */
  readonly neighbours = new Map<string, NeighbourEntry>();
  /** By `MAC DESTINATION DEVICE`. */
  readonly forwarding = new Map<string, ForwardingEntry>();
  readonly settings = new Map([
    ["net/ipv4/conf/all/route_localnet", "0"],
    ["net/ipv4/ip_forward", "0"],
    ["net/ipv4/conf/all/rp_filter", "0"],
  ]);
  /** The tables of packet rules, as they were loaded. */
  rules: string | null = null;
  listeners: readonly Listener[] = [];
  forwardDrops: readonly string[] = [];
  readonly forgotten: ConnectionPattern[] = [];
  refusesToForget = false;
  readonly farEnds = new Map<string, FarEnd>();
  /** VNIs of devices that went with their namespaces: the kernel has not got round to them yet, and refuses others. */
  readonly lateOverlays = new Set<number>();
  readonly handles = new Set<MemoryNetworkKernel>();
  /** Every change that was asked for, in words, and every load of rules. */
  readonly log: string[] = [];
  fail: Failing | null = null;
  /** Sees each change before it is carried out. */
  onChange: ((change: NetworkChange) => void) | null = null;

  constructor() {
    this.links.set("lo", { name: "lo", kind: "", up: false, mtu: 65_536, mac: "00:00:00:00:00:00", vxlan: null });
  }

  /** The device and all that stands on it; a veth's far end too. */
  removeLink(name: string): void {
    const far = this.farEnds.get(name);
    this.farEnds.delete(name);
    this.links.delete(name);
    this.dropAllOn(name);
    for (const [key, { device }] of this.addresses) if (device === name) this.addresses.delete(key);
    for (const [key, { device }] of this.forwarding) if (device === name) this.forwarding.delete(key);
    for (const path of this.settings.keys()) if (path.split("/").includes(name)) this.settings.delete(path);
    if (far?.world.farEnds.has(far.name) === true) far.world.removeLink(far.name);
  }

  /** What does not survive that a device goes down. */
  dropAllOn(name: string): void {
    for (const [key, { device }] of this.routes) if (device === name) this.routes.delete(key);
    for (const [key, { device }] of this.neighbours) if (device === name) this.neighbours.delete(key);
  }

  mustNotFail(words: string): void {
    this.log.push(words);
    if (this.fail === null || this.fail.times === 0 || !this.fail.words.test(words)) return;
    this.fail.times--;
    throw new Error(this.fail.why);
  }

  /** Somebody changed the rules; `by` null = none of those who look at it through a handle. */
  touchRules(by: MemoryNetworkKernel | null): void {
    for (const handle of this.handles) if (handle !== by) handle.rulesAreTouched = true;
    this.tell(by, "rules");
  }

  tell(by: MemoryNetworkKernel | null, what: Disturbance): void {
    for (const handle of this.handles) if (handle !== by) queueMicrotask(() => handle.listener?.(what));
  }

  state(): ObservedState {
    const told = [...this.settings].filter(([path]) => /ip_forward$|\/(forwarding|rp_filter)$/.test(path));
    return {
      links: [...this.links.values()].map((link) => ({ ...link })),
      addresses: [...this.addresses.values()],
      routes: [...this.routes.values()],
      neighbours: [...this.neighbours.values()],
      forwarding: [...this.forwarding.values()],
      settings: new Map(told),
    };
  }
}

export class MemoryNetworkKernel implements NetworkKernel {
  readonly world: NamespaceWorld;
  readonly #worldAt: (path: string) => NamespaceWorld;
  listener: ((what: Disturbance) => void) | null = null;
  rulesAreTouched = false;

  constructor(world: NamespaceWorld, worldAt: (path: string) => NamespaceWorld) {
    this.world = world;
    this.#worldAt = worldAt;
    world.handles.add(this);
  }

  async observe(): Promise<ObservedState> {
    return this.world.state();
  }

  async observeAnew(): Promise<ObservedState> {
    return this.world.state();
  }

  async change(changes: readonly NetworkChange[]): Promise<readonly (string | null)[]> {
    const results = changes.map((change) => {
      try {
        this.world.onChange?.(change);
        this.world.mustNotFail(changeText(change));
        this.#carryOut(change);
        return null;
      } catch (error) {
        return `cannot ${changeText(change)}: ${(error as Error).message}`;
      }
    });
    if (changes.length > 0) this.world.tell(this, "state");
    return results;
  }

  readSetting(path: string): string | null {
    return this.world.settings.get(path) ?? null;
  }

  writeSetting(path: string, value: string): void {
    if (this.world.settings.has(path)) this.world.settings.set(path, value);
  }

  async loadRules(text: string, tables: readonly RulesTable[] | null): Promise<void> {
    try {
      this.world.mustNotFail(`load rules ${tables === null ? "changed" : "anew"}`);
      this.world.rules = tables === null ? changeElements(this.world.rules, text) : tablesIn(text);
    } catch (error) {
      throw new SwarmError("internal", `the kernel refuses the packet rules: ${(error as Error).message}`);
    }
    if (tables !== null) this.rulesAreTouched = false;
    this.world.touchRules(this);
  }

  async hasRules({ family, name }: RulesTable): Promise<boolean> {
    return this.world.rules?.includes(`table ${family} ${name} {`) === true;
  }

  async rulesSinceLoad(): Promise<RulesState> {
    if (!this.rulesAreTouched) return "asLoaded";
    return this.world.rules === null ? "missing" : "perhapsChanged";
  }

  async drops(hook: FilterHook): Promise<readonly string[]> {
    return hook === "forward" ? this.world.forwardDrops : [];
  }

  async forgetConnections(patterns: readonly ConnectionPattern[]): Promise<void> {
    if (this.world.refusesToForget) throw new SwarmError("internal", "the kernel does not answer");
    this.world.forgotten.push(...patterns);
  }

  async endConnections(addresses: readonly string[]): Promise<number> {
    this.world.log.push(`end connections of ${addresses.join(", ")}`);
    return 0;
  }

  async listeners(): Promise<readonly Listener[]> {
    return this.world.listeners;
  }

  onDisturbance(listener: ((what: Disturbance) => void) | null): void {
    this.listener = listener;
  }

  close(): void {
    this.world.handles.delete(this);
  }

  #carryOut(change: NetworkChange): void {
    const { world } = this;
    const device = deviceOf(change);
    const link = world.links.get(device);
    if (link === undefined && device !== "" && change.kind !== "addLink") throw new Error("there is no such device");
    const remove = (map: Map<string, unknown>, key: string): void => {
      if (!map.delete(key)) throw new Error("No such file or directory");
    };
    switch (change.kind) {
      case "addLink":
        this.#addLink(change.link);
        return;
      case "removeLink":
        world.removeLink(device);
        return;
      case "setUp":
        if (link !== undefined) link.up = true;
        return;
      case "setMtu":
        if (link !== undefined) link.mtu = change.mtu;
        return;
      case "setBridge":
        return;
      case "addAddress":
        world.addresses.set(`${change.address.cidr} ${device}`, change.address);
        return;
      case "removeAddress":
        remove(world.addresses, `${change.address.cidr} ${device}`);
        return;
      case "addRoute":
        for (const [key, { destination }] of world.routes)
          if (destination === change.route.destination) world.routes.delete(key);
        world.routes.set(routeText(change.route), change.route);
        return;
      case "removeRoute":
        remove(world.routes, routeText(change.route));
        return;
      case "addNeighbour":
        this.#removeNeighbour(change.neighbour);
        world.neighbours.set(neighbourKey(change.neighbour), change.neighbour);
        return;
      case "removeNeighbour":
        if (!this.#removeNeighbour(change.neighbour)) throw new Error("No such file or directory");
        return;
      case "addForwarding":
        world.forwarding.set(forwardingKey(change.forwarding), change.forwarding);
        return;
      case "removeForwarding":
        remove(world.forwarding, forwardingKey(change.forwarding));
    }
  }

  #removeNeighbour({ address, device }: NeighbourEntry): boolean {
    for (const [key, entry] of this.world.neighbours)
      if (entry.address === address && entry.device === device) return this.world.neighbours.delete(key);
    return false;
  }

  #addLink(link: NewLink): void {
    const world = link.namespace === null ? this.world : this.#worldAt(link.namespace);
    if (world.links.has(link.name)) throw new Error("File exists");
    if (link.kind === "vxlan" && this.world.lateOverlays.has(link.vni))
      throw new Error("File exists: A VXLAN device with the specified VNI already exists");
    const far = link.kind === "veth" ? link.peer : null;
    const farWorld = far === null || far.namespace === null ? world : this.#worldAt(far.namespace);
    if (far !== null) {
      addTo(farWorld, { ...far, kind: "veth" });
      farWorld.farEnds.set(far.name, { world, name: link.name });
      world.farEnds.set(link.name, { world: farWorld, name: far.name });
    }
    addTo(world, link);
  }
}

/** The namespaces of one machine; `host` is the one the daemon runs in. */
export class MemoryNetworkNamespaces implements NetworkNamespaces {
  readonly host = new NamespaceWorld();
  readonly named = new Map<string, NamespaceWorld>();
  /** Of every named namespace. */
  failInside: Failing | null = null;

  own(): MemoryNetworkKernel {
    return new MemoryNetworkKernel(this.host, this.#at);
  }

  async make(path: string): Promise<boolean> {
    if (this.named.has(path)) return false;
    this.named.set(path, new NamespaceWorld());
    return true;
  }

  async open(path: string): Promise<MemoryNetworkKernel> {
    const world = this.#at(path);
    world.fail ??= this.failInside;
    return new MemoryNetworkKernel(world, this.#at);
  }

  async remove(path: string): Promise<void> {
    const world = this.named.get(path);
    this.named.delete(path);
    // It lives on, without a name, for whoever looks at it.
    if (world === undefined || world.handles.size > 0) return;
    for (const { vxlan } of world.links.values()) if (vxlan !== null) this.host.lateOverlays.add(vxlan.vni);
    for (const name of [...world.links.keys()]) world.removeLink(name);
  }

  readonly #at = (path: string): NamespaceWorld => {
    const world = this.named.get(path);
    if (world === undefined) throw new SwarmError("notFound", `cannot open ${path}: No such file or directory`);
    return world;
  };
}

function addTo(world: NamespaceWorld, link: Pick<NewLink, "name" | "kind" | "mac" | "mtu"> & Partial<NewLink>): void {
  const { name, kind, mac, mtu } = link;
  const vxlan =
    "vni" in link && "port" in link && "local" in link
      ? { vni: link.vni as number, port: link.port as number, local: link.local as string | null }
      : null;
  world.links.set(name, { name, kind, up: false, mtu: mtu ?? 1500, mac: mac ?? "aa:00:00:00:00:02", vxlan });
  for (const setting of DEVICE_SETTINGS) world.settings.set(`net/ipv4/conf/${name}/${setting}`, "0");
  world.settings.set(`net/ipv6/conf/${name}/disable_ipv6`, "0");
}

/** What is left of a text for `nft -f -` that makes tables anew: null when it only removes some. */
function tablesIn(text: string): string | null {
  const lines = text.split("\n").filter((line) => !/^table \S+ \S+ \{\}$|^delete table /.test(line));
  const left = lines.join("\n").trim();
  return left === "" ? null : left;
}

function neighbourKey({ address, mac, device }: NeighbourEntry): string {
  return `${address} ${mac} ${device}`;
}

function forwardingKey({ mac, destination, device }: ForwardingEntry): string {
  return `${mac} ${destination} ${device}`;
}
