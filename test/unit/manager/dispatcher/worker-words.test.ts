import assert from "node:assert/strict";
import { test } from "node:test";
import { takeDescription, takeGossip, takeReport } from "../../../../manager/dispatcher/worker-words.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { HOST_LIMITS, SPEC_LIMITS } from "../../../../shared/objects/limits.ts";
import type { GenericResource, HostListener, NodeDescription, Resources } from "../../../../shared/rpc/gen/objects.ts";
import { createNode, createPort, createResources, createTaskStatus, testId } from "../../../support/objects.ts";

const CALLER = "10.77.0.5";
const LISTENER: HostListener = { protocol: "TCP", port: 80, address: "::", program: "nginx", clash: "LEFT" };
const GOOD = mustHave(createNode("n1", { listeners: [LISTENER] }).description, "description");
const describe = (part: Partial<NodeDescription>): NodeDescription =>
  takeDescription({ ...GOOD, ...part } as never, CALLER);
const report = (...statuses: readonly unknown[]): ReturnType<typeof takeReport> =>
  takeReport({ number: 1, updates: statuses.map((status) => ({ taskId: testId("t1"), status })) } as never);
const generic = (...resources: readonly GenericResource[]): Resources => createResources({ generic: resources });
const labels = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, "x"]));

const NARROW = { nodeId: testId("n2"), bytes: 1230 };
const OVERLAY = { mtu: 1450, hosts: 2, hostsFine: 1, narrow: [NARROW], wrongChecksums: 0 };
const BAD_DESCRIPTIONS: readonly (readonly [string, Partial<NodeDescription>, RegExp])[] = [
  ["a line for bridge", { dataPathAddress: "10.0.0.1\nfdb del 02:42:0a:00:00:02 dev eth0" }, /data path address/],
  ["a word behind the address", { dataPathAddress: "10.0.0.1 self" }, /data path address/],
  ["an option for an address", { dataPathAddress: "-force" }, /data path address/],
  ["a network for an address", { dataPathAddress: "10.0.0.0/8" }, /data path address/],
  ["a zone", { dataPathAddress: "fe80::1%eth0" }, /data path address/],
  ["leading zeros", { dataPathAddress: "010.0.0.1" }, /data path address/],
  ["everybody", { dataPathAddress: "255.255.255.255" }, /not the address of one host/],
  ["a group", { dataPathAddress: "239.1.1.1" }, /not the address of one host/],
  ["an IPv6 group", { dataPathAddress: "ff02::1" }, /not the address of one host/],
  ["nobody", { dataPathAddress: "0.0.0.0" }, /not the address of one host/],
  ["loopback, from elsewhere", { dataPathAddress: "127.0.0.1" }, /other hosts cannot send there/],
  ["loopback in IPv6's clothes", { dataPathAddress: "::ffff:127.0.0.1" }, /other hosts cannot send there/],
  ["a link's own", { dataPathAddress: "fe80::1" }, /link-local/],
  ["escape sequences", { hostname: "host\u001b[2J" }, /host name "host\\u001b/],
  ["8-bit escape sequences", { hostname: "host\u009b2J" }, /host name/],
  ["another direction", { hostname: "host\u202etsoh" }, /host name/],
  ["two lines", { hostname: "host\nhost2" }, /host name/],
  ["a blank", { hostname: "host 2" }, /host name/],
  ["a long name", { hostname: "h".repeat(HOST_LIMITS.hostname.max + 1) }, /at most 255/],
  ["a long version", { engineVersion: "1".repeat(65) }, /at most 64/],
  ["an escape as version", { engineVersion: "1\u001b[0m" }, /version/],
  ["an architecture with blanks", { platform: { architecture: "x86 64", os: "linux" } }, /architecture/],
  [
    "a generic resource with an escape",
    { resources: generic({ kind: "gpu", value: 1, names: ["\u001b[2J"] }) },
    /printable/,
  ],
  ["a generic resource of no kind", { resources: generic({ kind: "a b", value: 1, names: [] }) }, /its kind may have/],
  ["less than one of them", { resources: generic({ kind: "gpu", value: -1, names: [] }) }, /-1 is not a number/],
  ["one twice", { resources: generic({ kind: "gpu", value: 2, names: ["a", "a"] }) }, /different names/],
  ["a kind twice", { resources: generic(...Array(2).fill({ kind: "gpu", value: 1, names: [] })) }, /given twice/],
  ["too many kinds", { resources: generic(...Array(65).fill({ kind: "gpu", value: 1, names: [] })) }, /at most 64/],
  ["too many names", { resources: generic({ kind: "gpu", value: 257, names: Array(257).fill("a") }) }, /at most 256/],
  ["a long name", { resources: generic({ kind: "gpu", value: 1, names: ["n".repeat(129)] }) }, /at most 128/],
  ["too many labels", { engineLabels: labels(65) }, /at most 64/],
  ["a long label", { engineLabels: { key: "v".repeat(256) } }, /at most 255/],
  ["a label with an escape", { engineLabels: { "k\u001b": "v" } }, /printable/],
  ["too many listeners", { listeners: Array(257).fill(LISTENER) }, /at most 256/],
  ["a listener on no address", { listeners: [{ ...LISTENER, address: "0.0.0.0; drop" }] }, /address of a listener/],
  ["a listener on no port", { listeners: [{ ...LISTENER, port: 65_536 }] }, /port of a listener/],
  ["a program with an escape", { listeners: [{ ...LISTENER, program: "\u001b[2J" }] }, /printable/],
  ["a program of many words", { listeners: [{ ...LISTENER, program: "x".repeat(65) }] }, /at most 64/],
  ["narrow ways beyond number", { overlay: { ...OVERLAY, narrow: Array(33).fill(NARROW) } }, /at most 32/],
  ["a way from nobody", { overlay: { ...OVERLAY, narrow: [{ ...NARROW, nodeId: "\u001b[2J" }] } }, /has no host/],
  ["negative CPUs", { resources: { nanoCpus: -1, memoryBytes: 0, pids: 0, generic: [] } }, /CPUs/],
  ["more CPUs than there are", { resources: { nanoCpus: 1e18, memoryBytes: 0, pids: 0, generic: [] } }, /CPUs/],
  ["inexact memory", { resources: { nanoCpus: 0, memoryBytes: 2 ** 60, pids: 0, generic: [] } }, /memory/],
];

test("a description is refused for", async (t) => {
  for (const [what, part, sentence] of BAD_DESCRIPTIONS) {
    await t.test(what, () => assert.throws(() => describe(part), { code: "invalidArgument", message: sentence }));
  }
});

test("a description is taken as far as it is known: addresses in canonical form, no field of anyone's own", () => {
  assert.deepEqual(describe({}), GOOD);
  assert.deepEqual(describe({ overlay: { ...OVERLAY, extra: 1 } as never }).overlay, OVERLAY);
  assert.equal(describe({ dataPathAddress: "" }).dataPathAddress, "");
  assert.equal(describe({ dataPathAddress: "FD00:0:0::01" }).dataPathAddress, "fd00::1");
  assert.equal(
    takeDescription({ ...GOOD, dataPathAddress: "127.0.0.1" } as never, "127.0.0.1").hostname,
    GOOD.hostname,
  );
  assert.deepEqual(Object.keys(describe({ extra: "x".repeat(1e6) } as never)), Object.keys(GOOD));
  assert.equal(describe({ hostname: "wörker_2.Example-1" }).hostname, "wörker_2.Example-1");
});

test("statuses: texts are cut at a whole character, everything else is as it may be or refused", () => {
  const running = createTaskStatus("RUNNING");
  const { updates, bytes } = report({ ...running, err: "ü".repeat(500_000), message: "m".repeat(900_000) });
  const { err, message } = mustHave(updates[0]?.status, "status");
  assert.ok(Buffer.byteLength(err) <= HOST_LIMITS.statusText.max && /^ü+ … ü+$/.test(err), err.slice(-5));
  assert.equal(Buffer.byteLength(message), HOST_LIMITS.statusText.max);
  assert.ok(bytes < 2 * HOST_LIMITS.statusText.max + 1_000, `${bytes} bytes`);
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ ...running, hostPorts: Array(SPEC_LIMITS.ports.max + 1).fill(createPort()) }, /published ports/],
    [{ ...running, hostPorts: [createPort({ publishedPort: 70_000 })] }, /published port/],
    [{ ...running, timestampMs: 2 ** 60 }, /instant/],
    [{ ...running, container: { containerId: "x".repeat(65), pid: 1, exitCode: 0 } }, /container id/],
    [{ ...running, container: { containerId: "a\u001bb", pid: 1, exitCode: 0 } }, /container id/],
  ];
  for (const [status, sentence] of bad)
    assert.throws(() => report(status), { code: "invalidArgument", message: sentence });
  assert.throws(() => takeReport({ number: 1, updates: [{ taskId: "../../etc", status: null }] }), /not a task id/);
  assert.throws(() => report(...Array(HOST_LIMITS.statusUpdates.max + 1).fill(running)), /at most 1000/);
  assert.throws(
    () => report(...Array(HOST_LIMITS.statusUpdates.max).fill({ ...running, err: "e".repeat(2_000) })),
    /one report of statuses/,
  );
});

test("gossip: what is no node's id is left out, for the worker only passes it on", () => {
  const gone = [
    { nodeId: testId("n2"), unanswered: true },
    { nodeId: "n\u001b[2J", unanswered: true },
  ];
  assert.deepEqual([...takeGossip({ gone })], [[testId("n2"), true]]);
  assert.throws(() => takeGossip({ gone: Array(HOST_LIMITS.gone.max + 1).fill(gone[0]) }), /at most 10000/);
});
