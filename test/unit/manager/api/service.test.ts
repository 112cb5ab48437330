import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createService,
  getService,
  listServices,
  removeService,
  updateService,
} from "../../../../manager/api/service.ts";
import type { Service, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { HostListener, ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import { createTestApi, digestOf, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const noFilter = { idPrefixes: [], namePrefixes: [], labels: [], modes: [] };
const NGINX: HostListener = { protocol: "TCP", port: 80, address: "0.0.0.0", program: "nginx", clash: "NONE" };
const PINNED = `nginx:latest@${digestOf("a")}`;

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;
const withImage = (image: string): ServiceSpec["task"] =>
  make.createTaskSpec({ container: make.createContainerSpec({ image }) });

async function create(api: TestApi, parts: make.ServiceSpecParts = {}, noResolveImage = false): Promise<Service> {
  const request = { spec: wire(make.createServiceSpec(parts)), noResolveImage, login: null };
  return (await createService(api, request, never)).service;
}

function update(api: TestApi, service: Service, spec: ServiceSpec, version = service.meta.version) {
  const request = { ...NO_CHANGE, ref: service.id, version, spec: wire(spec) };
  return updateService(api, request, never);
}

async function rollBack(api: TestApi, service: Service, version = service.meta.version): Promise<Service> {
  const request = { ...NO_CHANGE, ref: service.id, version, rollback: true };
  return (await updateService(api, request, never)).service;
}

describe("createService", () => {
  it("stores the image pinned, with the platforms it exists for, and answers with the committed service", async () => {
    const api = await createTestApi();
    const service = await create(api, { task: withImage("nginx") });
    assert.equal(service.spec.task.container.image, PINNED);
    assert.deepEqual(service.spec.task.placement?.platforms, [{ architecture: "x86_64", os: "linux" }]);
    assert.ok(service.meta.version > 0);
    assert.equal(service.generation, 1);
    assert.equal(service.specVersion, service.meta.version);
    assert.deepEqual(api.store.view().byName("service", "web"), service);
  });

  it("gives a service that asks for no port and no network its endpoint at once, and others none", async () => {
    const api = await createTestApi();
    const plain = await create(api, { name: "plain" }, true);
    assert.deepEqual(plain.endpoint, { mode: "VIP", ports: [], virtualIps: [] });
    const published = await create(api, { name: "published", ports: [make.createPort()] }, true);
    assert.equal(published.endpoint, null);
  });

  it("needs no registry for a digest, nor when told not to resolve", async () => {
    const api = await createTestApi();
    const pinned = await create(api, { name: "a", task: withImage(PINNED) });
    const plain = await create(api, { name: "b", task: withImage("nginx") }, true);
    assert.deepEqual(
      [pinned, plain].map(({ spec }) => spec.task.container.image),
      [PINNED, "nginx:latest"],
    );
    assert.deepEqual(api.images.asked, []);
  });

  it("refuses an unknown tag with a sentence, and changes nothing", async () => {
    const api = await createTestApi();
    await assert.rejects(create(api, { task: withImage("nginx:nope") }), {
      code: "notFound",
      message: "image nginx:nope not found in registry docker.io",
    });
    assert.deepEqual(api.store.view().all("service"), []);
  });

  it("keeps the platforms of a caller that has asked the registry itself", async () => {
    const api = await createTestApi();
    const platforms = [{ architecture: "aarch64", os: "linux" }];
    const placement = { ...ANYWHERE, platforms };
    const { spec } = await create(api, { task: { ...withImage("nginx"), placement } }, true);
    assert.deepEqual(spec.task.placement?.platforms, platforms);
  });

  it("refuses when the registry is down, unless another service knows the digest", async () => {
    const api = await createTestApi();
    await create(api, { name: "a" });
    api.images.down = true;
    const { service, warnings } = await createService(
      api,
      { spec: wire(make.createServiceSpec({ name: "b" })), noResolveImage: false, login: null },
      never,
    );
    assert.equal(service.spec.task.container.image, PINNED);
    assert.deepEqual(warnings, ["registry docker.io cannot be reached: image nginx:latest is the one service a uses"]);
    await assert.rejects(create(api, { name: "c", task: withImage("nginx:1.27") }), {
      code: "unavailable",
      message: /^image nginx:1.27 could not be looked up: registry docker.io cannot be reached; .*--no-resolve-image/,
    });
  });

  it("passes on what the resolver warns of: that a digest is the one remembered", async () => {
    const api = await createTestApi();
    api.images.images.set("nginx:latest", { digest: digestOf("a"), platforms: [], warning: "the registry is away" });
    const spec = wire(make.createServiceSpec({ name: "a" }));
    const { service, warnings } = await createService(api, { spec, noResolveImage: false, login: null }, never);
    assert.equal(service.spec.task.container.image, PINNED);
    assert.deepEqual(warnings, ["the registry is away"]);
  });

  it("gives a nameless service a name, and one replica to a spec without mode", async () => {
    const api = await createTestApi();
    const { mode: _, replicated: __, global: ___, ...rest } = make.createServiceSpec({ name: "" });
    const request = { spec: { ...wire(rest as unknown as ServiceSpec) }, noResolveImage: false, login: null };
    const { service } = await createService(api, request, never);
    assert.match(service.spec.annotations.name, /^[a-z]+_[a-z]+$/);
    assert.equal(service.spec.replicated?.replicas, 1);
  });

  it("refuses a taken name ignoring case, before it asks the registry", async () => {
    const api = await createTestApi();
    await create(api);
    await assert.rejects(create(api, { name: "WEB" }), {
      code: "alreadyExists",
      message: /^service WEB already exists/,
    });
    assert.equal(api.images.asked.length, 1);
  });

  for (const [claim, theirs, ours, clash] of [
    ["ingress on ingress", "INGRESS", "INGRESS", true],
    ["host on ingress", "INGRESS", "HOST", true],
    ["ingress on host", "HOST", "INGRESS", true],
    ["host on host", "HOST", "HOST", false],
  ] as const) {
    it(`${clash ? "refuses" : "accepts"} a published port: ${claim}`, async () => {
      const api = await createTestApi();
      await create(api, { name: "a", ports: [make.createPort({ publishedPort: 80, publishMode: theirs })] });
      const second = create(api, { name: "b", ports: [make.createPort({ publishedPort: 80, publishMode: ours })] });
      if (clash) await assert.rejects(second, { message: /^port 80\/tcp is already in use by service a as / });
      else await second;
    });
  }

  it("refuses the port of the swarm's data path, whichever that is, and no other for its sake", async () => {
    const api = await createTestApi();
    await api.store.update("data path port", (tx) => tx.update("cluster", { ...tx.cluster(), dataPathPort: 5789 }));
    const port = (publishedPort: number) => make.createPort({ publishedPort, protocol: "UDP" });
    await assert.rejects(
      create(api, { name: "a", ports: [port(5789)] }),
      /^SwarmError: port 5789\/udp cannot be published: the swarm's overlay traffic uses it on every host/,
    );
    await create(api, { name: "a", ports: [port(4789), make.createPort({ publishedPort: 5789 })] });
  });

  it("refuses a port that was allocated to another service, and accepts another protocol", async () => {
    const api = await createTestApi();
    const a = await create(api, { name: "a", ports: [make.createPort()] });
    const port = make.createPort({ publishedPort: 30000 });
    await api.store.update("allocate", (tx) =>
      tx.update("service", { ...a, endpoint: { mode: "VIP", ports: [port], virtualIps: [] } }),
    );
    await assert.rejects(create(api, { name: "b", ports: [port] }), /port 30000\/tcp is already in use by service a/);
    await create(api, { name: "c", ports: [{ ...port, protocol: "UDP" }] });
  });

  it("are refused a port on which a program of a host listens for others, unless they have it already", async () => {
    const api = await createTestApi();
    const port = make.createPort({ publishedPort: 80 });
    const listening = (
      id: string,
      hostname: string,
      part: Partial<HostListener> = {},
      state: "READY" | "DOWN" = "READY",
    ) => make.createNode(id, { hostname, state, listeners: [{ ...NGINX, ...part }] });
    await api.store.update("nodes", (tx) => {
      tx.create("node", listening("n1", "off", {}, "DOWN"));
      tx.create("node", listening("n2", "local", { address: "127.0.0.1" }));
      tx.create("node", listening("n3", "other", { protocol: "UDP" }));
    });
    const service = await create(api, { name: "a", ports: [port] });
    await api.store.update("nginx", (tx) => tx.create("node", listening("n4", "host4")));
    await update(api, service, {
      ...service.spec,
      endpoint: { mode: "VIP", stickyMs: 0, ports: [port, make.createPort()] },
    });
    await removeService(api, "a");
    await assert.rejects(create(api, { name: "b", ports: [port] }), {
      code: "invalidArgument",
      message:
        "port 80/tcp is already in use on node host4 by nginx (listening on 0.0.0.0): choose another port, or end that program",
    });
    await create(api, { name: "c", ports: [{ ...port, publishMode: "HOST" }] });
  });

  it("are refused the port on which a manager listens, wherever that is", async () => {
    const api = await createTestApi();
    const manager = { raftId: 1, address: "10.77.0.1:2400", leader: true, reachability: "REACHABLE" } as const;
    await api.store.update("node", (tx) => tx.create("node", { ...make.createNode("m"), managerStatus: manager }));
    const ports = [make.createPort({ publishedPort: 2_400 })];
    await assert.rejects(create(api, { ports }), /port 2400\/tcp cannot be published: the managers/);
  });

  it("names networks by id, and refuses ingress and unknown ones", async () => {
    const api = await createTestApi();
    const back = make.createNetwork("back");
    await api.store.update("networks", (tx) => {
      tx.create("network", back);
      tx.create("network", make.createNetwork("ingress"));
    });
    const join = (target: string) => make.createTaskSpec({ networks: [{ target, aliases: [], driverOptions: {} }] });
    const service = await create(api, { task: join("BACK") });
    assert.deepEqual(
      service.spec.task.networks.map(({ target }) => target),
      [back.id],
    );
    await assert.rejects(create(api, { name: "b", task: join("ingress") }), /cannot be joined by name/);
    await assert.rejects(create(api, { name: "c", task: join("front") }), /^SwarmError: network front not found/);
  });
});

describe("rollback", () => {
  it("swaps the spec and the one before; a second one does the update again", async () => {
    const api = await createTestApi();
    const one = await create(api);
    const two = (await update(api, one, make.scaled(one.spec, 3))).service;
    const back = await rollBack(api, two);
    assert.deepEqual([back.spec, back.previousSpec], [one.spec, two.spec]);
    assert.deepEqual([one.generation, two.generation, back.generation], [1, 2, 3]);
    assert.equal(back.updateStatus?.state, "ROLLBACK_STARTED");
    assert.equal(back.updateStatus.message, "manually requested rollback");
    const again = await rollBack(api, back);
    assert.deepEqual([again.spec, again.previousSpec], [two.spec, one.spec]);
    assert.equal(api.images.asked.length, 1, "the registry is asked for nothing new");
  });

  it("refuses where there is nothing to go back to, when it comes late, and when others hold its ports", async () => {
    const api = await createTestApi();
    const one = await create(api, { ports: [make.createPort({ publishedPort: 80 })] });
    await assert.rejects(rollBack(api, one), {
      code: "failedPrecondition",
      message: /^service web has no previous spec/,
    });
    const two = (await update(api, one, { ...one.spec, endpoint: null })).service;
    await assert.rejects(rollBack(api, two, one.meta.version), { code: "aborted" });
    await create(api, { name: "other", ports: [make.createPort({ publishedPort: 80 })] });
    await assert.rejects(rollBack(api, two), { message: /port 80\/tcp is already in use by service other/ });
    assert.deepEqual((await getService(api, one.id)).spec, two.spec);
  });
});

describe("updateService", () => {
  it("keeps the pin, counts the specs, remembers the old one, and forgets the update status", async () => {
    const api = await createTestApi();
    const created = await create(api);
    const spec = make.scaled(created.spec, 3);
    const { service } = await update(api, created, spec);
    assert.equal(service.spec.replicated?.replicas, 3);
    assert.equal(service.spec.task.container.image, PINNED);
    assert.equal(service.generation, 2);
    assert.equal(service.specVersion, service.meta.version);
    assert.deepEqual(service.previousSpec, created.spec);
    assert.equal(service.updateStatus, null);
    assert.equal(api.images.asked.length, 1);
  });

  it("asks again when the image is given anew", async () => {
    const api = await createTestApi();
    const created = await create(api);
    api.images.images.set("nginx:latest", { digest: digestOf("c"), platforms: [] });
    const { service } = await update(api, created, { ...created.spec, task: withImage("nginx") });
    assert.equal(service.spec.task.container.image, `nginx:latest@${digestOf("c")}`);
  });

  it("refuses a version older than the spec, but not one older than only the status", async () => {
    const api = await createTestApi();
    const created = await create(api);
    const endpoint = { mode: "VIP", ports: [], virtualIps: [] } as const;
    await api.store.update("allocate", (tx) => tx.update("service", { ...created, endpoint }));
    const { service } = await update(api, created, make.scaled(created.spec, 2));
    assert.deepEqual(service.endpoint, endpoint);
    await assert.rejects(update(api, created, created.spec), { code: "aborted", message: /update out of sequence/ });
    await assert.rejects(update(api, service, service.spec, service.meta.version + 1), { code: "aborted" });
    await assert.rejects(update(api, service, service.spec, 0), { code: "invalidArgument" });
  });

  it("waits for writes in flight before it compares versions", async () => {
    const api = await createTestApi();
    const created = await create(api);
    api.store.raft.autoCommit = false;
    const status = api.store.update("status", (tx) => tx.update("service", created));
    const first = update(api, created, make.scaled(created.spec, 2));
    const outcome = first.then(({ service }) => service.spec.replicated?.replicas);
    for (let step = 0; step < 5; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      api.store.raft.commit();
    }
    await status;
    assert.equal(await outcome, 2);
  });

  it("does not rename, change the mode, or take another service's port", async () => {
    const api = await createTestApi();
    await create(api, { name: "a", ports: [make.createPort({ publishedPort: 80 })] });
    const web = await create(api);
    const { spec } = web;
    const renamed = { ...spec, annotations: { ...spec.annotations, name: "other" } };
    await assert.rejects(update(api, web, renamed), { code: "unimplemented", message: /renaming services/ });
    await assert.rejects(update(api, web, make.createServiceSpec({ replicas: "global" })), {
      code: "unimplemented",
      message: /mode change is not allowed/,
    });
    const ports = { mode: "VIP", stickyMs: 0, ports: [make.createPort({ publishedPort: 80 })] } as const;
    await assert.rejects(update(api, web, { ...spec, endpoint: ports }), /in use by service a/);
    assert.deepEqual(api.store.view().get("service", web.id), web);
  });

  it("may keep its own port", async () => {
    const api = await createTestApi();
    const web = await create(api, { ports: [make.createPort({ publishedPort: 80 })] });
    await update(api, web, web.spec);
  });
});

describe("references to services", () => {
  it("are an id, a name or a unique id prefix", async () => {
    const api = await createTestApi();
    await api.store.update("services", (tx) => {
      for (const [id, name] of [
        ["abc1", "web"],
        ["abd2", "abc"],
        ["xyz", "db"],
      ] as const) {
        tx.create("service", make.createService(id, { name }));
      }
    });
    const found = async (ref: string) => (await getService(api, ref)).spec.annotations.name;
    assert.equal(await found("WEB"), "web");
    assert.equal(await found("abc"), "abc", "a name goes before an id prefix");
    assert.equal(await found("abc1"), "web");
    assert.equal(await found("xy"), "db");
    assert.equal(await found(make.testId("xyz")), "db");
    await assert.rejects(found("ab"), {
      code: "invalidArgument",
      message: "service ab is ambiguous (2 matches found): give its whole id",
    });
    await assert.rejects(found("nope"), { code: "notFound", message: "service nope not found" });
    await assert.rejects(found(""), { code: "invalidArgument" });
  });
});

describe("listServices and removeService", () => {
  it("filter by name, label and mode, and count tasks", async () => {
    const api = await createTestApi();
    const web = make.createService("web", { replicas: 3, labels: { tier: "front" } });
    const agent = make.createService("agent", { replicas: "global" });
    await api.store.update("fill", (tx) => {
      tx.create("service", web);
      tx.create("service", agent);
      tx.create("node", make.createNode("n1"));
      tx.create("node", make.createNode("n2", { availability: "DRAIN" }));
      tx.create("task", make.createTask("t1", web));
      tx.create("task", make.createTask("t2", web, { state: "STARTING" }));
      tx.create("task", make.createTask("t3", web, { desiredState: "SHUTDOWN" }));
    });
    const list = async (filter: Partial<typeof noFilter>) =>
      (await listServices(api, { ...noFilter, ...filter })).map(({ service, runningTasks, desiredTasks }) => [
        service.spec.annotations.name,
        runningTasks,
        desiredTasks,
      ]);
    assert.deepEqual(await list({}), [
      ["agent", 0, 1],
      ["web", 1, 3],
    ]);
    assert.deepEqual(await list({ modes: ["global"] as never }), [["agent", 0, 1]]);
    assert.deepEqual(await list({ labels: ["tier=front"] as never }), [["web", 1, 3]]);
    assert.deepEqual(await list({ labels: ["tier=back"] as never }), []);
    await removeService(api, "web");
    assert.deepEqual(await list({ namePrefixes: ["w"] as never }), []);
    assert.equal(api.store.view().all("task").length, 3, "the orchestrators remove its tasks");
    await assert.rejects(removeService(api, "web"), { code: "notFound" });
  });

  it("are not stopped by a service whose constraints cannot be read: no node suits it", async () => {
    const api = await createTestApi();
    const task = make.createTaskSpec();
    const odd = { ...task, placement: { ...ANYWHERE, constraints: ["?"] } };
    await api.store.update("fill", (tx) => {
      tx.create("service", make.createService("odd", { replicas: "global", task: odd }));
      tx.create("node", make.createNode("n1"));
    });
    assert.equal((await listServices(api, noFilter))[0]?.desiredTasks, 0);
  });
});
