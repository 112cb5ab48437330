import type { Service } from "../../shared/objects/types.ts";
import type { Endpoint, PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isIngress } from "../tasks/endpoint.ts";
import { type PortOwners, portKey } from "./port-owners.ts";

/** Ports that are given away where people leave the number open; Docker's range. */
export const DYNAMIC_PORT_MIN = 30_000;
export const DYNAMIC_PORT_MAX = 32_767;

type Protocol = PortConfig["protocol"];
/** The last dynamic port given away for each protocol; the search goes on behind it. */
export type PortCursors = Map<Protocol, number>;

/** Outcome of an allocation: the endpoint, or why there is none, in a sentence for the service's tasks. */
export type PortResult =
  | { readonly kind: "allocated"; readonly endpoint: Endpoint }
  | { readonly kind: "refused"; readonly err: string };

/** Gives services their published ports, in one pass of the allocator. */
export class PortBook {
  readonly #owners: PortOwners;
  readonly #cursors: PortCursors;
  /** UDP port of the swarm's own traffic, which may lie in the dynamic range. */
  readonly #dataPathPort: number;
  readonly #view: ReadView;
  /** Ports that programs of hosts listen on, once somebody has asked. */
  #ofPrograms: ReadonlySet<string> | null = null;

  constructor(view: ReadView, owners: PortOwners, cursors: PortCursors) {
    this.#owners = owners;
    this.#cursors = cursors;
    this.#view = view;
    this.#dataPathPort = view.cluster().dataPathPort;
  }

  /**
   * Ports for the service's present spec. It gives up those it no longer wants, keeps its dynamic numbers for the same
   * target ports, and takes nothing when one of them cannot be had.
   */
  allocate(service: Service): PortResult {
    const previous = service.endpoint?.ports ?? [];
    const wanted = service.spec.endpoint?.ports ?? [];
    for (const port of wanted) {
      const owner = isIngress(port) && port.publishedPort !== 0 ? this.#owners.ownerOf(port) : undefined;
      if (owner !== undefined && owner.serviceId !== service.id) {
        return { kind: "refused", err: `published port ${show(port)} is already used by service ${owner.name}` };
      }
    }
    let held = wanted.filter((port) => isIngress(port) && port.publishedPort !== 0);
    this.#owners.try(service, held);
    const ports: PortConfig[] = [];
    for (const port of wanted) {
      const given = isIngress(port) && port.publishedPort === 0 ? this.#giveDynamic(port, previous) : port;
      if (given === null) {
        this.#owners.giveUp(service);
        const range = `${DYNAMIC_PORT_MIN}-${DYNAMIC_PORT_MAX}`;
        return { kind: "refused", err: `no free published port in ${range}/${port.protocol.toLowerCase()}` };
      }
      if (given !== port) {
        held = [...held, given];
        this.#owners.try(service, held);
      }
      ports.push(given);
    }
    const mode = service.spec.endpoint?.mode ?? "VIP";
    return { kind: "allocated", endpoint: { mode, ports, virtualIps: service.endpoint?.virtualIps ?? [] } };
  }

  #giveDynamic(port: PortConfig, previous: readonly PortConfig[]): PortConfig | null {
    const sticky = previous.find(
      (old) =>
        isIngress(old) &&
        old.protocol === port.protocol &&
        old.targetPort === port.targetPort &&
        this.#owners.ownerOf(old) === undefined,
    );
    const publishedPort = sticky?.publishedPort ?? this.#nextFree(port.protocol);
    return publishedPort === null ? null : { ...port, publishedPort };
  }

  #nextFree(protocol: Protocol): number | null {
    const size = DYNAMIC_PORT_MAX - DYNAMIC_PORT_MIN + 1;
    const cursor = this.#cursors.get(protocol) ?? DYNAMIC_PORT_MIN - 1;
    for (let step = 1; step <= size; step++) {
      const publishedPort = DYNAMIC_PORT_MIN + ((cursor - DYNAMIC_PORT_MIN + step + size) % size);
      const port = { protocol, publishedPort };
      if (this.#owners.isOwned(port) || this.#programPorts().has(portKey(port))) continue;
      if (protocol === "UDP" && publishedPort === this.#dataPathPort) continue;
      this.#cursors.set(protocol, publishedPort);
      return publishedPort;
    }
    return null;
  }

  #programPorts(): ReadonlySet<string> {
    this.#ofPrograms ??= new Set(
      this.#view
        .all("node")
        .flatMap(({ description }) => description?.listeners ?? [])
        .map(({ protocol, port }) => portKey({ protocol, publishedPort: port })),
    );
    return this.#ofPrograms;
  }
}

const show = (port: PortConfig): string => `${port.publishedPort}/${port.protocol.toLowerCase()}`;
