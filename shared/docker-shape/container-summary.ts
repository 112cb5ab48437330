import type { ContainerSummary } from "../rpc/gen/containers.ts";
import type { Mount, PortConfig } from "../rpc/gen/objects.ts";
import { type DockerJson, unlessEmpty } from "./common.ts";
import { toMountPoint } from "./container.ts";
import { toEndpoints } from "./container-networks.ts";
import { statusText } from "./container-status.ts";

const MS_PER_SECOND = 1_000;

/** A container as one entry of GET /containers/json. `nowMs`: for "Up 5 minutes". */
export function toDockerSummary(summary: ContainerSummary, nowMs: number): DockerJson {
  const { networks, places } = summary;
  return {
    Id: summary.id,
    Names: [`/${summary.name}`],
    Image: summary.image,
    ImageID: summary.imageId === "" ? "" : `sha256:${summary.imageId}`,
    Command: summary.command.join(" "),
    Created: Math.floor(summary.createdAtMs / MS_PER_SECOND),
    Ports: [...summary.ports.map(toPort), ...summary.exposedPorts.map(toExposedPort)],
    Labels: summary.labels,
    State: summary.state.toLowerCase(),
    Status: statusText(summary, nowMs),
    HostConfig: { NetworkMode: networks[0] ?? "none" },
    NetworkSettings: { Networks: toEndpoints(places) },
    Mounts: summary.mounts.map(toMount),
  };
}

function toPort({ hostIp, targetPort, publishedPort, protocol }: PortConfig): DockerJson {
  return {
    IP: hostIp || "0.0.0.0",
    PrivatePort: targetPort,
    ...unlessEmpty("PublicPort", publishedPort),
    Type: protocol.toLowerCase(),
  };
}

/** Of `80/tcp`, which nobody published. */
function toExposedPort(name: string): DockerJson {
  const [port = "0", protocol = "tcp"] = name.split("/");
  return { PrivatePort: Number(port), Type: protocol };
}

function toMount({ type, source, target, readOnly, bindPropagation }: Mount): DockerJson {
  const isVolume = type === "VOLUME";
  return toMountPoint({
    type: type.toLowerCase(),
    name: isVolume ? source : "",
    source: isVolume ? "" : source,
    target,
    driver: isVolume ? "local" : "",
    isWritable: !readOnly,
    propagation: type === "BIND" ? bindPropagation.toLowerCase() : "",
  });
}
