import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { askApi } from "../../support/ask-api.ts";
import { fakeBackend } from "../../support/fake-backend.ts";
import { createCluster, createNode, createService, createServiceSpec, createTask } from "../../support/objects.ts";

type Noted = (readonly [name: string, request: unknown])[];

const MANAGER = { local: { info: async () => ({ state: "ACTIVE", controlAvailable: true, nodeId: "n1" }) } };
const service = createService("web");
const cluster = { ...createCluster(), rootCa: null };

describe("a host that is no manager", () => {
  for (const [state, sentence] of [
    ["ACTIVE", /^This node is not a swarm manager\. Worker nodes can't be used to view or modify cluster state/],
    ["INACTIVE", /^This node is not a swarm manager\. Use "docker swarm init" or "docker swarm join"/],
  ] as const) {
    const backend = fakeBackend({
      control: new Proxy(
        {},
        {
          get: () => async () => {
            throw new SwarmError("failedPrecondition", "not a manager");
          },
        },
      ) as Readonly<Record<string, unknown>>,
      local: { info: async () => ({ state, controlAvailable: false }) },
    });
    for (const request of [
      "GET /swarm",
      "GET /nodes",
      "GET /nodes/x",
      "DELETE /nodes/x",
      "GET /services",
      "GET /services/x/logs?stdout=1",
      "GET /tasks",
      "GET /secrets",
      "DELETE /configs/x",
      "GET /swarm/unlockkey",
    ]) {
      test(`${state}: ${request} is 503 with Docker's sentence`, async () => {
        const { status, json } = await askApi(backend, request);
        assert.equal(status, 503);
        assert.match((json as { message: string }).message, sentence);
      });
    }
  }
});

describe("what the cluster's state forbids", () => {
  test("is a bad request to Docker's clients, and a lost race says so", async () => {
    const refusing = (code: "failedPrecondition" | "aborted", sentence: string) =>
      fakeBackend({
        ...MANAGER,
        control: {
          getService: async () => ({ service }),
          updateService: async () => {
            throw new SwarmError(code, sentence);
          },
        },
      });
    const body = { Name: "web", TaskTemplate: { ContainerSpec: { Image: "nginx" } } };
    const asked = "POST /services/web/update?version=3";
    const forbidden = await askApi(refusing("failedPrecondition", "no previous spec"), asked, { body });
    assert.deepEqual([forbidden.status, forbidden.json], [400, { message: "no previous spec" }]);
    const late = await askApi(refusing("aborted", "update out of sequence"), asked, { body });
    assert.deepEqual([late.status, late.json], [500, { message: "update out of sequence" }]);
  });
});

describe("a request of the swarm half", () => {
  /** Which call each request becomes, and the parts of it that matter. */
  const CASES: readonly (readonly [request: string, body: unknown, call: string, sent: object])[] = [
    [
      "GET /nodes?filters=%7B%22role%22%3A%5B%22manager%22%5D%7D",
      undefined,
      "control.listNodes",
      { roles: ["MANAGER"] },
    ],
    ["DELETE /nodes/n1?force=1", undefined, "control.removeNode", { ref: "n1", force: true }],
    [
      "POST /nodes/n1/update?version=7",
      { Labels: { a: "b" }, Role: "worker", Availability: "drain" },
      "control.updateNode",
      { ref: "n1", version: 7, spec: { desiredRole: "WORKER", availability: "DRAIN" } },
    ],
    [
      'GET /services?filters={"name":["w"],"label":{"a=b":true},"mode":["global-job"],"id":["x"]}',
      undefined,
      "control.listServices",
      { namePrefixes: ["w"], labels: ["a=b"], modes: ["globalJob"], idPrefixes: ["x"] },
    ],
    [
      "POST /services/create",
      { Name: "web", TaskTemplate: { ContainerSpec: { Image: "nginx" } } },
      "control.createService",
      { noResolveImage: true, spec: { annotations: { name: "web" }, mode: "replicated" } },
    ],
    [
      "POST /v1.29/services/create",
      { Name: "web", TaskTemplate: { ContainerSpec: { Image: "nginx" } } },
      "control.createService",
      { noResolveImage: false },
    ],
    [
      "POST /services/web/update?version=3&rollback=previous&registryAuthFrom=previous-spec",
      { Name: "web", TaskTemplate: { ContainerSpec: { Image: "nginx" } } },
      "control.updateService",
      { ref: "web", version: 3, rollback: true },
    ],
    [
      "POST /services/create",
      {
        name: "web",
        mode: { replicated: { Replicas: 3 } },
        TaskTemplate: {
          ContainerSpec: { image: "nginx" },
          Placement: { Platforms: [{ Architecture: "x86_64", OS: "linux" }] },
        },
      },
      "control.createService",
      {
        spec: {
          annotations: { name: "web" },
          replicated: { replicas: 3 },
          task: { placement: { platforms: [{ architecture: "x86_64", os: "linux" }] } },
        },
      },
    ],
    ["DELETE /services/web", undefined, "control.removeService", { ref: "web" }],
    [
      'GET /tasks?filters={"service":["web"],"_up-to-date":["true"],"desired-state":["running","shutdown"]}',
      undefined,
      "control.listTasks",
      { services: ["web"], upToDate: true, desiredStates: ["RUNNING", "SHUTDOWN"] },
    ],
    ['GET /tasks?filters={"node":{"self":true}}', undefined, "control.listTasks", { nodes: ["n1"] }],
    [
      "POST /secrets/create",
      { Name: "s", Labels: { a: "b" }, Data: "aGk=" },
      "control.createSecret",
      { spec: { annotations: { name: "s" }, data: Buffer.from("hi"), templateDriver: "" } },
    ],
    [
      "POST /configs/create",
      { Name: "c", Data: "aGk=", Templating: { Name: "golang" } },
      "control.createConfig",
      { spec: { templateDriver: "golang" } },
    ],
    ["POST /secrets/s/update?version=4", { Name: "s" }, "control.updateSecret", { ref: "s", version: 4 }],
    ["DELETE /secrets/s", undefined, "control.removeSecret", { ref: "s" }],
    [
      "POST /swarm/update?version=2&rotateWorkerToken=true&rotateManagerToken=false",
      { Name: "default", Orchestration: { TaskHistoryRetentionLimit: 3 } },
      "control.updateCluster",
      { version: 2, rotateWorkerToken: true, rotateManagerToken: false, spec: { taskHistoryRetentionLimit: 3 } },
    ],
    [
      "POST /swarm/update?version=2",
      { CAConfig: { ForceRotate: 1 } },
      "control.updateCluster",
      { rotateRoot: true, spec: { forceRotate: 1 } },
    ],
    [
      "POST /swarm/join",
      { RemoteAddrs: ["10.0.0.1", "[fd00::1]:99"], JoinToken: "SWMTKN-1-x", ListenAddr: "0.0.0.0:2377" },
      "local.join",
      { remoteAddresses: ["10.0.0.1:2377", "[fd00::1]:99"], token: "SWMTKN-1-x", listenAddress: "0.0.0.0:2377" },
    ],
    ["POST /swarm/leave?force=1", undefined, "local.leave", { force: true }],
    [
      "POST /swarm/init",
      { AdvertiseAddr: "eth0", DataPathPort: 4790, DefaultAddrPool: ["10.9.0.0/16"], SubnetSize: 26, Spec: {} },
      "local.init",
      { advertiseAddress: "eth0", dataPathPort: 4790, defaultAddressPools: ["10.9.0.0/16"], defaultSubnetPrefix: 26 },
    ],
    [
      "GET /services/web/logs?stdout=1&tail=5&follow=1&since=10",
      undefined,
      "logs.subscribe",
      {
        ref: service.id,
        options: { tail: 5, follow: true, sinceMs: 10_000 },
      },
    ],
  ];
  for (const [request, body, call, sent] of CASES) {
    test(`becomes the call of the command line: ${request}`, async () => {
      const noted: Noted = [];
      const { status } = await askApi(accepting(noted), request, body === undefined ? {} : { body });
      assert.ok(status < 300, `${status}`);
      const found = noted.find(([name]) => name === call);
      assert.ok(found !== undefined, `called ${noted.map(([name]) => name).join(", ")}`);
      assert.partialDeepStrictEqual(found[1] as object, sent);
    });
  }

  for (const [request, body, status, sentence] of [
    ["GET /nodes?filters=%7B%22colour%22%3A%5B%22x%22%5D%7D", undefined, 400, /invalid filter 'colour'/],
    ['GET /tasks?filters={"desired-state":["flying"]}', undefined, 400, /desired-state=flying/],
    ["POST /nodes/n1/update?version=7", { Role: "chief", Availability: "active" }, 400, /Role: "chief" is none of/],
    ["POST /nodes/n1/update", { Role: "worker", Availability: "active" }, 400, /invalid node version ""/],
    ["POST /services/create", { Name: 7 }, 400, /^invalid JSON: Name must be a string, and is a number$/],
    ["POST /services/create", "{", 400, /^invalid JSON/],
    ["POST /services/create", undefined, 400, /no body/],
    ["POST /services/create", { TaskTemplate: { ContainerSpec: { Env: "a=b" } } }, 400, /Env must be a list/],
    [
      "POST /services/create",
      { TaskTemplate: { ContainerSpec: { Mounts: [{ Type: "image" }] } } },
      400,
      /none of bind/,
    ],
    ["POST /services/create", { TaskTemplate: { Runtime: "plugin" } }, 501, /Runtime/],
    ["POST /services/create", { Mode: { Twice: {} } }, 400, /mode Twice/],
    ["POST /services/web/update?version=1&rollback=next", {}, 400, /rollback/],
    ["POST /secrets/create", { Name: "s", Data: "%%%" }, 400, /Base64/],
    ["POST /secrets/create", { Name: "s", Driver: { Name: "vault" } }, 501, /driver/],
    ["POST /swarm/update?version=1", { CAConfig: { ExternalCAs: [{}] } }, 501, /external/],
    ["POST /swarm/unlock", { UnlockKey: "x" }, 409, /not locked/],
    ["POST /swarm/unlock", { UnlockKey: 7 }, 400, /UnlockKey must be a string/],
    ["GET /services/web/logs", undefined, 400, /at least one stream/],
    ["GET /services/web/logs?stdout=1&since=yesterday", undefined, 400, /invalid since/],
  ] as const) {
    test(`is refused before anything is asked of the swarm: ${request} ${JSON.stringify(body)}`, async () => {
      const noted: Noted = [];
      const told = await askApi(accepting(noted), request, body === undefined ? {} : { body });
      assert.match((told.json as { message: string }).message, sentence);
      assert.equal(told.status, status);
      assert.deepEqual(
        noted.map(([name]) => name).filter((name) => /create|update|remove|init|join|leave|set/i.test(name)),
        [],
      );
    });
  }
});

describe("a client that does not know rules for the number of tasks", () => {
  test("keeps them, and one that knows them changes or ends them", async () => {
    const rules = "max=9,cpu=60%";
    for (const [replicated, autoscale] of [
      [{ Replicas: 3 }, rules],
      [{ Replicas: 3, Autoscale: "" }, ""],
      [{ Replicas: 3, Autoscale: "max=4,cpu=60%" }, "max=4,cpu=60%"],
    ] as const) {
      const noted: Noted = [];
      const present = createService("web", { autoscale: rules });
      const body = {
        Name: "web",
        TaskTemplate: { ContainerSpec: { Image: "nginx:2" } },
        Mode: { Replicated: replicated },
      };
      await askApi(accepting(noted, present), "POST /services/web/update?version=3", { body });
      const sent = noted.find(([name]) => name === "control.updateService")?.[1];
      assert.partialDeepStrictEqual(sent as object, { spec: { replicated: { replicas: 3, autoscale } } });
    }
  });
});

describe("a client's login", () => {
  test("becomes the swarm's for the registry it names, or that of the image", async () => {
    const body = { Name: "web", TaskTemplate: { ContainerSpec: { Image: "registry.example/a/b" } } };
    for (const [auth, name] of [
      [{ username: "u", password: "p", serveraddress: "https://index.docker.io/v1/" }, "docker.io"],
      [{ username: "u", password: "p" }, "registry.example"],
      [{ auth: Buffer.from("u:p").toString("base64") }, "registry.example"],
    ] as const) {
      const noted: Noted = [];
      const header = Buffer.from(JSON.stringify(auth)).toString("base64url");
      await askApi(accepting(noted), "POST /services/create", { body, headers: { "x-registry-auth": header } });
      assert.deepEqual(
        noted.map(([call]) => call),
        ["control.createService"],
      );
      const login = { annotations: { name }, username: "u", password: "p" };
      assert.partialDeepStrictEqual(noted[0]?.[1] as object, { login });
      // Managers that look up the digest themselves have it before, unless they would refuse the service.
      const old: Noted = [];
      await askApi(accepting(old), "POST /v1.29/services/create", { body, headers: { "x-registry-auth": header } });
      assert.deepEqual(
        old.map(([call]) => call),
        ["control.checkService", "control.setLogin", "control.createService"],
      );
    }
    const noted: Noted = [];
    await askApi(accepting(noted), "POST /services/create", { body, headers: { "x-registry-auth": "e30=" } });
    assert.deepEqual(
      noted.map(([call]) => call),
      ["control.createService"],
    );
  });
});

describe("logs of a service", () => {
  test("are whole lines in frames, with time and details when they are asked for", async () => {
    const told = await askApi(accepting([]), "GET /services/web/logs?stdout=1&stderr=1&timestamps=1&details=1");
    assert.equal(told.headers["Content-Type"], "application/vnd.docker.multiplexed-stream");
    const stamp = "1970-01-01T00:00:01.000000005Z ";
    const details = `com.docker.swarm.node.id=n1,com.docker.swarm.service.id=${service.id},com.docker.swarm.task.id=t1 `;
    const first = Buffer.from(`${stamp}${details}one\n`);
    assert.deepEqual(told.bytes.subarray(0, 8), Buffer.from([1, 0, 0, 0, 0, 0, 0, first.length]));
    assert.deepEqual(told.bytes.subarray(8, 8 + first.length), first);
    assert.ok(told.bytes.includes("two parts\n"));
    assert.equal(told.bytes[8 + first.length], 2);
  });

  test("are only those of the outputs that were asked for, and plain for a terminal", async () => {
    const told = await askApi(accepting([]), "GET /v1.41/services/web/logs?stdout=1");
    assert.equal(told.headers["Content-Type"], "application/vnd.docker.raw-stream");
    assert.deepEqual(told.bytes.subarray(8), Buffer.from("one\n"));
  });
});

const line = (text: string, more: object = {}) => ({
  taskId: "t1",
  nodeId: "n1",
  timestampMs: 1_000,
  nanos: 5,
  stream: "STDOUT",
  text: Buffer.from(text),
  partial: false,
  ...more,
});

function logLines() {
  return (async function* () {
    yield { lines: [line("one"), line("two ", { stream: "STDERR", partial: true })], errors: [], caughtUp: false };
    yield { lines: [line("parts", { stream: "STDERR" })], errors: [], caughtUp: true };
  })();
}

/** A manager that agrees to everything. */
function accepting(noted: Noted, present = service) {
  const yes = (answer: object) => async () => answer;
  return fakeBackend(
    {
      ...MANAGER,
      local: {
        ...MANAGER.local,
        init: yes({ nodeId: "n1", warnings: [] }),
        join: yes({ nodeId: "n1", role: "WORKER" }),
        leave: yes({ warnings: [] }),
      },
      logs: { subscribe: () => logLines() },
      control: {
        getCluster: yes({ cluster }),
        updateCluster: yes({ cluster }),
        listNodes: yes({ nodes: [createNode("n1")] }),
        getNode: yes({ node: createNode("n1") }),
        updateNode: yes({ node: createNode("n1") }),
        removeNode: yes({}),
        listServices: yes({ services: [{ service, runningTasks: 1, desiredTasks: 2 }] }),
        getService: yes({ service: present }),
        createService: yes({ service, warnings: ["careful"] }),
        updateService: yes({ service, warnings: [] }),
        removeService: yes({ dependents: ["web"] }),
        listTasks: yes({ tasks: [{ ...createTask("t1", service), id: "t1" }] }),
        getTask: yes({ task: createTask("t1", service) }),
        listNetworks: yes({ networks: [] }),
        setLogin: yes({ login: null }),
        checkService: yes({ spec: null, warnings: [] }),
        ...Object.fromEntries(
          ["Secret", "Config"].flatMap((kind) => {
            const name = kind.toLowerCase();
            const content = {
              id: "c1",
              meta: null,
              spec: { annotations: { name: "s", labels: {} }, data: Buffer.from("hi"), templateDriver: "" },
            };
            return [
              [`list${kind}s`, yes({ [`${name}s`]: [content] })],
              [`get${kind}`, yes({ [name]: content })],
              [`create${kind}`, yes({ [name]: content })],
              [`update${kind}`, yes({ [name]: content })],
              [`remove${kind}`, yes({})],
            ];
          }),
        ),
      },
    },
    noted,
  );
}

test("what a service was made of comes back from inspect without defaults, and with them filled in", async () => {
  const spec = createServiceSpec({ name: "web", replicas: 3 });
  const backend = fakeBackend({ ...MANAGER, control: { getService: async () => ({ service: { ...service, spec } }) } });
  const plain = (await askApi(backend, "GET /services/web?insertDefaults=false")).json as { Spec: object };
  const full = (await askApi(backend, "GET /services/web?insertDefaults=true")).json as { Spec: object };
  assert.ok(!("UpdateConfig" in plain.Spec));
  assert.partialDeepStrictEqual(full.Spec, { UpdateConfig: { Parallelism: 1, FailureAction: "pause" } });
  assert.partialDeepStrictEqual(plain.Spec, { Name: "web", Mode: { Replicated: { Replicas: 3 } } });
});
