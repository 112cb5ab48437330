import type { HostListener, Node, OverlayFacts } from "../rpc/gen/objects.ts";
import { type DockerJson, headOf, unlessEmpty } from "./common.ts";
import { toDockerResources } from "./elements.ts";

/**
 * A node as `docker node inspect` shows it. `Spec.Role` is the wanted role, as there.
 * @param tlsInfo of the root of its certificate, where that is known
 */
export function toDockerNode(node: Node, tlsInfo: DockerJson = {}): DockerJson {
  return {
    ...headOf(node),
    Spec: {
      ...unlessEmpty("Name", node.spec?.annotations?.name),
      Labels: node.spec?.annotations?.labels ?? {},
      Role: (node.spec?.desiredRole ?? "WORKER").toLowerCase(),
      Availability: (node.spec?.availability ?? "ACTIVE").toLowerCase(),
    },
    Description: {
      Hostname: node.description?.hostname ?? "",
      Platform: {
        Architecture: node.description?.platform?.architecture ?? "",
        OS: node.description?.platform?.os ?? "",
      },
      Resources: {
        NanoCPUs: node.description?.resources?.nanoCpus ?? 0,
        MemoryBytes: node.description?.resources?.memoryBytes ?? 0,
        ...unlessEmpty("GenericResources", node.description?.resources?.generic.flatMap(toDockerResources)),
      },
      Engine: {
        EngineVersion: node.description?.engineVersion ?? "",
        ...unlessEmpty("Labels", node.description?.engineLabels),
      },
      ...unlessEmpty("TLSInfo", tlsInfo),
      // Not of Docker.
      ...unlessEmpty("Listeners", node.description?.listeners.map(toListener)),
      ...unlessEmpty("Overlay", toOverlay(node.description?.overlay ?? null)),
      ...unlessEmpty(
        "SlotVolumes",
        node.description?.slotVolumes.map(({ name }) => name),
      ),
    },
    Status: {
      State: (node.status?.state ?? "UNKNOWN").toLowerCase(),
      ...unlessEmpty("Message", node.status?.message),
      Addr: node.status?.address ?? "",
    },
    ...managerStatus(node),
  };
}

function toOverlay(overlay: OverlayFacts | null): DockerJson {
  if (overlay === null) return {};
  const { mtu, hosts, hostsFine, narrow, wrongChecksums } = overlay;
  return {
    MTU: mtu,
    Hosts: hosts,
    HostsFine: hostsFine,
    ...unlessEmpty(
      "Narrow",
      narrow.map(({ nodeId, bytes }) => ({ NodeID: nodeId, Bytes: bytes })),
    ),
    ...unlessEmpty("WrongChecksums", wrongChecksums),
  };
}

function toListener({ protocol, port, address, program, clash }: HostListener): DockerJson {
  return {
    Protocol: protocol.toLowerCase(),
    Port: port,
    Address: address,
    ...unlessEmpty("Program", program),
    ...(clash === "NONE" ? {} : { Clash: clash.toLowerCase() }),
  };
}

function managerStatus({ managerStatus: status }: Node): DockerJson {
  if (status === null) return {};
  return {
    ManagerStatus: {
      ...unlessEmpty("Leader", status.leader),
      Reachability: status.reachability.toLowerCase(),
      Addr: status.address,
    },
  };
}
