import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { createClusterSpec } from "../../support/objects.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

test("update changes the settings that are given, of the newest spec, and nothing else", async () => {
  const spec = createClusterSpec();
  const asked: unknown[] = [];
  await using daemon = createFakeDaemon({
    control: {
      getCluster: unary(async () => ({ cluster: { meta: { version: 7 + asked.length }, spec } })),
      updateCluster: unary(async (request) => {
        asked.push([request.version, { ...request.spec, annotations: null }]);
        if (asked.length === 1) throw new SwarmError("aborted", "update out of sequence");
        return {};
      }),
    },
  });
  await daemon.listen();
  const words = ["--snapshot-interval", "77", "--task-history-limit", "-1", "--dispatcher-heartbeat", "1s"];
  assert.deepEqual((await runCli(["update", ...words], daemon)).out, ["Swarm updated."]);
  const wanted = {
    ...spec,
    annotations: null,
    snapshotInterval: 77,
    taskHistoryRetentionLimit: -1,
    heartbeatPeriodMs: 1_000,
  };
  assert.deepEqual(asked, [
    [7, wanted],
    [8, wanted],
  ]);
});

test("update refuses what is no setting, and to change nothing", async () => {
  await using daemon = createFakeDaemon();
  await daemon.listen();
  for (const [words, sentence] of [
    [[], /nothing to change/],
    [["--snapshot-interval", "0"], /"0" for --snapshot-interval: expected a whole number in 1\.\.1000000/],
    [["--snapshot-interval", "1000001"], /expected a whole number in 1\.\.1000000/],
    [["--cert-expiry", "soon"], /invalid duration "soon"/],
    [["--max-snapshots", "3"], /--max-snapshots is not offered: one snapshot is kept/],
  ] as const) {
    assert.match((await runCli(["update", ...words], daemon)).err.join("\n"), sentence);
  }
});

test("swarm init, as docker has it, makes a swarm with the settings of update; those refused are told apart", async () => {
  const spec = createClusterSpec();
  const asked: unknown[] = [];
  await using daemon = createFakeDaemon({
    local: {
      init: unary(async ({ dataPathPort }) => {
        asked.push(dataPathPort);
        return { nodeId: "n1" };
      }),
      info: unary(async () => ({ nodeId: "n1", nodeAddress: "10.0.0.2" })),
    },
    control: {
      getCluster: unary(async () => ({
        cluster: { meta: { version: 7 }, spec, rootCa: { joinTokens: { worker: "W", manager: "M" } } },
      })),
      updateCluster: unary(async (request) => {
        const { taskHistoryRetentionLimit, placementStrategy } = request.spec ?? {};
        asked.push([request.version, taskHistoryRetentionLimit, placementStrategy]);
        if (taskHistoryRetentionLimit === 3) throw new SwarmError("invalidArgument", "three is too few");
        return {};
      }),
    },
  });
  await daemon.listen();
  const words = ["swarm", "init", "--data-path-port", "7777", "--placement-strategy", "binpack"];
  const made = await runCli([...words, "--task-history-limit", "2"], daemon);
  assert.deepEqual([made.ok, made.err], [true, []]);
  assert.equal(made.out[0], "Swarm initialized: current node (n1) is now a manager.");
  assert.deepEqual(asked, [7777, [7, 2, "binpack"]]);
  const refused = await runCli(["init", "--task-history-limit", "3"], daemon);
  assert.ok(refused.out.includes("    swarmctl join --token W 10.0.0.2:2377"));
  const sentence =
    "Error: the swarm was made, without the settings that were given (`swarmctl update`): three is too few";
  assert.deepEqual(refused.err, [sentence]);
});
