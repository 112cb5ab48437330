/** swarmctl doctor on hosts whose links and daemons have known faults: it names each, and nothing else. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const BROKEN_STATUS = 2;
const VXLAN = 4789;
const OFFLOAD = join(import.meta.dirname, "checksum-offload.ts");
/** Bits to UDP's head inside of VXLAN: the outer UDP's takes 8 bytes, VXLAN's 8, Ethernet's 14, that of IPv4 20. */
const INNER = 50 * 8;
/** The packets that hosts try the overlay with. */
const PROBES = `udp dport ${VXLAN} @th,${INNER + 16},16 7947`;
const WRONG_CHECKSUM = `@th,${INNER + 48},16 set 0x1234`;

interface FindingRow {
  readonly Severity: "broken" | "warning" | "fine";
  readonly What: string;
  readonly Where: string;
  readonly Result: string;
  readonly Mend: string;
}

describe("swarmctl doctor", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3);
    await lab.ctl("host1", "service", "create", "-d", "--name", "web", "--replicas", "2", "-p", "80:80", "nginx");
    // So that there are names to be found.
    await lab.ctl("host1", "network", "create", "back");
    await lab.ctl(
      "host1",
      "service",
      "create",
      "-d",
      "--name",
      "api",
      "--mode",
      "global",
      "--network",
      "back",
      "nginx",
    );
    await untilRunning(lab, "host1", "web", 2);
    await untilRunning(lab, "host1", "api", 3);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const examine = async (host = "host1", ...options: string[]) => {
    const { exitCode, stdout } = await lab.tryCtl(host, "doctor", "--format", "json", ...options);
    const rows = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as FindingRow);
    const broken = rows.filter(({ Severity }) => Severity === "broken");
    return { exitCode, rows, broken: broken.map(({ What, Where }) => `${What} ${Where}`).sort(), sentences: broken };
  };

  /** Frames from one host to another that match are lost on their way, in the lab's switch, or what else is said. */
  const lose = async (...rules: readonly (readonly [from: string, to: string, match: string, what?: string])[]) => {
    const lines = rules
      .map(([from, to, match, what = "drop"]) => `iifname "${from}" oifname "${to}" ${match} ${what}`)
      .join("\n");
    const text = `table bridge cut {}\ndelete table bridge cut\ntable bridge cut {\nchain forward {\ntype filter hook forward priority 0;\n${lines}\n}\n}\n`;
    await lab.exec("hub", "sh", "-c", `printf '%s' '${text}' | nft -f -`);
  };

  it("finds nothing broken in a healthy swarm, and has looked at every way and port", async () => {
    const { exitCode, rows, broken } = await examine();
    assert.deepEqual(broken, []);
    assert.equal(exitCode, 0);
    const fine = rows.filter(({ Severity }) => Severity === "fine").map(({ What, Where }) => `${What}: ${Where}`);
    for (const what of ["2377/tcp", "7946/tcp", "7946/udp", `${VXLAN}/udp`, "packet size"])
      assert.ok(fine.includes(`${what}: 6 ways`), `${what} in ${fine.join(", ")}`);
    assert.ok(fine.includes("published port: 1 port"));
    assert.ok(fine.includes("clock: 3 hosts"));
  });

  it("names the two hosts between which VXLAN is blocked, or the one direction", async () => {
    await lose(["host1", "host2", `udp dport ${VXLAN}`], ["host2", "host1", `udp dport ${VXLAN}`]);
    const both = await examine("host3");
    // The mesh of a host may have its backend behind that very hop.
    assert.deepEqual(
      both.broken.filter((each) => !each.startsWith("published port")),
      [`${VXLAN}/udp host1 <-> host2`],
    );
    assert.equal(both.exitCode, BROKEN_STATUS);
    await lose(["host2", "host3", `udp dport ${VXLAN}`]);
    const one = await examine();
    assert.deepEqual(
      one.broken.filter((each) => !each.startsWith("published port")),
      [`${VXLAN}/udp host2 -> host3`],
    );
  });

  it("names the hosts between which gossip's UDP, or a manager's port, is blocked", async () => {
    await lose(["host2", "host3", "udp dport 7946"], ["host3", "host2", "udp dport 7946"]);
    assert.deepEqual((await examine()).broken, ["7946/udp host2 <-> host3"]);
    await lose(["host2", "host3", "tcp dport 2377 tcp flags syn"]);
    assert.deepEqual((await examine()).broken, ["2377/tcp host2 -> host3"]);
  });

  it("says how large the packets are that get through", async () => {
    await lose(["host1", "host3", "meta length > 1400"], ["host3", "host1", "meta length > 1400"]);
    const { broken, sentences } = await examine();
    assert.deepEqual(broken, ["packet size host1 <-> host3"]);
    assert.match(sentences[0]?.Result ?? "", /packets of 1450 bytes are assumed to fit, but only 1350 arrive/);
    await lose();
  });

  it("says of which hosts packets arrive with a wrong checksum, and so does node inspect", async () => {
    const overlay = async (host: string): Promise<unknown> =>
      (
        JSON.parse(await lab.ctl("host1", "node", "inspect", host)) as readonly { Description: { Overlay: unknown } }[]
      )[0]?.Description.Overlay;
    // What a card does that promises to compute them and cannot do it inside of VXLAN: it leaves what was there.
    await lab.exec("host1", process.execPath, OFFLOAD, "eth0", "off");
    await lose(["host1", "host2", PROBES, WRONG_CHECKSUM]);
    const { broken, sentences } = await examine();
    assert.ok(broken.includes("checksums host2"), broken.join(", "));
    assert.match(sentences.find(({ What }) => What === "checksums")?.Result ?? "", /^\d+ packets arrived with a wrong/);
    await waitFor("node inspect says it", async () =>
      /"WrongChecksums":\d+/.test(JSON.stringify(await overlay("host2"))),
    );
    assert.doesNotMatch(JSON.stringify(await overlay("host3")), /WrongChecksums/);
    assert.match(await lab.ctl("host1", "node", "inspect", "--pretty", "host2"), /arrived with a wrong checksum/);
    await lose();
    await lab.exec("host1", process.execPath, OFFLOAD, "eth0", "on");
    assert.deepEqual((await examine()).broken, []);
    await waitFor(
      "node inspect says it no more",
      async () => !/WrongChecksums/.test(JSON.stringify(await overlay("host2"))),
    );
  });

  it("names other programs' rules that are in the way", async () => {
    await lab.exec("host2", "nft", "add", "table", "ip", "other");
    await lab.exec("host2", "nft", "add chain ip other forward { type filter hook forward priority 0; policy drop; }");
    const { rows } = await examine();
    const found = rows.filter(({ What, Where }) => What === "kernel" && Where === "host2").map(({ Result }) => Result);
    assert.match(found.join(), /drop what is forwarded unless they allow it \(ip other forward\)/);
    await lab.exec("host2", "nft", "delete", "table", "ip", "other");
  });

  it("tells a service that is not ready from a network that is broken", async () => {
    await lab.ctl(
      "host1",
      "service",
      "create",
      "-d",
      "--name",
      "nowhere",
      "-p",
      "81:80",
      "--constraint",
      "node.labels.x==y",
      "nginx",
    );
    const { broken, sentences } = await examine();
    assert.deepEqual(broken, ["published port 81/tcp"]);
    assert.match(sentences[0]?.Result ?? "", /no task of nowhere is ready.*the network is not the cause/);
    await lab.ctl("host1", "service", "rm", "nowhere");
  });

  it("names a host that is gone once, in time, and the loss that may not follow", async () => {
    await lab.powerOff("host3");
    const beganMs = performance.now();
    const { broken, exitCode } = await examine();
    assert.ok(performance.now() - beganMs < 30_000);
    assert.deepEqual(
      broken.filter((each) => /^(node|managers)/.test(each)),
      ["managers 2 of 3", "node host3"],
    );
    assert.equal(exitCode, BROKEN_STATUS);
  });

  it("examines a host without a leader by itself, and says why", async () => {
    await lab.powerOff("host2");
    const { broken, sentences } = await examine();
    assert.deepEqual(
      broken.filter((each) => /^(managers|2377)/.test(each)),
      ["2377/tcp host1 -> 10.77.0.2", "2377/tcp host1 -> 10.77.0.3", "managers host1"],
    );
    assert.match(
      sentences[0]?.Result ?? "",
      /the managers could not be asked.*(does not have a leader|leader was lost)/,
    );
    for (const host of ["host2", "host3"]) await lab.boot(host);
    await untilAllReady(lab, "host1");
  });
});
