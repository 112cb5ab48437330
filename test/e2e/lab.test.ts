/** The bed of the other end-to-end tests, tested by itself: faults are real, and nothing is left behind. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Lab, waitFor } from "../support/lab.ts";

const NAME = process.env["SWARM_LAB"] ?? "test";
const LAB = new URL("../../scripts/lab", import.meta.url).pathname;
const PING = ["ping", "-c", "1", "-W", "1", "-q"] as const;

describe("the lab", { timeout: 120_000 }, () => {
  let lab: Lab;
  before(async () => {
    process.env["SWARM_LAB"] = NAME;
    lab = await Lab.up(3, { noSwarm: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const reaches = async (from: string, to: string): Promise<boolean> =>
    (await lab.tryExec(from, ...PING, to)).exitCode === 0;

  it("gives every host its name, its address and a way to all others", async () => {
    assert.equal((await lab.exec("host2", "hostname")).trim(), "host2");
    assert.match(await lab.exec("host2", "ip", "-br", "address", "show", "eth0"), /10\.77\.0\.2\/24/);
    for (const to of ["host1", "host3", "hub", "client", "10.77.0.200"]) assert.ok(await reaches("host2", to), to);
  });

  it("has images that mean what they mean on docker.io", async () => {
    for (const image of ["nginx", "nginx:1.22-b", "busybox", "whoami", "crash"]) {
      const said = await lab.exec("host1", "skopeo", "inspect", "--no-tags", `docker://docker.io/library/${image}`);
      assert.match(said, /"Digest": "sha256:[0-9a-f]{64}"/);
    }
  });

  it("answers that an unknown registry is unknown", async () => {
    const { stderr } = await lab.tryExec("host1", "timeout", "30", "skopeo", "inspect", "docker://nowhere.example/x");
    assert.match(stderr, /lookup nowhere\.example/);
  });

  it("pulls a cable out and puts it in again", async () => {
    await lab.cut("host2");
    assert.equal(await reaches("host1", "host2"), false);
    assert.ok(await reaches("host1", "host3"));
    await lab.heal("host2");
    assert.ok(await reaches("host1", "host2"));
  });

  it("keeps groups from each other, but not from the registry and the client", async () => {
    await lab.split(["host1", "host2"], ["host3"]);
    assert.equal(await reaches("host1", "host3"), false);
    assert.equal(await reaches("host3", "host2"), false);
    assert.ok(await reaches("host1", "host2"));
    assert.ok(await reaches("host3", "hub"));
    assert.ok(await reaches("client", "host3"));
    await lab.joinAll();
    assert.ok(await reaches("host1", "host3"));
  });

  it("loses all packets, some packets, none", async () => {
    await lab.lose("host1", 100);
    assert.equal(await reaches("host1", "host2"), false);
    await lab.lose("host1", 50);
    // A quarter of 200 pings comes back; outside of 10..100 is less likely than one in a billion.
    const { stdout } = await lab.tryExec("host1", "ping", "-c", "200", "-i", "0.005", "-W", "1", "-q", "host2");
    const received = Number(/(\d+) received/.exec(stdout)?.[1]);
    assert.ok(received > 10 && received < 100, `${received} of 200`);
    await lab.lose("host1", 0);
    assert.ok(await reaches("host1", "host2"));
  });

  it("kills and starts a daemon, and the registry in the hub", async () => {
    await lab.killDaemon("host1");
    await assert.rejects(lab.killDaemon("host1"), /no daemon runs on host1/);
    await lab.startDaemon("host1");
    await assert.rejects(lab.startDaemon("host1"), /runs already/);
    await lab.killDaemon("hub");
    assert.notEqual((await lab.tryExec("host1", "curl", "-s", "http://hub:5000/v2/")).exitCode, 0);
    await lab.startDaemon("hub");
    await lab.exec("host1", "curl", "-s", "--fail", "http://hub:5000/v2/");
  });

  it("powers a host off with every process of it, and boots it with its data and without its mounts", async () => {
    const orphan = spawn(LAB, ["exec", "host3", "setsid", "sleep", "86399"], { stdio: "ignore" });
    await waitFor("the orphan", async () => pidsOf("sleep 86399").length > 0);
    await lab.exec(
      "host3",
      "sh",
      "-c",
      "echo kept > /var/lib/swarm/kept; mount -t tmpfs tmpfs /mnt; echo lost > /run/swarm/lost",
    );
    await lab.powerOff("host3");
    await waitFor("the orphan's end", async () => pidsOf("sleep 86399").length === 0);
    orphan.kill();
    assert.equal(await reaches("host1", "host3"), false);
    await assert.rejects(lab.exec("host3", "true"), /host3 is powered off/);
    await lab.boot("host3");
    assert.ok(await reaches("host1", "host3"));
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
      [["boot", "host1"], /host1 runs already/],
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
    await promisify(execFile)("rm", ["-rf", `/run/swarm-lab-${NAME}/machines/host2`]);
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
  const paths = [`/run/swarm-lab-${NAME}`, `/var/lib/swarm-lab-${NAME}`, ...cgroups()].filter((path) =>
    existsSync(path),
  );
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  return [...paths, ...mounts.filter((line) => line.includes(`swarm-lab-${NAME}`)), ...pidsOf(`swarm-lab-${NAME}/`)];
}

function cgroups(): readonly string[] {
  const hierarchies = readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}/swarm-lab-${NAME}`);
  return [...hierarchies, `/sys/fs/cgroup/swarm-lab-${NAME}`];
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
