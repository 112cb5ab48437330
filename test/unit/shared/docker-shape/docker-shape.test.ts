import assert from "node:assert/strict";
import { test } from "node:test";
import { toRfc3339, unlessEmpty } from "../../../../shared/docker-shape/common.ts";
import { toDockerNode } from "../../../../shared/docker-shape/node.ts";
import { toDockerService } from "../../../../shared/docker-shape/service.ts";
import { fromDockerServiceSpec, toDockerServiceSpec } from "../../../../shared/docker-shape/service-spec.ts";
import { toDockerTask } from "../../../../shared/docker-shape/task.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { Node, Service, StoreAction, Task } from "../../../../shared/rpc/gen/objects.ts";
import { codecs } from "../../../../shared/rpc/schema.ts";
import type { Sendable } from "../../../../shared/rpc/sendable.ts";
import { createJobStatus, createService, createTask } from "../../../support/objects.ts";

/** An object as it comes off the wire, with every default filled in. */
function wire(
  action: { node: Sendable<Node> } | { service: Sendable<Service> } | { task: Sendable<Task> },
): StoreAction {
  const { actions } = codecs.storeChanges.decode(codecs.storeChanges.encode({ actions: [action] }));
  return mustHave(actions[0], "action");
}
const fromJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a service has Docker's names, nanoseconds, and the defaults its spec leaves out", () => {
  const { service } = wire({
    service: {
      id: "s1",
      meta: { version: 9, createdAtMs: 1_000, updatedAtMs: 2_500 },
      spec: {
        annotations: { name: "web", labels: { a: "b" } },
        task: {
          container: {
            image: "nginx@sha256:x",
            args: ["a"],
            env: ["A=1"],
            mounts: [
              { type: "TMPFS", target: "/t", tmpfsSizeBytes: 5, readOnly: true, tmpfsOptions: ["exec"] },
              { type: "BIND", source: "/s", target: "/b", bindPropagation: "RSLAVE", bindRecursive: "DISABLED" },
              {
                ...{ type: "VOLUME", source: "v1", target: "/v", volumeNoCopy: true, volumeSubpath: "a" },
                ...{ volumeDriver: "local", volumeOptions: { type: "nfs" }, volumeLabels: { x: "y" } },
              },
            ],
            healthcheck: { test: ["NONE"], intervalMs: 2 },
          },
          limits: { nanoCpus: 5e8 },
          restart: { condition: "ON_FAILURE", delayMs: 0, maxAttempts: 3 },
          placement: { constraints: ["node.role==manager"], platforms: [{ os: "linux", architecture: "x86_64" }] },
        },
        replicated: { replicas: 2 },
        endpoint: { ports: [{ targetPort: 80, publishedPort: 8080 }] },
      },
      endpoint: {
        ports: [{ targetPort: 80, publishedPort: 8080 }],
        virtualIps: [{ networkId: "n", address: "10.0.0.2/24", address6: "fd00::2/64" }],
      },
      updateStatus: { state: "ROLLBACK_STARTED", startedAtMs: 3_000, message: "why" },
    },
  });
  const port = { Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "ingress" };
  assert.deepEqual(fromJson(toDockerService(mustHave(service, "service"))), {
    ID: "s1",
    Version: { Index: 9 },
    CreatedAt: "1970-01-01T00:00:01.000Z",
    UpdatedAt: "1970-01-01T00:00:02.500Z",
    Spec: {
      Name: "web",
      Labels: { a: "b" },
      TaskTemplate: {
        ContainerSpec: {
          Image: "nginx@sha256:x",
          Args: ["a"],
          Env: ["A=1"],
          Init: false,
          StopGracePeriod: 10_000_000_000,
          // As dockerd 28 answers them.
          Mounts: [
            { Type: "tmpfs", Target: "/t", ReadOnly: true, TmpfsOptions: { SizeBytes: 5, Options: [["exec"]] } },
            { Type: "bind", Source: "/s", Target: "/b", BindOptions: { Propagation: "rslave", NonRecursive: true } },
            {
              ...{ Type: "volume", Source: "v1", Target: "/v" },
              VolumeOptions: {
                ...{ NoCopy: true, Labels: { x: "y" }, Subpath: "a" },
                DriverConfig: { Name: "local", Options: { type: "nfs" } },
              },
            },
          ],
          Healthcheck: { Test: ["NONE"], Interval: 2_000_000 },
          DNSConfig: {},
          Isolation: "default",
        },
        Resources: { Limits: { NanoCPUs: 5e8 }, Reservations: {} },
        RestartPolicy: { Condition: "on-failure", Delay: 0, MaxAttempts: 3 },
        Placement: { Constraints: ["node.role==manager"], Platforms: [{ Architecture: "x86_64", OS: "linux" }] },
        ForceUpdate: 0,
        Runtime: "container",
      },
      Mode: { Replicated: { Replicas: 2 } },
      UpdateConfig: {
        Parallelism: 1,
        FailureAction: "pause",
        Monitor: 5_000_000_000,
        MaxFailureRatio: 0,
        Order: "stop-first",
      },
      RollbackConfig: {
        Parallelism: 1,
        FailureAction: "pause",
        Monitor: 5_000_000_000,
        MaxFailureRatio: 0,
        Order: "stop-first",
      },
      EndpointSpec: { Mode: "vip", Ports: [port] },
    },
    Endpoint: {
      Spec: { Mode: "vip", Ports: [port] },
      Ports: [port],
      VirtualIPs: [
        { NetworkID: "n", Addr: "10.0.0.2/24" },
        { NetworkID: "n", Addr: "fd00::2/64" },
      ],
    },
    UpdateStatus: { State: "rollback_started", StartedAt: "1970-01-01T00:00:03.000Z", Message: "why" },
  });
});

test("a global service has an empty Global", () => {
  const { service } = wire({ service: { id: "s1", spec: { task: {}, global: {} } } });
  const { Spec } = toDockerService(mustHave(service, "service")) as { Spec: { Mode: unknown } };
  assert.deepEqual(Spec.Mode, { Global: {} });
});

test("a node has its wanted role, and a manager status only as a manager", () => {
  const { node } = wire({
    node: {
      id: "n1",
      spec: { desiredRole: "MANAGER", availability: "PAUSE" },
      role: "WORKER",
      description: { hostname: "h", resources: { nanoCpus: 2e9, memoryBytes: 7 }, platform: { os: "linux" } },
      status: { state: "DISCONNECTED", address: "10.0.0.1" },
      managerStatus: { reachability: "REACHABLE", address: "10.0.0.1:2377" },
    },
  });
  assert.deepEqual(fromJson(toDockerNode(mustHave(node, "node"))), {
    ID: "n1",
    Version: { Index: 0 },
    CreatedAt: "0001-01-01T00:00:00Z",
    UpdatedAt: "0001-01-01T00:00:00Z",
    Spec: { Labels: {}, Role: "manager", Availability: "pause" },
    Description: {
      Hostname: "h",
      Platform: { Architecture: "", OS: "linux" },
      Resources: { NanoCPUs: 2e9, MemoryBytes: 7 },
      Engine: { EngineVersion: "" },
    },
    Status: { State: "disconnected", Addr: "10.0.0.1" },
    ManagerStatus: { Reachability: "reachable", Addr: "10.0.0.1:2377" },
  });
  const worker = wire({ node: { id: "n2" } }).node;
  assert.equal("ManagerStatus" in toDockerNode(mustHave(worker, "node")), false);
});

test("a task has its state in small letters, its container and its ports", () => {
  const { task } = wire({
    task: {
      id: "t1",
      serviceId: "s1",
      slot: 2,
      nodeId: "n1",
      spec: { container: { image: "x" } },
      status: {
        state: "FAILED",
        timestampMs: 1_000,
        message: "started",
        err: "exit 3",
        container: { containerId: "c", exitCode: 3 },
        hostPorts: [{ targetPort: 80, publishedPort: 81, publishMode: "HOST" }],
      },
      desiredState: "SHUTDOWN",
      networks: [{ networkId: "n", address: "10.0.0.3/24" }],
    },
  });
  const json = fromJson(toDockerTask(mustHave(task, "task"))) as Record<string, unknown>;
  assert.deepEqual(json["Status"], {
    Timestamp: "1970-01-01T00:00:01.000Z",
    State: "failed",
    Message: "started",
    Err: "exit 3",
    ContainerStatus: { ContainerID: "c", PID: 0, ExitCode: 3 },
    PortStatus: { Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 81, PublishMode: "host" }] },
  });
  assert.equal(json["DesiredState"], "shutdown");
  assert.equal(json["Slot"], 2);
  assert.deepEqual(json["NetworksAttachments"], [{ Network: { ID: "n" }, Addresses: ["10.0.0.3/24"] }]);
});

test("what is empty is left out, false and zero too", () => {
  for (const empty of [null, undefined, "", 0, false, [], {}]) assert.deepEqual(unlessEmpty("X", empty), {});
  for (const full of ["a", 1, true, [0], { a: 0 }]) assert.deepEqual(unlessEmpty("X", full), { X: full });
  assert.equal(toRfc3339(Date.UTC(2026, 0, 2)), "2026-01-02T00:00:00.000Z");
});

test("a spec of a mode that is not known is refused, and one without a mode has one replica", () => {
  const refused = () => fromDockerServiceSpec({ Name: "x", Mode: { CronJob: { MaxConcurrent: 1 } } });
  assert.throws(refused, { code: "invalidArgument", message: "services of mode CronJob are not supported" });
  assert.equal(fromDockerServiceSpec({ Name: "x" }).replicated?.replicas, 1);
  assert.equal(fromDockerServiceSpec({ Name: "x", Mode: { Global: {} } }).mode, "global");
});

const jobs: readonly [string, object, object][] = [
  ["states nothing", {}, { maxConcurrent: 1, totalCompletions: 1 }],
  ["states the tasks at once", { MaxConcurrent: 3 }, { maxConcurrent: 3, totalCompletions: 3 }],
  ["states the completions", { TotalCompletions: 3 }, { maxConcurrent: 1, totalCompletions: 3 }],
  ["states both", { MaxConcurrent: 2, TotalCompletions: 5 }, { maxConcurrent: 2, totalCompletions: 5 }],
];
for (const [name, ReplicatedJob, expected] of jobs) {
  test(`a replicated job that ${name} has Docker's defaults, and comes back as it is`, () => {
    const spec = fromDockerServiceSpec({ Name: "x", Mode: { ReplicatedJob } });
    assert.deepEqual(spec.replicatedJob, expected);
    const json = toDockerServiceSpec(spec);
    assert.deepEqual(fromDockerServiceSpec(json).replicatedJob, expected);
    assert.deepEqual([json["UpdateConfig"], json["RollbackConfig"]], [undefined, undefined]);
  });
}

test("a job and its tasks say which run they are of", () => {
  const service = createService(
    "job",
    { job: "global" },
    { jobStatus: createJobStatus({ iteration: 3, lastExecutionMs: 1000 }) },
  );
  const { JobStatus } = toDockerService(service);
  assert.deepEqual(JobStatus, { JobIteration: { Index: 3 }, LastExecution: "1970-01-01T00:00:01.000Z" });
  const { JobIteration, DesiredState } = toDockerTask(createTask("t", service));
  assert.deepEqual([JobIteration, DesiredState], [{ Index: 3 }, "complete"]);
});

test("what nothing here heeds comes back as it was sent, until the value beside it is another one", () => {
  const sent = {
    Name: "told",
    TaskTemplate: {
      ContainerSpec: { Image: "nginx", Privileges: { SELinuxContext: { Disable: true } } },
      RestartPolicy: { Condition: "any", Delay: 5, MaxAttempts: 5, Window: 0 },
      Placement: { Preferences: [{ Spread: { SpreadDescriptor: "com.example.nothing" } }] },
    },
    UpdateConfig: { Parallelism: 1, Delay: 1_500_000, Monitor: 2_000_000 },
    Mode: { Replicated: { Replicas: 1 } },
  };
  const spec = fromDockerServiceSpec(sent);
  assert.equal(spec.task?.restart?.delayMs, 0);
  const { durations = [] } = spec.onlyTold ?? {};
  assert.deepEqual(
    durations.toSorted((a, b) => a.ms - b.ms),
    [
      { path: "task.restart.delayMs", ms: 0, nanos: 5 },
      { path: "task.restart.windowMs", ms: 0, nanos: 0 },
      { path: "update.delayMs", ms: 2, nanos: -500_000 },
    ],
  );
  assert.partialDeepStrictEqual(toDockerServiceSpec(spec, false), sent);
  const slower = toDockerServiceSpec({ ...spec, update: { ...mustHave(spec.update, "update"), delayMs: 3 } }, false);
  assert.partialDeepStrictEqual(slower, { UpdateConfig: { Delay: 3_000_000 } });
  const plain = fromDockerServiceSpec({ Name: "plain", TaskTemplate: { ContainerSpec: { Image: "nginx" } } });
  assert.equal(plain.onlyTold, null);
});

test("generic resources by number and by name are one request for each kind, and come back apart", () => {
  const sent = [
    { DiscreteResourceSpec: { Kind: "gpu", Value: 1 } },
    { NamedResourceSpec: { Kind: "gpu", Value: "left" } },
    { NamedResourceSpec: { Kind: "mpi", Value: "latest" } },
  ];
  const spec = fromDockerServiceSpec({
    TaskTemplate: { ContainerSpec: { Image: "nginx" }, Resources: { Reservations: { GenericResources: sent } } },
  });
  assert.deepEqual(spec.task?.reservations?.generic, [
    { kind: "gpu", value: 2, names: ["left"] },
    { kind: "mpi", value: 1, names: ["latest"] },
  ]);
  assert.partialDeepStrictEqual(toDockerServiceSpec(spec, false), {
    TaskTemplate: { Resources: { Reservations: { GenericResources: sent } } },
  });
});
