import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { InitRequest } from "../../../shared/rpc/gen/local.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

test("init --force-new-cluster says who is no manager any more, and how there will be more", async () => {
  const asked: InitRequest[] = [];
  await using daemon = createFakeDaemon({
    local: {
      init: unary(async (request) => {
        asked.push(request);
        return {
          nodeId: "n1",
          warnings: ["something to know"],
          removedManagers: [
            { nodeId: "n2", address: "10.0.0.2:2377" },
            { nodeId: "n3", address: "10.0.0.3:2377" },
          ],
        };
      }),
      info: unary(async () => ({ nodeId: "n1", remoteManagers: [{ nodeId: "n1", address: "10.0.0.9:2377" }] })),
    },
    control: {
      listNodes: unary(async () => ({ nodes: [{ id: "n2", description: { hostname: "host2" } }] })),
      getCluster: unary(async () => ({ cluster: { rootCa: { joinTokens: { worker: "W", manager: "M" } } } })),
    },
  });
  await daemon.listen();
  const ran = await runCli(["swarm", "init", "--force-new-cluster", "--advertise-addr", "10.0.0.9"], daemon);
  assert.deepEqual(
    asked.map(({ forceNewCluster, advertiseAddress }) => [forceNewCluster, advertiseAddress]),
    [[true, "10.0.0.9"]],
  );
  assert.deepEqual(ran.err, ["WARNING: something to know"]);
  assert.deepEqual(ran.out, [
    "Swarm goes on: current node (n1) is its only manager now. Nothing else of it was changed.",
    "",
    "No longer managers:",
    "",
    "    host2 (10.0.0.2:2377)",
    "    n3 (10.0.0.3:2377)",
    "",
    "If one of them comes back, it goes on as a worker ('swarmctl node promote' makes it a manager again).",
    "If it does not, remove it with 'swarmctl node rm'.",
    "",
    "To add a manager to this swarm, promote a worker, or run the following command on another host:",
    "",
    "    swarmctl join --token M 10.0.0.9:2377",
    "",
  ]);
});

test("with --force-new-cluster nothing is taken that a swarm has from its beginning", async () => {
  await using daemon = createFakeDaemon({
    local: {
      init: unary(async () => {
        throw new SwarmError("internal", "it was asked all the same");
      }),
    },
  });
  await daemon.listen();
  for (const others of [["--autolock"], ["--availability", "drain"], ["--default-addr-pool", "10.9.0.0/16"]]) {
    const { err } = await runCli(["init", "--force-new-cluster", ...others], daemon);
    assert.match(err.join(), new RegExp(`keeps the swarm and all its settings, so ${others[0]} cannot be given`));
  }
});
