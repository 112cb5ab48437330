import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { NameFacts } from "../../../../shared/rpc/gen/doctor.ts";
import { examineNames } from "../../../../worker/dns/examine-names.ts";
import { HostNames } from "../../../../worker/dns/host-names.ts";
import { namedService, namedTable, tasksOn } from "../../../support/dns-objects.ts";
import { FakeDnsSockets, type FakeServer } from "../../../support/fake-dns-sockets.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const OWN = "172.31.240.1";
const RESPONSE = 0x80;

/** Says as little as an answer can: that it is one. */
const answering: FakeServer = (message) => {
  const answer = Buffer.from(message);
  answer.writeUInt8(answer.readUInt8(2) | RESPONSE, 2);
  return [answer];
};
/** Answers another question than the one that was asked. */
const confused: FakeServer = (message) => {
  const answer = Buffer.from(message);
  answer.writeUInt16BE((answer.readUInt16BE(0) + 1) % 65_536, 0);
  answer.writeUInt8(answer.readUInt8(2) | RESPONSE, 2);
  return [answer, Buffer.alloc(3)];
};

async function examine(
  servers: Readonly<Record<string, FakeServer>>,
  names = new HostNames(),
  address: string | null = OWN,
): Promise<{ readonly facts: NameFacts; readonly asked: readonly string[] }> {
  const clock = new VirtualClock();
  const sockets = new FakeDnsSockets();
  for (const [server, say] of Object.entries(servers)) sockets.servers.set(server, say);
  const upstreams = Object.keys(servers).filter((server) => server !== OWN);
  const options = { names, address, hostServers: async () => upstreams, sockets, clock, random: seededRandom(1) };
  let facts: NameFacts | null = null;
  void examineNames(options, new AbortController().signal).then((found) => {
    facts = found;
  });
  await clock.until("names are examined", () => facts !== null);
  assert.ok(facts !== null);
  return { facts, asked: sockets.asked };
}

test("tells which servers answer, whatever they say; a silent one is asked twice, a wrong answer is none", async () => {
  const { facts, asked } = await examine({
    ...{ [OWN]: answering, "192.0.2.1": answering, "192.0.2.2": () => null },
    ...{ "192.0.2.3": confused, "192.0.2.4": () => "refused" },
  });
  assert.equal(facts.fault, "");
  assert.deepEqual(
    facts.upstreams.filter(({ answered }) => answered).map(({ address }) => address),
    ["192.0.2.1"],
  );
  assert.equal(asked.filter((each) => each === "192.0.2.2 udp").length, 2);
});

test("a name server of our own that is nowhere, or does not answer, is told apart", async () => {
  assert.equal((await examine({}, new HostNames(), null)).facts.address, "");
  const { facts } = await examine({ [OWN]: () => null });
  assert.deepEqual([facts.address, facts.fault], [OWN, `the name server of its tasks does not answer at ${OWN}`]);
});

test("a service that a task must find is looked for in the task's own name", async () => {
  const names = new HostNames();
  const tasks = [...tasksOn({ t1: ["backend"] })];
  names.setTasks(
    new Map(tasks.map(([id, task]) => [id, { ...task, serviceAnnotations: { name: "web", labels: {} } }])),
  );
  assert.equal((await examine({ [OWN]: answering }, names)).facts.fault, "", "nothing is known of the network yet");
  names.setTables([namedTable("backend", {})]);
  const missing = await examine({ [OWN]: answering }, names);
  assert.match(missing.facts.fault, /do not find the service web/);
  names.setTables([namedTable("backend", { services: [namedService("web", { virtualIp: "10.1.0.3" })] })]);
  assert.equal((await examine({ [OWN]: answering }, names)).facts.fault, "");
});
