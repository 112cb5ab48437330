import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import { ERRNO, verdictText } from "../netlink/answers.ts";
import { changeText, deviceOf, type NetworkChange } from "../netlink/change.ts";
import type { ConnectionPattern } from "../netlink/connections.ts";
import { dumpRequests, readNews } from "../netlink/dumps.ts";
import { connectedRequests, endRequest, ownAddresses } from "../netlink/ended-sockets.ts";
import { PROTOCOL, ROUTE_GROUPS } from "../netlink/groups.ts";
import { LISTENER_TABLES, type Listener, parseListeners } from "../netlink/listeners.ts";
import type { FilterHook } from "../netlink/packet-filter.ts";
import { requestFor } from "../netlink/requests.ts";
import { ObservedNetwork, type ObservedState, type Part } from "../netlink/state.ts";
import type { Message } from "../netlink/wire.ts";
import { ConnectionTable } from "./connection-table.ts";
import { watchSocket } from "./kernel-notices.ts";
import { drainNotices, NetlinkSocket } from "./netlink-socket.ts";
import type { Disturbance, NetworkKernel, NetworkNamespaces, RulesState, RulesTable } from "./network-kernel.ts";
import { inNamespace, makeNamespace, openNamespace, removeNamespace } from "./network-namespaces.ts";
import { PacketRules } from "./packet-rules.ts";
import { closeFile, joinGroup, openNetlink, setReceiveRoom } from "./system-calls.ts";
import { listenersByDiagnosis } from "./system-listeners-inside.ts";

/** As much as some ten thousand routes that come at once say. */
const RECEIVE_ROOM_BYTES = 4 << 20;
/** How many the kernel remembers in a namespace. */
const CONNECTIONS = "net/netfilter/nf_conntrack_count";
const PARTS: readonly Part[] = ["links", "addresses", "routes", "neighbours", "forwarding", "settings"];

interface Notices {
  readonly socket: number;
  readonly endWatch: () => void;
  /** Nothing that was said is missing in what is known. */
  isWhole: boolean;
}

/**
 * Linux by netlink. What it is asked is answered, and rules are loaded, before a method first lets others run; changes
 * may have to wait for the kernel, and are carried out on another thread, one call's after the other's.
 */
class SystemNetworkKernel implements NetworkKernel {
  /** null = the daemon's own. */
  readonly #namespace: number | null;
  readonly #requests: NetlinkSocket;
  /** For changes, so that meanwhile something can be asked. Opened by the first `change`. */
  #changesIfUsed: NetlinkSocket | null = null;
  /** One call of `change` at a time. */
  #changing: Promise<unknown> = Promise.resolve();
  readonly #network = new ObservedNetwork();
  /** Opened by the first `observe`. */
  #notices: Notices | null = null;
  #rulesIfUsed: PacketRules | null = null;
  #connectionsIfUsed: ConnectionTable | null = null;
  #listener: ((what: Disturbance) => void) | null = null;

  constructor(namespace: number | null) {
    this.#namespace = namespace;
    this.#requests = inNamespace(namespace, () => new NetlinkSocket(PROTOCOL.route));
  }

  async observe(): Promise<ObservedState> {
    this.#hear();
    return this.#network.state();
  }

  async observeAnew(): Promise<ObservedState> {
    if (this.#notices !== null) this.#notices.isWhole = false;
    return this.observe();
  }

  change(changes: readonly NetworkChange[]): Promise<readonly (string | null)[]> {
    if (changes.length === 0) return Promise.resolve([]);
    const changed = this.#changing.then(() => this.#change(changes));
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #change(changes: readonly NetworkChange[]): Promise<readonly (string | null)[]> {
    this.#changesIfUsed ??= inNamespace(this.#namespace, () => new NetlinkSocket(PROTOCOL.route));
    const socket = this.#changesIfUsed;
    const files = new Map<string, number>();
    const fileOf = (path: string): number => {
      const file = files.get(path) ?? openNamespace(path);
      files.set(path, file);
      return file;
    };
    const context = { fileOf, indexOf: (device: string) => this.#indexOf(device) };
    const results: (string | null)[] = changes.map(() => null);
    let waiting: { readonly at: number; readonly request: Buffer }[] = [];
    let hasNewAddress6 = false;
    const flush = async (): Promise<void> => {
      const sent = waiting;
      waiting = [];
      const verdicts = await socket.transactAside(sent.map(({ request }) => request));
      for (const [order, { at }] of sent.entries()) {
        const verdict = verdicts[order];
        if (verdict !== undefined && verdict.errno !== 0) results[at] = sentence(changes[at], verdictText(verdict));
      }
      // Not before: somebody may have looked meanwhile.
      if (hasNewAddress6) this.#network.suspect("addresses");
      if (this.#notices === null) this.#network.clear("links");
      else this.#hear();
    };
    try {
      // Devices whose numbers are only known once what waits has been done.
      let unsettled = new Set<string>();
      for (const [at, change] of changes.entries()) {
        if (unsettled.has(deviceOf(change)) && change.kind !== "addLink") {
          await flush();
          unsettled = new Set();
        }
        try {
          waiting.push({ at, request: requestFor(change, context) });
          hasNewAddress6 ||= change.kind === "addAddress" && change.address.cidr.includes(":");
          if (change.kind === "addLink" || change.kind === "removeLink") unsettled.add(deviceOf(change));
        } catch (error) {
          if (!(error instanceof SwarmError)) throw error;
          results[at] = sentence(change, error.message);
        }
      }
      await flush();
    } finally {
      for (const file of files.values()) closeFile(file);
    }
    return results;
  }

  readSetting(path: string): string | null {
    try {
      return inNamespace(this.#namespace, () => readFileSync(join("/proc/sys", path), "utf8")).trim();
    } catch (error) {
      ignoreMissing(error);
      return null;
    }
  }

  writeSetting(path: string, value: string): void {
    try {
      inNamespace(this.#namespace, () => writeFileSync(join("/proc/sys", path), value, { flag: "r+" }));
    } catch (error) {
      ignoreMissing(error);
    }
  }

  async loadRules(text: string, tables: readonly RulesTable[] | null): Promise<void> {
    this.#rules().load(text, tables);
  }

  async hasRules(table: RulesTable): Promise<boolean> {
    return this.#rules().has(table);
  }

  async rulesSinceLoad(): Promise<RulesState> {
    return this.#rules().sinceLoad();
  }

  async drops(hook: FilterHook, exceptTable: string): Promise<readonly string[]> {
    return this.#rules().drops(hook, exceptTable);
  }

  async forgetConnections(patterns: readonly ConnectionPattern[]): Promise<void> {
    // Looking for some takes the kernel through a table that is one for all namespaces.
    if (patterns.length === 0 || this.readSetting(CONNECTIONS) === "0") return;
    this.#connectionsIfUsed ??= new ConnectionTable(this.#namespace);
    await this.#connectionsIfUsed.forget(patterns);
  }

  async endConnections(addresses: readonly string[]): Promise<number> {
    const own = ownAddresses(addresses);
    const ends: Buffer[] = [];
    const socket = inNamespace(this.#namespace, () => new NetlinkSocket(PROTOCOL.diagnosis));
    try {
      for (const { protocol, request } of connectedRequests())
        socket.dump(request, (message) => {
          const end = endRequest(protocol, message, own);
          if (end !== null) ends.push(end);
        });
      // One that ended by itself meanwhile is as good.
      return socket.transact(ends).filter(({ errno }) => errno !== 0 && errno !== ERRNO.notThere).length;
    } finally {
      socket.close();
    }
  }

  async listeners(): Promise<readonly Listener[]> {
    const found = listenersByDiagnosis(this.#namespace) ?? [];
    // None at all is also what a kernel says that lacks this part of it.
    return found.length > 0 ? found : this.#listenersInFiles();
  }

  #listenersInFiles(): readonly Listener[] {
    return LISTENER_TABLES.flatMap((table) => {
      try {
        // Not /proc/net, which is that of the main thread.
        const read = (): string => readFileSync(`/proc/thread-self/net/${table}`, "utf8");
        return parseListeners(table, inNamespace(this.#namespace, read));
      } catch (error) {
        ignoreMissing(error);
        return [];
      }
    });
  }

  onDisturbance(listener: ((what: Disturbance) => void) | null): void {
    this.#listener = listener;
  }

  close(): void {
    this.#listener = null;
    this.#notices?.endWatch();
    this.#rulesIfUsed?.close();
    this.#rulesIfUsed = null;
    this.#connectionsIfUsed?.close();
    this.#connectionsIfUsed = null;
    // When what was begun is done: the number of a file that is closed is soon another's.
    void this.#changing.then(() => {
      if (this.#notices !== null) closeFile(this.#notices.socket);
      this.#notices = null;
      this.#changesIfUsed?.close();
      this.#requests.close();
      if (this.#namespace !== null) closeFile(this.#namespace);
    });
  }

  /** Brings what is known up to date. */
  #hear(): void {
    this.#notices ??= this.#listen();
    this.#drain();
    if (!this.#notices.isWhole) {
      this.#notices.isWhole = true;
      for (const part of PARTS) this.#read(part);
      // What changed while it was read.
      this.#drain();
    }
    for (const part of this.#network.stale) {
      this.#read(part);
      this.#drain();
    }
  }

  #listen(): Notices {
    const socket = inNamespace(this.#namespace, () => openNetlink(PROTOCOL.route));
    setReceiveRoom(socket, RECEIVE_ROOM_BYTES);
    for (const group of ROUTE_GROUPS) joinGroup(socket, group);
    return { socket, endWatch: watchSocket(socket, () => this.#drain()), isWhole: false };
  }

  #drain(): void {
    const notices = this.#notices;
    if (notices === null) return;
    let isByOthers = false;
    const isWhole = drainNotices(notices.socket, (message) => {
      const news = readNews(message);
      if (news !== null && this.#network.take(news) && !this.#isOwn(message)) isByOthers = true;
    });
    if (!isWhole) notices.isWhole = false;
    if (isByOthers || !isWhole) this.#disturbed("state");
  }

  /** Whether it tells of what this object did. */
  #isOwn({ port }: Message): boolean {
    return port === this.#changesIfUsed?.port;
  }

  #disturbed(what: Disturbance): void {
    queueMicrotask(() => this.#listener?.(what));
  }

  #read(part: Part): void {
    this.#network.clear(part);
    for (const request of dumpRequests(part))
      this.#requests.dump(request, (message) => {
        const news = readNews(message);
        if (news !== null) this.#network.take(news);
      });
  }

  #indexOf(device: string): number {
    // Where nothing is heard, the devices are read once for each change.
    if (this.#notices === null && this.#network.indexOf(device) === undefined) this.#read("links");
    const index = this.#network.indexOf(device);
    if (index === undefined) throw new SwarmError("notFound", "there is no such device");
    return index;
  }

  #rules(): PacketRules {
    this.#rulesIfUsed ??= new PacketRules(this.#namespace, () => this.#disturbed("rules"));
    return this.#rulesIfUsed;
  }
}

export function systemNetworkNamespaces(): NetworkNamespaces {
  return {
    own: () => new SystemNetworkKernel(null),
    make: async (path) => makeNamespace(path),
    async open(path) {
      return new SystemNetworkKernel(openNamespace(path));
    },
    remove: removeNamespace,
  };
}

function sentence(change: NetworkChange | undefined, why: string): string {
  return `cannot ${change === undefined ? "do it" : changeText(change)}: ${why}`;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
