import assert from "node:assert/strict";
import { test } from "node:test";
import { EXAMINE_MS_MAX } from "../../../../shared/doctor/limits.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { Examination, HostFacts } from "../../../../shared/rpc/gen/doctor.ts";
import { Examiner, type ExaminerDeps } from "../../../../worker/doctor/examiner.ts";
import { hostFacts, NOW_MS } from "../../../support/doctor-facts.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const REQUEST: Examination = {
  examinationId: "e",
  hosts: [
    { nodeId: "n2", address: "10.77.0.2", managerAddress: "10.77.0.2:2377", mutual: true },
    { nodeId: "", address: "10.77.0.3", managerAddress: "[fd00::3]:2378", mutual: false },
    { nodeId: "n4", address: "10.77.0.4", managerAddress: "", mutual: false },
  ],
  ports: [
    { protocol: "tcp", port: 80 },
    { protocol: "udp", port: 53 },
  ],
  ...{
    address: "10.77.0.1",
    otherPorts: [{ protocol: "tcp", port: 80 }],
    otherAddress: "10.77.0.2",
    close: false,
    waysOnly: false,
  },
};
const dataPath = mustHave(hostFacts().dataPath, "facts of a data path");

const NAMED = { protocol: "UDP", port: 53, address: "0.0.0.0", program: "named", clash: "TAKEN" } as const;

/** A host where all is well; `deps` breaks parts of it. */
function createExaminer(deps: Partial<ExaminerDeps> = {}) {
  const clock = new VirtualClock();
  const tried: string[] = [];
  const examiner = new Examiner({
    network: {
      examine: async () => ({
        ...{ dataPath, overlayAddress: "10.0.0.2", address6: "fd77::1", listeners: [NAMED] },
        overlayAddresses: new Map([
          ["n2", "10.0.0.3"],
          ["n4", "10.0.0.5"],
        ]),
      }),
    },
    names: { examine: async () => ({ address: "172.30.0.1", fault: "", upstreams: [] }) },
    membership: { ping: async () => true },
    disk: async () => ({ path: "/var/lib/swarm", totalBytes: 2, freeBytes: 1 }),
    certificate: () => ({ notBeforeMs: 0, notAfterMs: NOW_MS }),
    wrongChecksums: async () => 0,
    prober: {
      async probe(host, port) {
        tried.push(`${host} ${port}`);
        return "accepted";
      },
    },
    datagrams: { open: async () => ({ send: () => {}, [Symbol.dispose]: () => {} }) },
    clock,
    ...deps,
  });
  const examine = async (): Promise<{ readonly facts: HostFacts; readonly tookMs: number }> => {
    let facts: HostFacts | null = null;
    void examiner.examine(REQUEST, new AbortController().signal).then((found) => {
      facts = found;
    });
    await clock.until("the examination ends", () => facts !== null);
    assert.ok(facts !== null);
    return { facts, tookMs: clock.now() };
  };
  return { tried, examine };
}

test("tries gossip and the manager of each host, TCP ports of its own over both families and of the other host", async () => {
  const { tried, examine } = createExaminer();
  const { facts } = await examine();
  assert.deepEqual(tried.sort(), [
    "10.77.0.1 80",
    "10.77.0.2 2377",
    "10.77.0.2 7946",
    "10.77.0.2 80",
    "10.77.0.3 7946",
    "10.77.0.4 7946",
    "fd00::3 2378",
    "fd77::1 80",
  ]);
  assert.deepEqual(
    facts.ways.map(({ gossipTcp, gossipUdp, manager, overlay }) => [gossipTcp, gossipUdp, manager, overlay]),
    [
      ["ACCEPTED", "ACCEPTED", "ACCEPTED", "SILENT"],
      // Its node is not known.
      ["ACCEPTED", "UNTRIED", "ACCEPTED", "UNTRIED"],
      // It does not try back, so it sends nothing through the overlay.
      ["ACCEPTED", "ACCEPTED", "UNTRIED", "UNTRIED"],
    ],
  );
  assert.deepEqual(facts.ports, [
    { protocol: "tcp", port: 80, reach: "ACCEPTED", reach6: "ACCEPTED", listener: null },
    { protocol: "udp", port: 53, reach: "UNTRIED", reach6: "UNTRIED", listener: NAMED },
  ]);
  assert.deepEqual(facts.troubles, []);
});

test("tells what it has when parts of it hang, in time", async () => {
  const hangs = (): Promise<never> => new Promise(() => {});
  const { examine } = createExaminer({ names: { examine: hangs }, disk: hangs, membership: { ping: hangs } });
  const { facts, tookMs } = await examine();
  assert.ok(tookMs <= EXAMINE_MS_MAX + 100, `${tookMs}`);
  assert.equal(facts.names, null);
  assert.equal(facts.disk, null);
  assert.equal(facts.ways[0]?.gossipTcp, "ACCEPTED");
  assert.equal(facts.troubles.length, 4, "two of them pings");
});

test("a network that cannot be looked at is a trouble, and no verdict on the ways through it", async () => {
  const { examine } = createExaminer({ network: { examine: () => Promise.reject(new Error("no netlink")) } });
  const { facts } = await examine();
  assert.equal(facts.dataPath, null);
  assert.equal(facts.ways[0]?.overlay, "UNTRIED");
  assert.deepEqual(facts.troubles, ["the network could not be looked at: no netlink"]);
});

test("a lost packet is no closed port, and what fails on our own side shows nothing", async () => {
  const seen = new Set<string>();
  const { examine } = createExaminer({
    prober: {
      async probe(host, port) {
        if (host === "10.77.0.3") return "notTried";
        const key = `${host} ${port}`;
        const isFirst = !seen.has(key);
        seen.add(key);
        return isFirst ? "noAnswer" : "accepted";
      },
    },
  });
  const { facts } = await examine();
  assert.equal(facts.ways[1]?.gossipTcp, "UNTRIED");
  assert.equal(facts.ways[2]?.gossipTcp, "ACCEPTED");
  assert.equal(facts.ports[0]?.reach, "ACCEPTED");
});
