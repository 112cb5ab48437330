/** One thing of each kind on a host, so that every question has an answer. */
import { waitFor } from "../../lab-parts/run.ts";
import { ask } from "../http/ask.ts";

/** By the first word of a path, what its objects are asked by. */
export type SceneNames = ReadonlyMap<string, readonly string[]>;

/** Posts JSON, and gives back what is answered. */
type Send = (target: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;

const SLEEP = ["sh", "-c", "echo out; sleep 100000"];
const TASK_MS_MAX = 60_000;

/** On a host that has nothing but the image busybox, and is in no swarm. */
export async function setScene(socket: string): Promise<SceneNames> {
  const send: Send = async (target, body) => {
    const headers = { "Content-Type": "application/json" };
    const sent = { method: "POST", target, headers, body: body === undefined ? "" : JSON.stringify(body) };
    const { status, body: answer } = await ask(socket, sent);
    if (status >= 300 || status === 0) throw new Error(`POST ${target}: ${status} ${answer.toString().slice(0, 300)}`);
    // Some answer with a word alone.
    return answer[0] === "{".charCodeAt(0) ? (JSON.parse(answer.toString()) as Readonly<Record<string, unknown>>) : {};
  };
  const labels = { kind: "scene" };
  const sleeping = { Image: "busybox", Cmd: SLEEP };
  await send("/volumes/create", { Name: "scene", Labels: labels });
  await send("/networks/create", { Name: "scene", Labels: labels });
  await send("/containers/create?name=plain", { Image: "busybox" });
  await send("/containers/create?name=scene", {
    ...sleeping,
    ...{ Labels: labels, Env: ["A=1"], ExposedPorts: { "80/tcp": {} }, StopTimeout: 3, WorkingDir: "/tmp" },
    Healthcheck: { Test: ["CMD", "true"], Interval: 1_000_000_000 },
    HostConfig: {
      ...{ Binds: ["scene:/data"], NetworkMode: "scene", Memory: 64 << 20, NanoCpus: 500_000_000 },
      PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "18090" }] },
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 },
      LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
      ...{ Ulimits: [{ Name: "nofile", Soft: 64, Hard: 128 }], ExtraHosts: ["other:10.9.8.7"], CapDrop: ["ALL"] },
      Mounts: [{ Type: "tmpfs", Target: "/fast" }],
    },
  });
  await send("/containers/scene/start");
  const { Id: exec } = await send("/containers/scene/exec", { Cmd: ["true"] });
  await send(`/exec/${String(exec)}/start`, { Detach: true });
  await send("/commit?container=scene&repo=committed&tag=1");
  await send("/swarm/init", { ListenAddr: "0.0.0.0:2377", AdvertiseAddr: await addressOf(socket) });
  await send("/networks/create", { Name: "wide", Driver: "overlay", Attachable: true });
  const data = Buffer.from("hello").toString("base64");
  const { ID: secret } = await send("/secrets/create", { Name: "scene", Labels: labels, Data: data });
  const { ID: config } = await send("/configs/create", { Name: "scene", Labels: labels, Data: data });
  await makeServices(send, String(secret), String(config));
  const task = await runningTask(socket);
  return new Map([
    ["containers", ["scene", "plain"]],
    ["exec", [String(exec)]],
    ["images", ["busybox", "committed:1"]],
    ["volumes", ["scene"]],
    ["networks", ["scene", "wide", "bridge", "host", "ingress"]],
    ["services", ["scene", "job"]],
    ["tasks", [task]],
    ["nodes", [await textAt(socket, "/info", ["Swarm", "NodeID"])]],
    ["secrets", ["scene"]],
    ["configs", ["scene"]],
    ["distribution", ["busybox"]],
    ["plugins", ["nothing"]],
  ]);
}

/** One that runs, with what most have, and a job. */
async function makeServices(send: Send, secretId: string, configId: string): Promise<void> {
  const labels = { kind: "scene" };
  const file = (name: string): object => ({ Name: name, UID: "0", GID: "0", Mode: 0o444 });
  await send("/services/create", {
    ...{ Name: "scene", Labels: labels, Mode: { Replicated: { Replicas: 1 } } },
    TaskTemplate: {
      ContainerSpec: {
        ...{ Image: "busybox", Command: SLEEP, Env: ["A=1"], Labels: labels },
        Secrets: [{ SecretID: secretId, SecretName: "scene", File: file("secret") }],
        Configs: [{ ConfigID: configId, ConfigName: "scene", File: file("/config") }],
      },
      Resources: { Limits: { MemoryBytes: 64 << 20 }, Reservations: { NanoCPUs: 10_000_000 } },
      ...{ RestartPolicy: { Condition: "any" }, Placement: { Constraints: ["node.role==manager"] } },
      Networks: [{ Target: "wide" }],
    },
    ...{ UpdateConfig: { Parallelism: 2, Order: "start-first" }, RollbackConfig: { Parallelism: 1 } },
    EndpointSpec: { Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 18091 }] },
  });
  await send("/services/create", {
    ...{ Name: "job", Mode: { ReplicatedJob: { TotalCompletions: 1 } } },
    TaskTemplate: { ContainerSpec: { Image: "busybox", Command: ["true"] } },
  });
}

/** An address of the host, as a container in its network sees it. */
async function addressOf(socket: string): Promise<string> {
  const post = (target: string, body = ""): ReturnType<typeof ask> =>
    ask(socket, { method: "POST", target, headers: { "Content-Type": "application/json" }, body });
  const asked = { Image: "busybox", Cmd: ["ip", "-o", "-4", "addr", "show", "scope", "global"], Tty: true };
  const looking = { ...asked, HostConfig: { NetworkMode: "host" } };
  await post("/containers/create?name=looking", JSON.stringify(looking));
  await post("/containers/looking/start");
  await post("/containers/looking/wait");
  const { body } = await ask(socket, { method: "GET", target: "/containers/looking/logs?stdout=1" });
  await ask(socket, { method: "DELETE", target: "/containers/looking?force=1" });
  return /inet ([\d.]+)/.exec(body.toString())?.[1] ?? "127.0.0.1";
}

async function runningTask(socket: string): Promise<string> {
  const target = `/tasks?filters=${encodeURIComponent('{"service":["scene"]}')}`;
  return await waitFor("a task of the scene's service that runs", TASK_MS_MAX, async () => {
    const { body } = await ask(socket, { method: "GET", target });
    const tasks = JSON.parse(body.toString()) as { readonly ID: string; readonly Status: { readonly State: string } }[];
    return tasks.find(({ Status }) => Status.State === "running")?.ID ?? null;
  });
}

async function textAt(socket: string, target: string, keys: readonly string[]): Promise<string> {
  const { body } = await ask(socket, { method: "GET", target });
  let value: unknown = JSON.parse(body.toString());
  for (const key of keys) value = (value as Readonly<Record<string, unknown>>)[key];
  return String(value);
}
