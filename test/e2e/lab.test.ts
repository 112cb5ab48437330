/** The bed of the other end-to-end tests, tested by itself: faults are real, and nothing is left behind. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { LAB_NAME, Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const LAB = new URL("../../scripts/lab", import.meta.url).pathname;
/** No other process of this machine has these words on its command line. */
const ORPHAN = `sleep 86399.${process.pid}`;

describe("the lab", () => {
  let lab: Lab;
  before(async () => {
    process.env["SWARM_LAB"] = LAB_NAME;
    lab = await Lab.up(3, { noSwarm: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** A packet that is lost does not come late; one that is only late does come. */
  const ping = async (from: string, to: string, waitSeconds: number): Promise<boolean> =>
    (await lab.tryExec(from, "ping", "-c", "1", "-W", `${waitSeconds}`, "-q", to)).exitCode === 0;
  const mustReach = async (from: string, to: string): Promise<void> =>
    assert.ok(await ping(from, to, 20), `${from} reaches ${to}`);
  const mustNotReach = async (from: string, to: string): Promise<void> =>
    assert.equal(await ping(from, to, 1), false, `${from} does not reach ${to}`);

  it("gives every host its name, its address and a way to all others", async () => {
    assert.equal((await lab.exec("host2", "hostname")).trim(), "host2");
    assert.match(await lab.exec("host2", "ip", "-br", "address", "show", "eth0"), /10\.77\.0\.2\/24/);
    for (const to of ["host1", "host3", "hub", "client", "10.77.0.200"]) await mustReach("host2", to);
  });

  it("has images that mean what they mean on docker.io", async () => {
    for (const image of ["nginx", "nginx:1.22-b", "busybox", "whoami", "crash"]) {
      const said = await lab.exec("host1", "skopeo", "inspect", "--no-tags", `docker://docker.io/library/${image}`);
      assert.match(said, /"Digest": "sha256:[0-9a-f]{64}"/);
    }
  });

  it("answers that an unknown registry is unknown", async () => {
    const { stderr } = await lab.tryExec("host1", "timeout", "120", "skopeo", "inspect", "docker://nowhere.example/x");
    assert.match(stderr, /lookup nowhere\.example/);
  });

  it("pulls a cable out and puts it in again", async () => {
    await lab.cut("host2");
    await mustNotReach("host1", "host2");
    await mustReach("host1", "host3");
    await lab.heal("host2");
    await mustReach("host1", "host2");
  });

  it("keeps groups from each other, but not from the registry and the client", async () => {
    await lab.split(["host1", "host2"], ["host3"]);
    await mustNotReach("host1", "host3");
    await mustNotReach("host3", "host2");
    await mustReach("host1", "host2");
    await mustReach("host3", "hub");
    await mustReach("client", "host3");
    await lab.joinAll();
    await mustReach("host1", "host3");
  });

  it("loses all packets, some packets, none", async () => {
    await lab.lose("host1", 100);
    await mustNotReach("host1", "host2");
    await lab.lose("host1", 50);
    // A quarter of 200 pings comes back; outside of 10..100 is less likely than one in a billion.
    const { stdout } = await lab.tryExec("host1", "ping", "-c", "200", "-i", "0.005", "-W", "1", "-q", "host2");
    const received = Number(/(\d+) received/.exec(stdout)?.[1]);
    assert.ok(received > 10 && received < 100, `${received} of 200`);
    await lab.lose("host1", 0);
    await mustReach("host1", "host2");
  });

  it("kills and starts a daemon, and the registry in the hub", async () => {
    await lab.killDaemon("host1");
    await assert.rejects(lab.killDaemon("host1"), /no daemon runs on host1/);
    await lab.startDaemon("host1");
    await assert.rejects(lab.startDaemon("host1"), /already running/);
    await lab.killDaemon("hub");
    assert.notEqual((await lab.tryExec("host1", "curl", "-s", "http://hub:5000/v2/")).exitCode, 0);
    await lab.startDaemon("hub");
    await lab.exec("host1", "curl", "-s", "--fail", "http://hub:5000/v2/");
  });

  it("powers a host off with every process of it, and boots it with its data and without its mounts", async () => {
    const orphan = spawn(LAB, ["exec", "host3", "setsid", ...ORPHAN.split(" ")], { stdio: "ignore" });
    await waitFor("the orphan", async () => pidsOf(ORPHAN).length > 0);
    await lab.exec(
      "host3",
      "sh",
      "-c",
      "echo kept > /var/lib/swarm/kept; mount -t tmpfs tmpfs /mnt; echo lost > /run/swarm/lost",
    );
    await lab.powerOff("host3");
    await waitFor("the orphan's end", async () => pidsOf(ORPHAN).length === 0);
    orphan.kill();
    await mustNotReach("host1", "host3");
    await assert.rejects(lab.exec("host3", "true"), /host3 is powered off/);
    await lab.boot("host3");
    await mustReach("host1", "host3");
    assert.equal(await lab.exec("host3", "cat", "/var/lib/swarm/kept"), "kept\n");
    assert.equal((await lab.tryExec("host3", "ls", "/run/swarm/lost")).exitCode, 2);
    assert.notEqual((await lab.tryExec("host3", "mountpoint", "-q", "/mnt")).exitCode, 0);
  });

  it("refuses what makes no sense in one sentence", async () => {
    for (const [args, reason] of [
      [["up", "3"], /lab up: a lab with 3 hosts is up/],
      [["up", "0"], /"0" is not a number of hosts; give one from 1 to 50/],
      [["up", "3", "--managers", "4"], /"4" is not a number of managers; give one from 1 to 3/],
      [["ip", "host4"], /there is no host4 in this lab; it has host1, host2, host3/],
      [["cut", "hub"], /hub is not a host/],
      [["boot", "host1"], /host1 is already running/],
      [["lose", "host1", "lots"], /"lots" is not a percentage/],
      [["fly"], /"fly" is not a command/],
    ] as const) {
      const { code, stderr } = await promisify(execFile)(LAB, [...args]).then(
        () => ({ code: 0, stderr: "" }),
        (error: { code: number; stderr: string }) => error,
      );
      assert.notEqual(code, 0, args.join(" "));
      assert.match(stderr, reason);
    }
  });

  it("leaves nothing behind, also of a lab whose records are lost", async () => {
    await promisify(execFile)("rm", ["-rf", `/run/swarm-lab-${LAB_NAME}/machines/host2`]);
    await lab[Symbol.asyncDispose]();
    assert.deepEqual(leftovers(), []);
    await lab[Symbol.asyncDispose]();
  });

  it("leaves nothing behind of a lab that was killed while it came up", async () => {
    const half = spawn(LAB, ["up", "3"], { stdio: ["ignore", "pipe", "ignore"] });
    const network = Promise.withResolvers<void>();
    half.stdout.on("data", (chunk: Buffer) => chunk.includes("hosts are up") && network.resolve());
    half.on("exit", () => network.resolve());
    await network.promise;
    half.kill("SIGKILL");
    await lab[Symbol.asyncDispose]();
    assert.deepEqual(leftovers(), []);
  });
});

function leftovers(): readonly string[] {
  const name = `swarm-lab-${LAB_NAME}`;
  const paths = [`/run/${name}`, `/var/lib/${name}`, ...cgroups()].filter((path) => existsSync(path));
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  return [...paths, ...mounts.filter((line) => line.includes(`${name}/`)), ...pidsOf(`${name}/`)];
}

function cgroups(): readonly string[] {
  const hierarchies = readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}/swarm-lab-${LAB_NAME}`);
  return [...hierarchies, `/sys/fs/cgroup/swarm-lab-${LAB_NAME}`];
}

/** Processes whose command line has the text. */
function pidsOf(text: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").includes(text);
      } catch {
        return false;
      }
    });
}
