import type { NetworkId } from "../../shared/ids.ts";
import { firstSubnet } from "../../shared/objects/network.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Network, ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";
import { cidrAt, offsetOf, parseSubnet, type Subnet } from "./subnet.ts";

/**
 * The last offset given away on each network. The search goes on behind it, so that an address just freed rests as long
 * as possible: conntrack entries and neighbours of its last owner are gone before it has a new one.
 */
export type AddressCursors = Map<NetworkId, number>;

/**
 * Who has which address, read from the store: what hosts hold, and tasks that are not over. There is no other record,
 * so a new leader knows exactly what the old one knew, and no address can leak.
 */
export class AddressBook {
  readonly #networks = new Map<NetworkId, { readonly subnet: Subnet; readonly used: Set<number> }>();
  readonly #cursors: AddressCursors;

  constructor(view: ReadView, cursors: AddressCursors, troubles: Trouble[]) {
    this.#cursors = cursors;
    const each = <Kind extends ObjectKind>(kind: Kind, read: (object: ObjectKinds[Kind]) => void): void => {
      // An address that cannot be read is none of a subnet's: passing its owner over gives nothing away twice.
      for (const object of view.all(kind)) isolate(troubles, `${kind} ${object.id}`, () => read(object), undefined);
    };
    each("network", (network) => this.#open(network));
    each("node", (node) => this.#claim(node.attachments));
    each("task", (task) => isFinal(task.status.state) || this.#claim(task.networks));
    each("service", (service) => this.#claim(service.endpoint?.virtualIps ?? []));
  }

  /** Whether the network exists and has a subnet. */
  knows(networkId: NetworkId): boolean {
    return this.#networks.has(networkId);
  }

  /** A free address with prefix length; null when there is none. */
  take(networkId: NetworkId): string | null {
    const network = this.#networks.get(networkId);
    if (network === undefined) return null;
    const { subnet, used } = network;
    const size = subnet.last - subnet.first + 1;
    const cursor = this.#cursors.get(networkId) ?? Math.max(subnet.first - 1, ...used);
    for (let step = 1; step <= size; step++) {
      const offset = subnet.first + ((((cursor - subnet.first + step) % size) + size) % size);
      if (used.has(offset)) continue;
      used.add(offset);
      this.#cursors.set(networkId, offset);
      return cidrAt(subnet, offset);
    }
    return null;
  }

  /** Gives back what was taken and then not needed. */
  release(networkId: NetworkId, address: string): void {
    const network = this.#networks.get(networkId);
    const offset = network === undefined ? null : offsetOf(network.subnet, address);
    if (offset !== null) network?.used.delete(offset);
  }

  /** How full the network is, for people: "4093 of 4093 addresses in use". */
  describe(networkId: NetworkId): string {
    const network = this.#networks.get(networkId);
    if (network === undefined) return "no such network";
    const { first, last } = network.subnet;
    const inUse = [...network.used].filter((offset) => offset >= first && offset <= last).length;
    return `${inUse} of ${last - first + 1} addresses in use`;
  }

  #open(network: Network): void {
    const block = firstSubnet(network);
    if (block === null) return;
    const subnet = parseSubnet(block.cidr);
    const used = new Set<number>();
    const gateway = offsetOf(subnet, block.gateway);
    if (gateway !== null) used.add(gateway);
    this.#networks.set(network.id, { subnet, used });
  }

  #claim(attachments: readonly { readonly networkId: string; readonly address: string }[]): void {
    for (const { networkId, address } of attachments) {
      const network = this.#networks.get(networkId as NetworkId);
      const offset = network === undefined ? null : offsetOf(network.subnet, address);
      if (offset !== null) network?.used.add(offset);
    }
  }
}
