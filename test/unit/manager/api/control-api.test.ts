import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { createControlApi } from "../../../../manager/api/control-api.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { connect } from "../../../../shared/rpc/client.ts";
import type { ServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import type { Sendable } from "../../../../shared/rpc/sendable.ts";
import { createTestApi, digestOf } from "../../../support/control-api.ts";
import { createNode } from "../../../support/objects.ts";

it("the control API works over a socket: create, list, watch, update, remove", async () => {
  const api = await createTestApi();
  await api.store.update("node", (tx) => tx.create("node", createNode("n1")));
  const folder = mkdtempSync(join(tmpdir(), "swarm-api-"));
  await using resources = new AsyncDisposableStack();
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = new RpcServer({ kind: "unix", path: join(folder, "socket") }, { log: silentLogger });
  resources.defer(() => server.stop(0));
  server.add(services.control, createControlApi(api));
  const client = resources.use(connect(services.control, await server.listen(), "local"));

  // As sparse as a client may be: everything else has a default.
  const spec: Sendable<ServiceSpec> = { annotations: { name: "web" }, task: { container: { image: "nginx" } } };
  const { service } = await client.createService({ spec });
  assert.equal(service?.spec?.task?.container?.image, `nginx:latest@${digestOf("a")}`);
  assert.equal(service.spec.replicated?.replicas, 1);

  const update = async (): Promise<void> => {
    const { meta } = service;
    const changed = { ...service.spec, replicated: { replicas: 2 }, mode: "replicated" } as Sendable<ServiceSpec>;
    await client.updateService({ ref: "web", version: meta?.version ?? 0, spec: changed });
    const listed = await client.listServices({});
    assert.equal(listed.services[0]?.desiredTasks, 2);
    await client.removeService({ ref: "web" });
  };
  const abort = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { changes } of client.watch({}, { signal: abort.signal })) {
      for (const change of changes) seen.push(`${change.kind} ${change.object}`);
      if (seen.includes("REMOVE service")) return;
      if (seen.length === 3) await update();
    }
  })();
  await watching;
  abort.abort();
  assert.deepEqual(seen, [
    ...["CREATE node", "CREATE service", "CREATE cluster"],
    ...["CREATE earlierSpec", "UPDATE service", "REMOVE earlierSpec", "REMOVE service"],
  ]);
  await assert.rejects(client.getService({ ref: "web" }), { code: "notFound", message: "service web not found" });
  await assert.rejects(client.createService({ spec: {} }), { code: "invalidArgument" });
  await assert.rejects(client.createService({}), { code: "invalidArgument" });
});
