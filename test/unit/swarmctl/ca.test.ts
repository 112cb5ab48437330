import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { Node } from "../../../shared/rpc/gen/objects.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const NODES: Sendable<Node>[] = [
  {
    id: "b".repeat(25),
    meta: { version: 4 },
    spec: { desiredRole: "WORKER" },
    description: { hostname: "host10" },
    status: { state: "DOWN" },
  },
  {
    id: "a".repeat(25),
    meta: { version: 3 },
    spec: { desiredRole: "MANAGER" },
    description: { hostname: "host2" },
    status: { state: "READY" },
  },
];
const listNodes = unary(async () => ({ nodes: NODES }));
const getNode = unary(async ({ ref }: { ref: string }) => {
  const node = NODES.find(({ description }) => description?.hostname === ref);
  if (node === undefined) throw new SwarmError("notFound", `node ${ref} not found`);
  return { node };
});

test("ca shows the root, rotates it with progress that names who is waited for, and refuses flags without --rotate", async () => {
  const asked: unknown[] = [];
  const rotations = [{ fingerprint: "AB" }, null];
  await using daemon = createFakeDaemon({
    control: {
      listNodes,
      getCluster: unary(async () => {
        const rotation = asked.length === 0 ? null : (rotations.shift() ?? null);
        return { cluster: { rootCa: { caCert: asked.length === 0 ? "OLD\n" : "NEW\n", rotation } } };
      }),
      updateCluster: unary(async ({ rotateRoot, rootCert, spec }) => {
        asked.push([rotateRoot, rootCert, spec]);
        return {};
      }),
    },
  });
  await daemon.listen();
  assert.deepEqual((await runCli(["ca"], daemon)).out, ["OLD"]);
  for (const flags of [["--cert-expiry", "1h"], ["--detach"], ["--ca-key", "x"]]) {
    assert.match((await runCli(["ca", ...flags], daemon)).err.join(), /are only valid with --rotate/);
  }
  assert.match((await runCli(["ca", "--rotate", "--ca-cert", "x"], daemon)).err.join(), /must be given together/);
  assert.deepEqual(asked, []);
  const { out, err } = await runCli(["ca", "--rotate"], daemon);
  assert.deepEqual(out, ["NEW"]);
  assert.match(err.join(), /^0 of 2 nodes have a certificate of the new root; waiting for host10 \(down: .*\), host2$/);
  assert.deepEqual(asked, [[true, "", null]]);
});

test("demote says what the former manager still knows", async () => {
  await using daemon = createFakeDaemon({ control: { getNode, updateNode: unary(async () => ({})) } });
  await daemon.listen();
  const { out, err } = await runCli(["node", "demote", "host2"], daemon);
  assert.deepEqual(out, ["Manager host2 demoted in the swarm."]);
  assert.match(err.join(), /still knows the key of the swarm's root.*swarmctl ca --rotate/);
  assert.deepEqual((await runCli(["node", "demote", "host10"], daemon)).err, []);
});

test("node ls and inspect say which nodes have no certificate of the new root yet", async () => {
  const nodes = NODES.map((node, at) => ({ ...node, certificateRoot: ["AB", "CD"][at] ?? "" }));
  const states: readonly (readonly [{ fingerprint: string } | null, readonly string[]])[] = [
    [null, ["host2 Ready", "host10 Ready"]],
    [{ fingerprint: "AB" }, ["host2 Needs Rotation", "host10 Ready"]],
    [{ fingerprint: "EF" }, ["host2 Needs Rotation", "host10 Needs Rotation"]],
  ];
  for (const [rotation, expected] of states) {
    await using daemon = createFakeDaemon({
      control: {
        listNodes: unary(async () => ({ nodes })),
        getNode: unary(async () => ({ node: nodes[1] ?? {} })),
        getCluster: unary(async () => ({ cluster: { rootCa: { rotation } } })),
      },
      local: { info: unary(async () => ({})) },
    });
    await daemon.listen();
    const { out } = await runCli(["node", "ls", "--format", "{{.Hostname}} {{.TLSStatus}}"], daemon);
    assert.deepEqual(out, expected);
    const pretty = (await runCli(["node", "inspect", "--pretty", "host2"], daemon)).out.join("\n");
    assert.match(pretty, new RegExp(`^TLS Status:\\s*${expected[0]?.replace("host2 ", "")}$`, "m"));
  }
});
