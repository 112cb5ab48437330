import type { ContainerId, ContainerKey, NetworkId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { NetworkAttachment, TaskSpec } from "../../../shared/objects/types.ts";
import type { ContainerConfig, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { PortConfig } from "../../../shared/rpc/gen/objects.ts";
import type { WantedContainer } from "../../executor/wanted-container.ts";
import type { StdinLife } from "../../runtime/launch-command.ts";

/** How a container of people's own is on a network. */
export type NetworkChoice =
  | { readonly kind: "bridge" }
  | { readonly kind: "host" }
  | { readonly kind: "none" }
  | { readonly kind: "container"; readonly ref: string }
  /** One that people made, by name or id. */
  | { readonly kind: "network"; readonly ref: string };

export function networkChoice({ network }: Pick<ContainerConfig, "network">): NetworkChoice {
  if (network === "" || network === "default" || network === "bridge") return { kind: "bridge" };
  if (network === "host" || network === "none") return { kind: network };
  const ref = /^container:(.+)$/.exec(network)?.[1];
  return ref === undefined ? { kind: "network", ref: network } : { kind: "container", ref };
}

/**
 * A container of people's own as the executor makes it. `keyOf` finds the container whose network or processes
 * it shares; that throws when there is none.
 */
export function wantedOf(stored: OwnContainer, keyOf: (ref: string) => ContainerKey): WantedContainer {
  const config = mustHave(stored.config, "the configuration of a container");
  const spec = config.task as TaskSpec;
  const choice = networkChoice(config);
  const other = /^container:(.+)$/.exec(spec.container.pidMode)?.[1];
  return {
    key: stored.id as ContainerId,
    name: config.name,
    spec,
    labels: spec.container.labels,
    networks: placesOf(choice, stored),
    macAddress: config.macAddress,
    hostPorts: choice.kind === "bridge" || choice.kind === "network" ? portsOf(config, stored.imagePorts) : [],
    genericResources: [],
    task: null,
    isKept: true,
    // What it changed stands on this image's files.
    imageId: stored.imageId,
    sharesNetworkOf: choice.kind === "container" ? keyOf(choice.ref) : null,
    sharesProcessesOf: other === undefined ? null : keyOf(other),
    stdin: stdinOf(config),
    borrowsVolumes: config.volumesFrom.length > 0,
    mustBeHealthy: false,
  };
}

/** Who can write to the standard input of a container that is made like this. */
export function stdinOf({ openStdin, stdinOnce }: Pick<ContainerConfig, "openStdin" | "stdinOnce">): StdinLife {
  if (!openStdin) return "none";
  return stdinOnce ? "once" : "kept";
}

/** Its link to the host, which is its place on `bridge`, has no address that somebody would have to give. */
function placesOf({ kind }: NetworkChoice, { places, config }: OwnContainer): readonly NetworkAttachment[] {
  const driver = kind === "host" ? "host" : kind === "none" ? "null" : null;
  if (driver !== null) return [{ ...NOWHERE, driver }];
  const own = places.map(({ networkId, address, address6 }) => {
    const macAddress = config?.endpoints.find(({ network }) => network === networkId)?.macAddress;
    const mac = macAddress === undefined ? {} : { macAddress };
    return { networkId: networkId as NetworkId, address, address6, aliases: [], ...mac };
  });
  return kind === "bridge" ? [{ ...NOWHERE, driver: "bridge" }, ...own] : own;
}

const NOWHERE = { networkId: "", address: "", aliases: [], address6: "" } as unknown as NetworkAttachment;

/** Given ports first; `-P` publishes the others at numbers that the host chooses. */
function portsOf(config: ContainerConfig, imagePorts: readonly string[]): readonly PortConfig[] {
  const given = config.ports.map((port): PortConfig => ({ ...port, publishMode: "HOST" }));
  if (!config.publishAll) return given;
  const isGiven = (port: PortConfig): boolean =>
    given.some(({ targetPort, protocol }) => targetPort === port.targetPort && protocol === port.protocol);
  const exposed = [...new Set([...imagePorts, ...config.exposedPorts])].map(exposedPort);
  return [...given, ...exposed.filter((port) => !isGiven(port))];
}

function exposedPort(text: string): PortConfig {
  const [port = "", protocol = "tcp"] = text.split("/");
  return {
    protocol: protocol.toUpperCase() as PortConfig["protocol"],
    targetPort: Number(port),
    publishedPort: 0,
    publishMode: "HOST",
    hostIp: "",
    localFirst: false,
  };
}
