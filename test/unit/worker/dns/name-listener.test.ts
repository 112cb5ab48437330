import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { decode, encode } from "dns-packet";
import type { TaskId } from "../../../../shared/ids.ts";
import { type LogFields, type Logger, silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { frame } from "../../../../worker/dns/frames.ts";
import {
  CONNECTION_IDLE_MS,
  FORWARD_MS_MAX,
  LISTEN_CHECK_MS,
  LISTEN_FAILURES_QUIET,
  LISTEN_RETRY,
  TASK_CONNECTIONS_MAX,
  TASK_FORWARDS_MAX,
  TASK_QUESTIONS_BURST,
  TASK_QUESTIONS_PER_SECOND,
} from "../../../../worker/dns/limits.ts";
import { type Names, openNames } from "../../../../worker/dns/open-names.ts";
import { idOf, namedEndpoint, namedService, namedTable, queryBytes, tasksOn } from "../../../support/dns-objects.ts";
import { FakeConnection, FakeDnsSockets } from "../../../support/fake-dns-sockets.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const GATEWAY = "172.31.240.1";
const [TASK, OTHER_TASK, STRANGER] = ["172.31.240.2", "172.31.240.3", "198.51.100.1"];
const SERVER = "192.0.2.1";
const PORT = 5_000;

type Message = ReturnType<typeof decode> & { readonly rcode: string };

describe("a host's DNS server", () => {
  let clock: VirtualClock;
  let sockets: FakeDnsSockets;
  let names: Names;
  let gateway: string;
  let resolvConf: string;
  let warnings: { readonly message: string; readonly fields: LogFields | undefined }[];
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    clock = new VirtualClock();
    sockets = new FakeDnsSockets();
    sockets.addresses.add(GATEWAY);
    gateway = GATEWAY;
    resolvConf = `nameserver ${SERVER}\n`;
    warnings = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => void warnings.push({ message, fields }) };
    const addresses = new Map([
      [TASK, idOf("one") as TaskId],
      [OTHER_TASK, idOf("two") as TaskId],
    ]);
    names = openNames({
      address: async () => gateway,
      taskAt: (address) => addresses.get(address) ?? null,
      readResolvConf: async () => resolvConf,
      ...{ sockets, clock, random: seededRandom(3), log },
    });
    const net = namedTable("net", {
      services: [namedService("db", { virtualIp: "10.1.0.2" }), namedService("many")],
      endpoints: Array.from({ length: 200 }, (_, at) => namedEndpoint(`many${1_000 + at}`, `10.1.1.${at}/16`)),
    });
    names.service.setTables([net]);
    names.service.setTasks(tasksOn({ one: ["net"], two: [] }));
    stop = new AbortController();
    running = names.run(stop.signal);
    await clock.run(1);
  });
  afterEach(async () => {
    stop.abort();
    await clock.run(FORWARD_MS_MAX);
    await running;
    assert.equal(sockets.listening.size, 0);
    assert.deepEqual(clock.pending, []);
  });

  const packet = async (bytes: Uint8Array, from = TASK, waitMs = 1): Promise<Message | null> => {
    sockets.sent.length = 0;
    sockets.listening.get(gateway)?.onPacket(bytes, { address: from, port: PORT });
    await clock.run(waitMs);
    const [said] = sockets.sent;
    if (said !== undefined) assert.deepEqual(said.to, { address: from, port: PORT });
    return said === undefined ? null : (decode(Buffer.from(said.bytes)) as Message);
  };
  const answering = (message: Buffer): readonly Uint8Array[] => [
    encode({
      ...decode(message),
      type: "response",
      answers: [{ type: "A", name: "x.example", ttl: 9, data: "192.0.2.9" }],
    }),
  ];
  const connect = (from = TASK): FakeConnection => {
    const connection = new FakeConnection(from);
    sockets.listening.get(gateway)?.onConnection(connection);
    return connection;
  };

  it("answers a task with the names of its own networks, and another one from the host's servers", async () => {
    sockets.servers.set(SERVER, answering);
    assert.deepEqual(
      (await packet(queryBytes("db", "A")))?.answers?.map((record) => (record as { data?: unknown }).data),
      ["10.1.0.2"],
    );
    assert.deepEqual(sockets.asked, []);
    assert.equal((await packet(queryBytes("x.example", "A")))?.answers?.length, 1);
    assert.equal((await packet(queryBytes("db", "A"), OTHER_TASK))?.answers?.length, 1);
    assert.deepEqual(sockets.asked, [`${SERVER} udp`, `${SERVER} udp`]);
  });

  it("refuses everybody else, and asks nobody for them", async () => {
    assert.equal((await packet(queryBytes("db", "A"), STRANGER))?.rcode, "REFUSED");
    assert.equal((await packet(queryBytes("example.com", "A"), GATEWAY))?.rcode, "REFUSED");
    const connection = connect(STRANGER);
    await clock.run(1);
    assert.ok(connection.isClosed);
    assert.deepEqual(sockets.asked, []);
  });

  it("tells what is wrong with a message, and is silent to answers and fragments of messages", async () => {
    const query = Buffer.from(queryBytes("db", "A"));
    const changed = (at: number, value: number): Buffer => Buffer.from(query).fill(value, at, at + 1);
    assert.equal((await packet(changed(2, 0x28)))?.rcode, "NOTIMP");
    assert.equal((await packet(changed(5, 2)))?.rcode, "FORMERR");
    assert.equal((await packet(query.subarray(0, -2)))?.rcode, "FORMERR");
    assert.equal(await packet(changed(2, 0x81)), null);
    assert.equal(await packet(query.subarray(0, 11)), null);
  });

  it("cuts an answer off that does not fit into a packet, and gives it whole over TCP", async () => {
    const cut = await packet(queryBytes("many", "A"));
    assert.equal(cut?.flag_tc, true);
    const connection = connect();
    const framed = frame(queryBytes("many", "A"));
    connection.say(framed.subarray(0, 5));
    await clock.run(1);
    connection.say(Buffer.concat([framed.subarray(5), frame(queryBytes("db", "A"))]));
    await clock.run(1);
    const answers = connection.sent.map((bytes) => decode(Buffer.from(bytes).subarray(2)));
    assert.deepEqual(
      answers.map(({ flag_tc, answers: records }) => [flag_tc, records?.length]),
      [
        [false, 200],
        [false, 1],
      ],
    );
    connection.say(null);
    await clock.run(1);
    assert.ok(connection.isClosed);
  });

  it("closes a connection that says nothing for long, or announces more than a question has", async () => {
    const quiet = connect();
    await clock.run(CONNECTION_IDLE_MS - 1);
    assert.ok(!quiet.isClosed);
    await clock.run(1);
    assert.ok(quiet.isClosed);
    const long = connect();
    long.say(Buffer.from([0xff, 0xff, 0]));
    await clock.run(1);
    assert.ok(long.isClosed);
  });

  it("has only so many connections of one task, and room for another one's", async () => {
    const open = Array.from({ length: TASK_CONNECTIONS_MAX + 3 }, () => connect());
    const other = connect(OTHER_TASK);
    await clock.run(1);
    assert.equal(open.filter(({ isClosed }) => !isClosed).length, TASK_CONNECTIONS_MAX);
    assert.ok(!other.isClosed);
    await clock.run(CONNECTION_IDLE_MS);
    assert.ok(!connect().isClosed);
    await clock.run(CONNECTION_IDLE_MS);
  });

  it("lets one task wait for so many answers, while another's questions are passed on", async () => {
    for (let at = 0; at < TASK_FORWARDS_MAX; at++) await packet(queryBytes(`name${at}.example`, "A"));
    assert.equal((await packet(queryBytes("more.example", "A")))?.rcode, "SERVFAIL");
    assert.equal((await packet(queryBytes("db", "A")))?.rcode, "NOERROR");
    const before = sockets.asked.length;
    await packet(queryBytes("more.example", "A"), OTHER_TASK);
    assert.equal(sockets.asked.length, before + 1);
  });

  it("drops what one task asks beyond its pace", async () => {
    const answered = async (questions: number): Promise<number> => {
      sockets.sent.length = 0;
      for (let at = 0; at < questions; at++)
        sockets.listening.get(gateway)?.onPacket(queryBytes("db", "A"), { address: TASK, port: PORT });
      await clock.run(0);
      return sockets.sent.length;
    };
    assert.equal(await answered(TASK_QUESTIONS_BURST + 50), TASK_QUESTIONS_BURST);
    await clock.run(100);
    assert.equal(await answered(TASK_QUESTIONS_PER_SECOND), TASK_QUESTIONS_PER_SECOND / 10);
    assert.equal((await packet(queryBytes("x.swarm.internal", "A"), OTHER_TASK))?.rcode, "NXDOMAIN");
  });

  it("tells a loop in the host's resolv.conf from a slow server, and says so once in a while", async () => {
    // A relay on this host that is told to ask us.
    sockets.servers.set(SERVER, (message) => {
      sockets.listening.get(gateway)?.onPacket(message, { address: GATEWAY, port: PORT });
      return null;
    });
    for (const name of ["a.example", "b.example"]) {
      sockets.listening.get(gateway)?.onPacket(queryBytes(name, "A"), { address: TASK, port: PORT });
      await clock.run(1);
    }
    const said = sockets.sent.map(({ bytes, to }) => [to.address, (decode(Buffer.from(bytes)) as Message).rcode]);
    assert.deepEqual(said, [
      [GATEWAY, "SERVFAIL"],
      [GATEWAY, "SERVFAIL"],
    ]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.message ?? "", /asks this host in turn/);
  });

  it("asks a task's own name servers for it, and follows the host's list", async () => {
    for (const server of [SERVER, "192.0.2.53", "192.0.2.77"]) sockets.servers.set(server, answering);
    const tasks = tasksOn({ one: ["net"] });
    const [task] = [...tasks.values()];
    const spec = { container: { dns: { nameservers: ["192.0.2.53"], search: [], options: [] } } };
    names.service.setTasks(new Map([[idOf("one") as TaskId, { ...task, spec } as never]]));
    await packet(queryBytes("one.example", "A"));
    await packet(queryBytes("two.example", "A"), OTHER_TASK);
    resolvConf = `# moved\nnameserver ${GATEWAY}\nnameserver 192.0.2.77\n`;
    await clock.run(10_000);
    await packet(queryBytes("three.example", "A"), OTHER_TASK);
    assert.deepEqual(sockets.asked, ["192.0.2.53 udp", `${SERVER} udp`, "192.0.2.77 udp"]);
  });

  it("listens once its address is there, and moves when it becomes another one", async () => {
    gateway = "172.30.240.1";
    await clock.run(LISTEN_CHECK_MS + LISTEN_RETRY.maxMs);
    assert.equal(sockets.listening.size, 0);
    assert.deepEqual(warnings, [], "the first table may take a while");
    await clock.run(LISTEN_FAILURES_QUIET * LISTEN_RETRY.maxMs);
    assert.ok(warnings.length > 0);
    sockets.addresses.add(gateway);
    await clock.run(LISTEN_RETRY.maxMs);
    assert.deepEqual([...sockets.listening.keys()], [gateway]);
    assert.equal((await packet(queryBytes("db", "A")))?.rcode, "NOERROR");
  });
});
