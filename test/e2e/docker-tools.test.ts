/**
 * What Traefik and Portainer ask a manager, in the order in which they do, and what they make of the answers: neither
 * is here to do it itself.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const SOCKET = "/run/swarm/docker.sock";
/** Both are made for servers that may be old. */
const API = "/v1.24";

interface VirtualIp {
  readonly NetworkID: string;
  readonly Addr: string;
}

interface Service {
  readonly ID: string;
  readonly Spec: {
    readonly Name: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Mode: object;
    readonly EndpointSpec?: { readonly Mode?: string };
  };
  readonly Endpoint: { readonly VirtualIPs?: readonly VirtualIp[] };
}

interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Scope: string;
}

interface Task {
  readonly NodeID: string;
  readonly Slot: number;
  readonly Status: { readonly State: string; readonly ContainerStatus: { readonly ContainerID: string } };
  readonly NetworksAttachments: readonly {
    readonly Network: { readonly ID: string; readonly Spec: { readonly Name: string; readonly Ingress?: boolean } };
    readonly Addresses: readonly string[];
  }[];
}

describe("programs that watch a swarm over Docker's API", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  before(async () => {
    lab = await Lab.up(2, { managers: 1 });
    docker = await DockerCli.on(lab);
    await docker.run("host1", "network", "create", "--driver", "overlay", "edge");
    const web = ["--network", "edge", "--label", "traefik.enable=true", "--label", "traefik.http.routers.web.rule=x"];
    await docker.run("host1", "service", "create", "--quiet", "--name", "web", "--replicas", "2", ...web, "whoami");
    const proxy = ["--network", "edge", "--publish", "80:80", "busybox", "sleep", "900"];
    await docker.run("host1", "service", "create", "--quiet", "--name", "proxy", ...proxy);
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  async function get<Value>(path: string): Promise<Value> {
    const text = await lab.exec("host1", "curl", "-sS", "--fail-with-body", "--unix-socket", SOCKET, `http://d${path}`);
    return JSON.parse(text) as Value;
  }

  const filters = (value: object): string => `filters=${encodeURIComponent(JSON.stringify(value))}`;

  /** Whether the proxy's task reaches an address, as Traefik in its place would. */
  async function reaches(address: string): Promise<boolean> {
    const { exitCode } = await lab.tryCtl(
      "host1",
      "exec",
      "proxy.1",
      ...["timeout", "4", "wget", "-q", "-O", "-"],
      `http://${address}/`,
    );
    return exitCode === 0;
  }

  it("let Traefik find a service by its labels, and reach it by its virtual address", async () => {
    const version = await get<{ ApiVersion: string }>(`${API}/version`);
    assert.match(version.ApiVersion, /^1\.\d+$/);
    const services = await get<readonly Service[]>(`${API}/services`);
    const networks = await get<readonly Network[]>(`${API}/networks?${filters({ scope: ["swarm"] })}`);
    assert.ok(networks.every(({ Scope }) => Scope === "swarm"));
    const nameOf = new Map(networks.map(({ Id, Name }) => [Id, Name]));
    const found = services.filter(({ Spec }) => Spec.Labels["traefik.enable"] === "true");
    assert.deepEqual(
      found.map(({ Spec }) => Spec.Name),
      ["web"],
    );
    const addresses = (found[0]?.Endpoint.VirtualIPs ?? []).map(
      ({ NetworkID, Addr }) => [nameOf.get(NetworkID), addressIn(Addr)] as const,
    );
    assert.deepEqual(
      addresses.map(([network]) => network),
      ["edge"],
    );
    await waitFor("an answer", () => reaches(addresses[0]?.[1] ?? ""));
  });

  it("let Traefik balance by itself, over the addresses of tasks that run", async () => {
    const [web] = (await get<readonly Service[]>(`${API}/services`)).filter(({ Spec }) => Spec.Name === "web");
    const asked = filters({ service: { [web?.ID ?? ""]: true }, "desired-state": { running: true } });
    const tasks = await get<readonly Task[]>(`${API}/tasks?${asked}`);
    assert.deepEqual(tasks.map(({ Slot }) => Slot).sort(), [1, 2]);
    for (const { NodeID, Status, NetworksAttachments } of tasks) {
      assert.equal(Status.State, "running");
      const node = await get<{ Status: { Addr: string; State: string } }>(`${API}/nodes/${NodeID}`);
      assert.match(node.Status.Addr, /^10\.77\.0\.\d+$/);
      const own = NetworksAttachments.filter(({ Network }) => Network.Spec.Ingress !== true);
      assert.deepEqual(
        own.map(({ Network }) => Network.Spec.Name),
        ["edge"],
      );
      const address = addressIn(own[0]?.Addresses[0] ?? "");
      await waitFor(`an answer of ${address}`, () => reaches(address));
    }
  });

  it("give Portainer the numbers of its dashboard", async () => {
    assert.equal(await lab.exec("host1", "curl", "-sS", "--unix-socket", SOCKET, "http://d/_ping"), "OK");
    const info = await get<{
      readonly Swarm: { readonly ControlAvailable: boolean; readonly NodeID: string; readonly Nodes: number };
      readonly ServerVersion: string;
      readonly NCPU: number;
      readonly MemTotal: number;
      readonly Plugins: object;
    }>("/info");
    assert.deepEqual([info.Swarm.ControlAvailable, info.Swarm.Nodes], [true, 2]);
    assert.ok(info.NCPU > 0 && info.MemTotal > 0 && info.ServerVersion !== "");
    const nodes =
      await get<
        readonly {
          readonly Description: { readonly Resources: { readonly NanoCPUs: number; readonly MemoryBytes: number } };
        }[]
      >("/nodes");
    assert.ok(
      nodes.every(({ Description }) => Description.Resources.NanoCPUs > 0 && Description.Resources.MemoryBytes > 0),
    );
    assert.equal((await get<readonly Service[]>("/services")).length, 2);
    const containers =
      await get<
        readonly { readonly Id: string; readonly State: string; readonly Labels: Readonly<Record<string, string>> }[]
      >("/containers/json?all=1");
    assert.ok(containers.length > 0);
    for (const { Id, State, Labels } of containers) {
      assert.equal(State, "running");
      assert.match(Labels["com.docker.swarm.service.name"] ?? "", /^(web|proxy)$/);
      const inspected = await get<{ readonly Id: string; readonly HostConfig: object }>(`/containers/${Id}/json`);
      assert.equal(inspected.Id, Id);
    }
    const images = await get<readonly { readonly Size: number }[]>("/images/json?all=1");
    assert.ok(images.length > 0 && images.every(({ Size }) => Size > 0));
    assert.ok(Array.isArray((await get<{ readonly Volumes: unknown }>("/volumes")).Volumes));
    assert.ok((await get<readonly Network[]>("/networks")).some(({ Name }) => Name === "edge"));
    assert.equal((await get<{ readonly Os: string }>("/version")).Os, "linux");
  });
});

/** Both take what is no `ADDRESS/BITS` for a fault. */
function addressIn(cidr: string): string {
  const [, address = ""] = /^(\d+\.\d+\.\d+\.\d+)\/\d+$/.exec(cidr) ?? [];
  assert.notEqual(address, "", `${JSON.stringify(cidr)} is not an address with bits`);
  return address;
}
