import type { ServiceId } from "../../shared/ids.ts";
import { hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { Endpoint, PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isIngress } from "../tasks/endpoint.ts";
import { isolate, type Trouble } from "../trouble.ts";

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

interface Owner {
  readonly serviceId: ServiceId;
  readonly name: string;
  readonly hostIp: string;
}

/** Which service has which published port, read from the store. Numbers are per protocol. */
export class PortBook {
  /** Several only where each has it at other addresses of the hosts. */
  readonly #owners = new Map<string, readonly Owner[]>();
  readonly #cursors: PortCursors;
  /** UDP port of the swarm's own traffic, which may lie in the dynamic range. */
  readonly #dataPathPort: number;
  readonly #view: ReadView;
  /** Ports that programs of hosts listen on, once somebody has asked. */
  #ofPrograms: ReadonlySet<string> | null = null;

  constructor(view: ReadView, cursors: PortCursors, troubles: Trouble[]) {
    this.#cursors = cursors;
    this.#view = view;
    this.#dataPathPort = view.cluster().dataPathPort;
    for (const service of view.all("service")) {
      const claim = (): void => {
        for (const port of service.endpoint?.ports ?? []) if (isIngress(port)) this.#claim(service, port);
      };
      isolate(troubles, `service ${service.id}`, claim, undefined);
    }
  }

  /**
   * Ports for the service's present spec. It gives up those it no longer wants, keeps its dynamic numbers for the same
   * target ports, and takes nothing when one of them cannot be had.
   */
  allocate(service: Service): PortResult {
    const previous = service.endpoint?.ports ?? [];
    const wanted = service.spec.endpoint?.ports ?? [];
    for (const port of wanted) {
      const owner = isIngress(port) && port.publishedPort !== 0 ? this.#ownerOf(port) : undefined;
      if (owner !== undefined && owner.serviceId !== service.id) {
        return { kind: "refused", err: `published port ${show(port)} is already used by service ${owner.name}` };
      }
    }
    this.#releaseAll(service);
    for (const port of wanted) if (isIngress(port) && port.publishedPort !== 0) this.#claim(service, port);
    const ports: PortConfig[] = [];
    for (const port of wanted) {
      const given = isIngress(port) && port.publishedPort === 0 ? this.#giveDynamic(service, port, previous) : port;
      if (given === null) {
        this.#releaseAll(service);
        for (const old of previous) if (isIngress(old)) this.#claim(service, old);
        const range = `${DYNAMIC_PORT_MIN}-${DYNAMIC_PORT_MAX}`;
        return { kind: "refused", err: `no free published port in ${range}/${port.protocol.toLowerCase()}` };
      }
      ports.push(given);
    }
    const mode = service.spec.endpoint?.mode ?? "VIP";
    return { kind: "allocated", endpoint: { mode, ports, virtualIps: service.endpoint?.virtualIps ?? [] } };
  }

  #giveDynamic(service: Service, port: PortConfig, previous: readonly PortConfig[]): PortConfig | null {
    const sticky = previous.find(
      (old) =>
        isIngress(old) &&
        old.protocol === port.protocol &&
        old.targetPort === port.targetPort &&
        this.#ownerOf(old) === undefined,
    );
    const publishedPort = sticky?.publishedPort ?? this.#nextFree(port.protocol);
    if (publishedPort === null) return null;
    const given = { ...port, publishedPort };
    this.#claim(service, given);
    return given;
  }

  #nextFree(protocol: Protocol): number | null {
    const size = DYNAMIC_PORT_MAX - DYNAMIC_PORT_MIN + 1;
    const cursor = this.#cursors.get(protocol) ?? DYNAMIC_PORT_MIN - 1;
    for (let step = 1; step <= size; step++) {
      const publishedPort = DYNAMIC_PORT_MIN + ((cursor - DYNAMIC_PORT_MIN + step + size) % size);
      const key = keyOf({ protocol, publishedPort });
      if (this.#owners.has(key) || this.#programPorts().has(key)) continue;
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
        .map(({ protocol, port }) => keyOf({ protocol, publishedPort: port })),
    );
    return this.#ofPrograms;
  }

  #ownerOf(port: PortConfig): Owner | undefined {
    return this.#owners.get(keyOf(port))?.find(({ hostIp }) => hostIpsOverlap(hostIp, port.hostIp));
  }

  #claim(service: Service, port: PortConfig): void {
    if (port.publishedPort === 0 || this.#ownerOf(port) !== undefined) return;
    const owner = { serviceId: service.id, name: service.spec.annotations.name, hostIp: port.hostIp };
    this.#owners.set(keyOf(port), [...(this.#owners.get(keyOf(port)) ?? []), owner]);
  }

  #releaseAll(service: Service): void {
    for (const [key, owners] of this.#owners) {
      const others = owners.filter(({ serviceId }) => serviceId !== service.id);
      if (others.length === 0) this.#owners.delete(key);
      else if (others.length < owners.length) this.#owners.set(key, others);
    }
  }
}

function keyOf({ protocol, publishedPort }: Pick<PortConfig, "protocol" | "publishedPort">): string {
  return `${publishedPort}/${protocol}`;
}

const show = (port: PortConfig): string => `${port.publishedPort}/${port.protocol.toLowerCase()}`;
