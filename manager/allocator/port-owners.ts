import type { ServiceId } from "../../shared/ids.ts";
import { hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { isIngress } from "../tasks/endpoint.ts";

export interface PortOwner {
  readonly serviceId: ServiceId;
  readonly name: string;
  readonly hostIp: string;
}

interface Held {
  readonly name: string;
  readonly ports: readonly PortConfig[];
}

const NOTHING: Held = { name: "", ports: [] };

/**
 * Which service has which published port, derived from the store's committed services and kept up to date with them.
 * Numbers are per protocol.
 */
export class PortOwners {
  /** Several only where each has it at other addresses of the hosts; in the order of their ids, whoever came first. */
  readonly #owners = new Map<string, readonly PortOwner[]>();
  readonly #heldBy = new Map<ServiceId, Held>();
  /** What services that this pass changes had before it. */
  readonly #before = new Map<ServiceId, Held>();

  /** Takes in what the store now says of a service; undefined = it is gone. */
  look(id: ServiceId, service: Service | undefined): void {
    const ports = service?.endpoint?.ports ?? [];
    this.#replace(id, ports.length === 0 ? NOTHING : { name: service?.spec.annotations.name ?? "", ports });
  }

  ownerOf(port: PortConfig): PortOwner | undefined {
    return this.#owners.get(portKey(port))?.find(({ hostIp }) => hostIpsOverlap(hostIp, port.hostIp));
  }

  /** Whether anybody has it, at whatever address of the hosts. */
  isOwned(port: Pick<PortConfig, "protocol" | "publishedPort">): boolean {
    return this.#owners.has(portKey(port));
  }

  /** The service has these ports, and no others, until `takeBack`. */
  try(service: Service, ports: readonly PortConfig[]): void {
    const { id, spec } = service;
    if (!this.#before.has(id)) this.#before.set(id, this.#heldBy.get(id) ?? NOTHING);
    this.#replace(id, { name: spec.annotations.name, ports });
  }

  /** The service has what it had before this pass. */
  giveUp({ id }: Service): void {
    const before = this.#before.get(id);
    if (before === undefined) return;
    this.#before.delete(id);
    this.#replace(id, before);
  }

  /** Takes back all that this pass tried: what comes of it, commits will say. */
  takeBack(): void {
    for (const [id, held] of this.#before) this.#replace(id, held);
    this.#before.clear();
  }

  #replace(id: ServiceId, held: Held): void {
    const old = this.#heldBy.get(id);
    if (old === undefined && held.ports.length === 0) return;
    for (const port of published(old ?? NOTHING)) {
      const others = (this.#owners.get(portKey(port)) ?? []).filter(({ serviceId }) => serviceId !== id);
      if (others.length === 0) this.#owners.delete(portKey(port));
      else this.#owners.set(portKey(port), others);
    }
    for (const port of published(held)) {
      const owners = [
        ...(this.#owners.get(portKey(port)) ?? []),
        { serviceId: id, name: held.name, hostIp: port.hostIp },
      ];
      this.#owners.set(
        portKey(port),
        owners.sort((a, b) => (a.serviceId < b.serviceId ? -1 : 1)),
      );
    }
    if (held.ports.length === 0) this.#heldBy.delete(id);
    else this.#heldBy.set(id, held);
  }
}

export function portKey({ protocol, publishedPort }: Pick<PortConfig, "protocol" | "publishedPort">): string {
  return `${publishedPort}/${protocol}`;
}

const published = ({ ports }: Held): readonly PortConfig[] =>
  ports.filter((port) => isIngress(port) && port.publishedPort !== 0);
