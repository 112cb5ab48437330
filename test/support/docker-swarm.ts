/** A Docker Swarm as its manager tells it: the answers of dockerd 28, cut to what differs from object to object. */
import type { DockerJson } from "../../shared/docker-shape/common.ts";
import type { FoundSwarm } from "../../swarmctl/import/found.ts";

const HEAD = {
  Version: { Index: 11 },
  CreatedAt: "2026-11-01T08:00:00.123456789Z",
  UpdatedAt: "2026-11-01T08:00:00.123456789Z",
} as const;

export function foundNetwork(id: string, name: string, more: DockerJson = {}): DockerJson {
  return {
    Name: name,
    Id: id,
    Created: HEAD.CreatedAt,
    Scope: "swarm",
    Driver: "overlay",
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "10.0.9.0/24", Gateway: "10.0.9.1" }] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: null,
    Options: { "com.docker.network.driver.overlay.vxlanid_list": "4105" },
    Labels: null,
    ...more,
  };
}

export function foundContent(id: string, name: string, data?: string): DockerJson {
  const Data = data === undefined ? {} : { Data: Buffer.from(data).toString("base64") };
  return { ID: id, ...HEAD, Spec: { Name: name, Labels: {}, ...Data } };
}

/** @param uses what goes into its container and task */
export function foundService(
  name: string,
  uses: { readonly container?: DockerJson; readonly task?: DockerJson; readonly spec?: DockerJson } = {},
): DockerJson {
  return {
    ID: `service-${name}`,
    ...HEAD,
    Spec: {
      Name: name,
      Labels: { "com.docker.stack.namespace": "shop" },
      TaskTemplate: {
        ContainerSpec: {
          Image: "nginx:1@sha256:abc",
          Init: false,
          DNSConfig: {},
          Isolation: "default",
          ...uses.container,
        },
        Resources: { Limits: {}, Reservations: {} },
        RestartPolicy: { Condition: "any", Delay: 5_000_000_000, MaxAttempts: 0 },
        Placement: { Platforms: [{ Architecture: "amd64", OS: "linux" }] },
        ForceUpdate: 0,
        Runtime: "container",
        ...uses.task,
      },
      Mode: { Replicated: { Replicas: 2 } },
      EndpointSpec: {
        Mode: "vip",
        Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "ingress" }],
      },
      ...uses.spec,
    },
    Endpoint: { Spec: {} },
  };
}

export const FOUND: FoundSwarm = {
  pools: { blocks: ["10.0.0.0/8"], prefix: 24 },
  networks: [
    foundNetwork("ingress-id", "ingress", { Ingress: true }),
    foundNetwork("back-id", "shop_back", { Internal: true, Labels: { tier: "db" } }),
    foundNetwork("wide-id", "wide", {
      IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "10.50.0.0/16", Gateway: "10.50.0.1" }] },
    }),
    foundNetwork("own-id", "own", {
      IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "192.168.9.0/24", Gateway: "192.168.9.1" }] },
    }),
    foundNetwork("secure-id", "secure", { Options: { encrypted: "" } }),
    foundNetwork("old-id", "old", { IPAM: { Driver: "weave", Config: null } }),
    foundNetwork("host-id", "host", { Driver: "host", IPAM: { Driver: "", Options: null, Config: null } }),
  ],
  configs: [foundContent("page-id", "shop_page", "hello")],
  secrets: [foundContent("key-id", "shop_key")],
  services: [
    foundService("web", {
      task: { Networks: [{ Target: "back-id", Aliases: ["www"] }] },
      container: {
        Configs: [
          { File: { Name: "/page", UID: "0", GID: "0", Mode: 0o444 }, ConfigID: "page-id", ConfigName: "shop_page" },
        ],
        Mounts: [
          { Type: "volume", Source: "files", Target: "/files" },
          { Type: "bind", Source: "/srv/www", Target: "/www" },
        ],
      },
    }),
    foundService("db", {
      container: {
        Secrets: [
          { File: { Name: "key", UID: "0", GID: "0", Mode: 0o444 }, SecretID: "key-id", SecretName: "shop_key" },
        ],
      },
      spec: { Networks: [{ Target: "back-id" }] },
    }),
    foundService("legacy", { task: { Networks: [{ Target: "old-id" }] } }),
    foundService("agent", {
      task: { Networks: [{ Target: "host-id" }], Placement: { Constraints: ["node.id==xyz"] } },
    }),
    foundService("import", { spec: { Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 5 } } } }),
    foundService("lost", { task: { Networks: [{ Target: "gone-id" }] } }),
    foundService("plugin", { task: { PluginSpec: { Name: "x" } } }),
  ],
};
