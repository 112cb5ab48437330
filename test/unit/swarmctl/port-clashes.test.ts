import { strict as assert } from "node:assert";
import { test } from "node:test";
import { unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

test("service ps tells of programs that have a published port on some host, and node inspect of all on it", async () => {
  const nginx = { protocol: "TCP", port: 80, address: "0.0.0.0", program: "nginx", clash: "LEFT" } as const;
  const listeners = [
    nginx,
    { ...nginx, port: 81 },
    { ...nginx, address: "10.0.0.7", program: "", clash: "TAKEN" },
    { ...nginx, address: "127.0.0.1" },
  ] as const;
  const node = { id: "n1", description: { hostname: "host1", listeners } };
  const ports = [{ protocol: "TCP", publishedPort: 80, targetPort: 80 }] as const;
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async () => ({ service: { id: "s1", endpoint: { ports } } })),
      getNode: unary(async () => ({ node })),
      listTasks: unary(async () => ({ tasks: [] })),
      listNodes: unary(async () => ({ nodes: [node] })),
    },
  });
  await daemon.listen();
  const left = (port: number): string =>
    `on host1, port ${port}/tcp is left to nginx (listening on 0.0.0.0): the service does not answer there`;
  const taken =
    "on host1, port 80/tcp is the service's: a program (listening on 10.0.0.7) gets nothing that is sent there";
  const ps = await runCli(["service", "ps", "web"], daemon);
  assert.deepEqual(ps.err, [`warning: ${left(80)}`, `warning: ${taken}`]);
  assert.deepEqual((await runCli(["service", "ps", "-q", "web"], daemon)).err, []);
  const inspect = (await runCli(["node", "inspect", "--pretty", "n1"], daemon)).out.join("\n");
  for (const text of [left(80), left(81), taken]) assert.ok(inspect.includes(text), inspect);
});

test("node inspect tells what comes through the overlay from other hosts, and which ones are narrow", async () => {
  const narrow = [{ nodeId: "n2", bytes: 1230 }];
  const overlay = { mtu: 1450, hosts: 3, hostsFine: 2, narrow, wrongChecksums: 40 };
  const node = { id: "n1", description: { hostname: "host1", overlay } };
  const nodes = [node, { id: "n2", description: { hostname: "host2" } }];
  await using daemon = createFakeDaemon({
    control: {
      getNode: unary(async () => ({ node })),
      listNodes: unary(async () => ({ nodes })),
    },
  });
  await daemon.listen();
  const inspect = (await runCli(["node", "inspect", "--pretty", "n1"], daemon)).out.join("\n");
  for (const text of [
    "packets of 1450 bytes arrive from 2 of 3 hosts",
    "from host2 only packets of 1230 bytes arrive: large answers hang",
    "40 packets arrived with a wrong checksum",
  ])
    assert.ok(inspect.includes(text), inspect);
  const [json] = JSON.parse((await runCli(["node", "inspect", "n1"], daemon)).out.join("\n"));
  assert.deepEqual(json.Description.Overlay, {
    ...{ MTU: 1450, Hosts: 3, HostsFine: 2, WrongChecksums: 40 },
    Narrow: [{ NodeID: "n2", Bytes: 1230 }],
  });
});
