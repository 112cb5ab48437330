/**
 * Names as a task's programs ask for them: dig, glibc, musl and BusyBox in a real namespace, through the real rules and
 * the real server, and a name server outside.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkEndpoint, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { swarmResolvConf } from "../../worker/runtime/container-files.ts";
import { idOf, namedEndpoint, namedService, namedTable } from "../support/dns-objects.ts";
import { ingressTable, networkTask } from "../support/network-objects.ts";
import { waitFor } from "../support/wait.ts";
import { muslResolve } from "./musl-resolve.ts";
import { BUSYBOX, type Dialogue, type LabHost, type LabTask, NetworkLab, type Place } from "./network-lab.ts";

const OUTSIDE = "10.98.0.200";
const MUSL = await muslResolve();

/** Names that a program may print in any order. */
const sorted = (text: string): readonly string[] => [...new Set(text.trim().split("\n").filter(Boolean))].sort();

function backendTable(ringState: NetworkEndpoint["state"] = "READY"): NetworkTable {
  return namedTable("backend", {
    subnets: ["10.1.0.0/16"],
    services: [
      namedService("shop_db", { aliases: ["db"], virtualIp: "10.1.0.2", virtualIp6: "fd00:1::2" }),
      namedService("ring"),
      namedService("everywhere"),
    ],
    endpoints: [
      namedEndpoint("ring1", "10.1.0.31/16"),
      namedEndpoint("ring2", "10.1.0.32/16", { state: ringState }),
      ...Array.from({ length: 200 }, (_, at) =>
        namedEndpoint(`e${1_000 + at}`, `10.1.1.${at}/16`, { serviceId: idOf("everywhere") }),
      ),
    ],
  });
}

/** dig's exit code when nobody answered. */
const NO_REPLY = 9;

describe("names as a task's programs ask for them", () => {
  const lab = new NetworkLab(1, "dns-host.ts");
  const [host] = lab.hosts as [LabHost];
  let task: LabTask;
  let mighty: LabTask;
  let upstream: Dialogue;
  let resolver: string;

  const apply = async (table: NetworkTable): Promise<void> => {
    const ingress = ingressTable(lab.hosts);
    await lab.applyEverywhere([ingress, { ...table, hosts: ingress.hosts }]);
  };
  const onBackend = (last: number) => [{ networkId: idOf("backend"), address: `10.1.0.${last}/16` }];
  const attach = async (wanted: Task): Promise<LabTask> => ({
    id: wanted.id as TaskId,
    host,
    network: await lab.call(host, "attach", wanted),
  });
  const dig = (where: Place, ...words: readonly string[]): string =>
    lab.run(where, "dig", "+tries=1", "+time=20", ...words);
  const short = (...words: readonly string[]): readonly string[] =>
    sorted(dig(task, "@127.0.0.11", "+short", ...words));
  /** With the resolv.conf that its container would have. */
  const asContainer = (...argv: readonly string[]): string => {
    const file = join(lab.directory, "container-resolv.conf");
    writeFileSync(file, swarmResolvConf(task.network.resolver ?? "", "", null));
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    return lab.run(task, "unshare", "--mount", "sh", "-c", script, file, ...argv);
  };
  const questionsOutside = async (): Promise<number> => Number(await upstream.say("how many?"));

  before(async () => {
    lab.up();
    upstream = lab.talk("client", process.execPath, join(import.meta.dirname, "dns-upstream.ts"), OUTSIDE);
    await upstream.say("are you there?");
    await apply(backendTable());
    mkdirSync(join(lab.directory, host.name), { recursive: true });
    writeFileSync(join(lab.directory, host.name, "resolv.conf"), `nameserver ${OUTSIDE}\n`);
    task = await attach(networkTask("asking", { networks: onBackend(50) }));
    mighty = await attach(networkTask("mighty", { networks: onBackend(51), capabilityAdd: ["NET_ADMIN"] }));
    resolver = /via (\S+)/.exec(lab.run(task, "ip", "route", "show", "default"))?.[1] ?? "";
    await waitFor("the server listens", () => lab.run(host, "ss", "-lun").includes(`${resolver}:53`));
  });
  after(() => lab[Symbol.asyncDispose]());

  it("answers dig over UDP and TCP, with EDNS and without", () => {
    for (const way of ["+notcp", "+tcp", "+noedns", "+dnssec"]) {
      assert.deepEqual(short(way, "db"), ["10.1.0.2"], way);
      assert.deepEqual(short(way, "shop_db", "AAAA"), ["fd00:1::2"], way);
      assert.deepEqual(short(way, "ring"), ["10.1.0.31", "10.1.0.32"], way);
      assert.deepEqual(short(way, "-x", "10.1.0.2"), ["shop_db.backend."], way);
    }
    assert.match(dig(task, "@127.0.0.11", "RiNg.BackEnd"), /^RiNg\.BackEnd\.\s+5\s+IN\s+A\s+10\.1\.0\.3/m);
    assert.match(dig(task, "@127.0.0.11", "ring", "MX"), /status: NOERROR.*ANSWER: 0, AUTHORITY: 1/s);
    assert.match(dig(task, "@127.0.0.11", "nobody.swarm.internal"), /status: NXDOMAIN/);
    assert.deepEqual(sorted(dig(mighty, "@127.0.0.11", "+short", "db")), ["10.1.0.2"], "beside rules of its own");
  });

  it("gives a long answer whole: cut off over UDP, then over TCP", () => {
    assert.match(dig(task, "@127.0.0.11", "+ignore", "tasks.everywhere"), /flags: qr aa tc/);
    assert.equal(short("tasks.everywhere").length, 200);
  });

  it("answers glibc, musl and BusyBox", () => {
    const glibc = (...words: readonly string[]): string => asContainer("getent", ...words);
    assert.deepEqual(
      sorted(glibc("ahosts", "db")).map((line) => line.split(/\s+/).slice(0, 2).join(" ")),
      ["10.1.0.2 DGRAM", "10.1.0.2 RAW", "10.1.0.2 STREAM", "fd00:1::2 DGRAM", "fd00:1::2 RAW", "fd00:1::2 STREAM"],
    );
    assert.match(glibc("hosts", "10.1.0.31"), /^10\.1\.0\.31\s+ring\.1\./);
    assert.equal(sorted(glibc("ahostsv4", "tasks.everywhere")).filter((line) => line.includes("STREAM")).length, 200);
    assert.match(glibc("ahostsv4", "7.example"), /^192\.0\.2\.7 /);
    assert.throws(() => glibc("hosts", "nobody.example"), { status: 2 });
    const musl = (name: string): readonly string[] => sorted(asContainer(MUSL, name));
    assert.deepEqual(musl("db"), ["10.1.0.2", "fd00:1::2"]);
    assert.deepEqual(musl("ring.backend"), ["10.1.0.31", "10.1.0.32"]);
    assert.deepEqual(musl("8.example"), ["192.0.2.8"]);
    const busybox = (name: string): string => asContainer(BUSYBOX, "nslookup", name);
    assert.match(busybox("db"), /Server:\s+127\.0\.0\.11[\s\S]*10\.1\.0\.2/);
    assert.match(busybox("9.example"), /192\.0\.2\.9/);
  });

  it("asks the host's server for what it does not know, once as long as the answer holds, over TCP where it must", async () => {
    const before = await questionsOutside();
    assert.deepEqual(short("5.example"), ["192.0.2.5"]);
    assert.deepEqual(short("5.EXAMPLE"), ["192.0.2.5"]);
    assert.equal((await questionsOutside()) - before, 1);
    assert.equal(dig(task, "@127.0.0.11", "+tcp", "+short", "large.example", "TXT").trim().split("\n").length, 20);
    assert.equal(dig(task, "@127.0.0.11", "+short", "large.example", "TXT").trim().split("\n").length, 20);
  });

  it("follows a table at once", async () => {
    await apply(backendTable("DRAINING"));
    assert.deepEqual(short("ring"), ["10.1.0.31"]);
    assert.deepEqual(short("ring.2"), ["10.1.0.32"]);
    await apply(backendTable());
    assert.deepEqual(short("tasks.ring"), ["10.1.0.31", "10.1.0.32"]);
  });

  it("is there again when somebody has taken the task's link to its host away, and the host has mended that", async () => {
    const [link = ""] = /swe-\w+/.exec(lab.run(host, "ip", "route", "show", "172.31.240.2")) ?? [];
    lab.run(host, "ip", "link", "del", link);
    assert.notDeepEqual(await lab.call(host, "repair"), []);
    assert.deepEqual(short("db"), ["10.1.0.2"]);
    assert.deepEqual(short("+tcp", "db"), ["10.1.0.2"]);
  });

  it("is no open resolver: not for its host, not for the host's neighbours", async () => {
    lab.run("client", "ip", "route", "add", `${resolver}/32`, "via", host.address);
    const before = await questionsOutside();
    for (const name of ["db", "6.example"]) {
      assert.match(dig(host, `@${resolver}`, name), /status: REFUSED/, `${host.name} ${name}`);
      // Not even told that there is a server: the packets of strangers are dropped.
      assert.throws(() => dig("client", `@${resolver}`, "+time=1", name), { status: NO_REPLY });
    }
    assert.equal(await questionsOutside(), before);
  });

  it("still answers after whatever bytes a task has sent it", () => {
    const script =
      "for size in $(seq 1 200); do head -c $size /dev/urandom >/dev/udp/127.0.0.11/53; done; " +
      "for size in 1 2 20 5000; do head -c $size /dev/urandom >/dev/tcp/127.0.0.11/53; done; true";
    lab.run(task, "bash", "-c", script);
    assert.deepEqual(short("db"), ["10.1.0.2"]);
    assert.deepEqual(short("+tcp", "db"), ["10.1.0.2"]);
  });

  it("leaves a task's own traffic out of the connection table, unless it may have rules of its own", () => {
    const count = (where: Place): number => Number(lab.run(where, "cat", "/proc/sys/net/netfilter/nf_conntrack_count"));
    for (const [where, more] of [
      [task, 0],
      [mighty, 1],
    ] as const) {
      const before = count(where);
      lab.run(where, "ping", "-c1", "-W20", OUTSIDE);
      assert.equal(count(where) - before, more, where.id);
    }
  });
});
