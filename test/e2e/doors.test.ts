/**
 * Who x door x answer: every caller at every method of proto/, at a manager that leads and at one that follows; a user
 * of the host at every file and socket; a container at the walls around it. docs/security.md shows the same table.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import type { TlsMaterial } from "../../shared/pki/tls-credentials.ts";
import { DOORS, type Door } from "../../shared/rpc/doors.ts";
import { HOST_SERVICES } from "../../shared/rpc/host-service-names.ts";
import { STRANGER_CONNECTION_MS, TLS_HANDSHAKE_MS } from "../../shared/rpc/limits.ts";
import { services } from "../../shared/rpc/schema.ts";
import { swarmProfile } from "../../worker/gossip/core/profiles.ts";
import { FIRST_BYTES_MS } from "../../worker/gossip/visitors.ts";
import { Lab } from "../support/lab.ts";
import { leaderOf, nodeOf, tasksOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { createTestCa, createTestIdentity } from "../unit/shared/pki/fixtures.ts";
import { WALLS } from "./container-walls.ts";
import type { GossipAnswer } from "./door-gossip.ts";

const KNOCKER = join(import.meta.dirname, "door-knocker.ts");
const SILENT_STRANGER = join(import.meta.dirname, "door-silence.ts");
const GOSSIP_STRANGER = join(import.meta.dirname, "door-gossip.ts");
const LOUD_WORKER = join(import.meta.dirname, "loud-worker.ts");
/** The lab's machine outside of the swarm. */
const CLIENT = "10.77.0.200";
const MANAGERS = ["host1", "host2"] as const;
const DEMOTED = "host3";
const REMOVED = "host4";
const WORKER = "host5";
const CERTIFICATES = "/var/lib/swarm/certificates";
const NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups"] as const;
/** How long silence is borne. */
const SILENCE_MS = {
  TCP: TLS_HANDSHAKE_MS,
  "half a TLS handshake": TLS_HANDSHAKE_MS,
  TLS: STRANGER_CONNECTION_MS,
  "TLS and the start of HTTP/2": STRANGER_CONNECTION_MS,
  gossip: FIRST_BYTES_MS,
  "half a gossip frame": swarmProfile.streamTimeoutMs,
} as const;
/** The other side's clock starts a little later or earlier; and this machine is busy with other suites. */
const EARLY_MS = 1_000;
const LATE_MS = 15_000;
/** A few entries of a worker's description and statuses; what it said was 20 MB. */
const RAFT_BYTES_MAX = 1 << 20;

/** What a host's engine offers: on its local socket, and carried by managers (hosts.call) inside a call of theirs. */
const ENGINE: ReadonlySet<string> = new Set(HOST_SERVICES);
/** Everything a manager's local socket serves. */
const ON_LOCAL_SOCKET: ReadonlySet<string> = new Set([...ENGINE, "local", "control", "logs", "hosts"]);

type Answers = Readonly<Record<string, string>>;
/** "in": judged by what it asks for; else the code of the refusal. "closed": nothing of that name is served there. */
type Answer = "in" | "unauthenticated" | "permissionDenied" | "closed";

/** Whatever operators do, and to what kind of object: one door, so far. */
type DoorWord = Extract<Door, string> | "operator";

/** The table of docs/security.md. Local services are served on the local socket only; strangers are not told. */
const TABLE: Readonly<Record<string, Readonly<Record<DoorWord, Answer>>>> = {
  "a stranger": row("in", "unauthenticated", "unauthenticated", "unauthenticated", "unauthenticated"),
  "a worker": row("in", "in", "permissionDenied", "permissionDenied"),
  "a demoted manager with its old certificate": row("in", "in", "permissionDenied", "permissionDenied"),
  "a removed node": row("permissionDenied", "permissionDenied", "permissionDenied", "permissionDenied"),
  "a node of another swarm": row(
    "unauthenticated",
    "unauthenticated",
    "unauthenticated",
    "unauthenticated",
    "unauthenticated",
  ),
  "a manager": row("in", "in", "in", "in"),
};

function row(
  anyone: Answer,
  node: Answer,
  manager: Answer,
  operator: Answer,
  host: Answer = "closed",
): Readonly<Record<DoorWord, Answer>> {
  return { anyone, node, manager, operator, host };
}

describe("doors", { timeout: 600_000 }, () => {
  let lab: Lab;
  const material = new Map<string, TlsMaterial>();
  let silence: Promise<string>;

  before(async () => {
    lab = await Lab.up(5, { managers: 3 });
    // Takes as long as a stranger's connection lives, so it goes on beside the rest.
    silence = lab.client(process.execPath, SILENT_STRANGER, lab.ip("host1"));
    silence.catch(() => {});
    // So that every host has an image, a container and its sockets.
    await lab.ctl("host1", "service", "create", "-d", "--name", "held", "--mode", "global", "busybox", "sleep", "1000");
    const worker = await materialOf(WORKER);
    material.set("a worker", worker);
    material.set("a manager", await materialOf(MANAGERS[1]));
    material.set("a stranger", { ...worker, node: null });
    const foreign = await createTestIdentity(await createTestCa(), {
      role: "MANAGER",
      clusterId: worker.clusterId ?? "",
    });
    material.set("a node of another swarm", { ...worker, node: foreign });
    material.set("a demoted manager with its old certificate", await materialOf(DEMOTED));
    material.set("a removed node", await materialOf(REMOVED));
    await lab.ctl("host1", "node", "demote", DEMOTED);
    await lab.ctl(REMOVED, "leave");
    await waitFor("the worker that left to be down", async () => {
      return (await nodeOf(lab, "host1", REMOVED)).Status === "Down";
    });
    await lab.ctl("host1", "node", "rm", REMOVED);
    await waitFor("the demoted manager to have a worker's certificate", async () =>
      (
        await lab.exec(DEMOTED, "openssl", "x509", "-noout", "-subject", "-in", `${CERTIFICATES}/swarm-node.crt`)
      ).includes("swarm-worker"),
    );
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const materialOf = async (host: string): Promise<TlsMaterial> => {
    const read = (name: string): Promise<string> => lab.exec(host, "cat", `${CERTIFICATES}/${name}`);
    const [rootCa, certificate, key] = await Promise.all(
      ["swarm-root-ca.crt", "swarm-node.crt", "swarm-node.key"].map(read),
    );
    const subject = await lab.exec(
      host,
      "openssl",
      "x509",
      "-noout",
      "-subject",
      "-in",
      `${CERTIFICATES}/swarm-node.crt`,
    );
    const clusterId = /O ?= ?([0-9a-z]{25})/.exec(subject)?.[1] ?? null;
    return { rootCa: rootCa ?? "", clusterId, node: { certificate: certificate ?? "", key: key ?? "" } };
  };

  const knock = async (from: string, address: string, as: TlsMaterial | "local"): Promise<Answers> => {
    const encoded = Buffer.from(JSON.stringify(as)).toString("base64");
    return JSON.parse(await lab.exec(from, process.execPath, KNOCKER, address, encoded)) as Answers;
  };

  it("has a door for every method of the schema", () => {
    for (const [name, { methods }] of Object.entries(services)) {
      const row = DOORS[name as keyof typeof services] as Readonly<Record<string, Door>>;
      assert.deepEqual(Object.keys(row).sort(), Object.keys(methods as object).sort(), name);
    }
  });

  for (const [who, expected] of Object.entries(TABLE)) {
    for (const manager of MANAGERS) {
      it(`answers ${who} at ${manager}`, async () => {
        const answers = await knock(WORKER, `${lab.ip(manager)}:2377`, material.get(who) as TlsMaterial);
        const seen: Record<string, Answer> = {};
        const wanted: Record<string, Answer> = {};
        for (const [service, doors] of Object.entries(DOORS)) {
          for (const [method, door] of Object.entries(doors as Readonly<Record<string, Door>>)) {
            const key = `${service}.${method}`;
            const answer = expected[typeof door === "string" ? door : "operator"];
            // No port offers the engine; whoever has no certificate of this swarm is not even told so.
            wanted[key] = ENGINE.has(service) && answer !== "unauthenticated" ? "closed" : answer;
            seen[key] = answerOf(answers[key] ?? "not called");
          }
        }
        assert.deepEqual(seen, wanted);
      });
    }
  }

  it("lets nobody back into Raft: the demoted manager is no member, and the two that are left agree", async () => {
    for (const manager of MANAGERS) {
      await waitFor(`${manager} to know of two managers`, async () => {
        const rows = await lab.ctlJson<{ ManagerStatus: string }>(manager, "node", "ls");
        return rows.filter(({ ManagerStatus }) => ManagerStatus !== "").length === 2;
      });
    }
  });

  it("answers root at the local socket, and no other user of the host", async () => {
    const answers = await knock("host1", "unix:/run/swarm/swarmd.sock", "local");
    for (const [key, code] of Object.entries(answers)) {
      const service = key.slice(0, key.indexOf("."));
      assert.equal(answerOf(code), ON_LOCAL_SOCKET.has(service) ? "in" : "closed", `${key}: ${code}`);
    }
    const refused = await asNobody("host1", "curl", "-s", "--unix-socket", "/run/swarm/swarmd.sock", "http://x/");
    assert.notEqual(refused.exitCode, 0);
  });

  it("has no door beside the two ports: no other socket listens, and none has a name without a file", async () => {
    for (const [host, ports] of [
      ["host1", ["2377", "7946"]],
      [WORKER, ["7946"]],
    ] as const) {
      const listening = await lab.exec(host, "ss", "--no-header", "--numeric", "--listening", "--tcp", "--udp");
      const found = [...listening.matchAll(/^(\w+)\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s/gm)].map(
        // The name server has an address that only this host's tasks are led to.
        ([, kind, address, port]) =>
          port === "53" ? `${kind} ${address?.replace(/\.\d+\.1$/, ".*.1")}:53` : `${kind} ${port}`,
      );
      const names = ["tcp 172.31.*.1:53", "udp 172.31.*.1:53"];
      const known = [...ports.map((port) => `tcp ${port}`), ...names, "udp 4789", "udp 7946"];
      assert.deepEqual([...new Set(found)].sort(), known.sort(), listening);
      assert.equal(await lab.exec(host, "sh", "-c", "grep -c ' @' /proc/net/unix || true"), "0\n");
    }
  });

  it("lets nobody but the host's tasks to its name server, whatever way a packet takes to its address", async () => {
    const listening = await lab.exec("host1", "ss", "--no-header", "--numeric", "--listening", "--tcp");
    const address = /\s(\S+):53\s/.exec(listening)?.[1] ?? assert.fail(listening);
    const ask = ["timeout", "3", "bash", "-c", `echo >/dev/tcp/${address}/53`] as const;
    await lab.client("ip", "route", "replace", address, "via", lab.ip("host1"));
    assert.equal((await lab.tryExec("host1", ...ask)).exitCode, 0, "it listens");
    assert.notEqual((await lab.tryClient(...ask)).exitCode, 0, "a stranger's connection is not accepted");
    await lab.client("ip", "route", "delete", address);
  });

  it("keeps another user of the host out of the daemon's process", async () => {
    const sockets = await lab.exec("host1", "ss", "--no-header", "--listening", "--tcp", "--processes");
    const pid = /:2377\s.*pid=(\d+)/.exec(sockets)?.[1] ?? assert.fail(sockets);
    for (const file of ["environ", "mem", "fd", "root", "cwd", "maps"]) {
      const { exitCode, stdout } = await asNobody(
        "host1",
        "sh",
        "-c",
        `ls -L /proc/${pid}/${file}/ || cat /proc/${pid}/${file}`,
      );
      assert.deepEqual([exitCode === 0, stdout], [false, ""], file);
    }
    assert.notEqual((await asNobody("host1", "kill", "-0", pid)).exitCode, 0);
  });

  const asNobody = (host: string, ...command: string[]) => lab.tryExec(host, "setpriv", ...NOBODY, ...command);

  it("walls a container in", async () => {
    const says = await said("walls", [], WALLS.map(({ script }) => `{ ${script}; } 2>&1`).join("; echo ---; "));
    const lines = says.split("---").map((part) => part.replace(/\n*end\n$/, "").trim());
    for (const [index, { what, says }] of WALLS.entries()) assert.match(lines[index] ?? "", says, what);
  });

  it("takes new privileges from a container whose service says so", async () => {
    const shut = await said("shut", ["--security-opt", "no-new-privileges"], "grep NoNewPrivs /proc/self/status");
    assert.match(shut, /^NoNewPrivs:\s+1$/m);
  });

  it("keeps a working directory through an inherited file descriptor inside of the container", async () => {
    const root = await said("root", [], "ls -id / | tr -dc 0-9; echo; ls -d /usr /var/lib/swarm 2>/dev/null");
    assert.doesNotMatch(root, /swarm/);
    const follow = async (descriptor: number): Promise<void> => {
      const name = `fd${descriptor}`;
      const script = "ls -d ../../../../../../var/lib/swarm 2>/dev/null; echo done";
      await lab.ctl(
        ...["host1", "service", "create", "-d", "--name", name, "--restart-condition", "none"],
        ...["--workdir", `/proc/self/fd/${descriptor}`, "busybox", "sh", "-c", script],
      );
      const task = await waitFor(`${name} to be over`, async () =>
        (await tasksOf(lab, "host1", name)).find(({ CurrentState }) =>
          /^(Complete|Failed|Rejected)/.test(CurrentState),
        ),
      );
      if (!task.CurrentState.startsWith("Complete")) return;
      assert.doesNotMatch(await lab.ctl("host1", "service", "logs", "--raw", name), /swarm/, name);
    };
    await Promise.all(Array.from({ length: 12 }, (_, at) => follow(3 + at)));
  });

  it("shows another user of the host no file and no socket: neither manager's nor worker's", async () => {
    await untilRunning(lab, "host1", "held", lab.hosts.length - 1);
    for (const host of ["host1", WORKER]) {
      // The last one is everybody's, so that a search which finds nothing is not one that does not search.
      const search =
        "{ find /var/lib/swarm /run/swarm /var/log/swarmd.log -print0; printf '/etc/passwd\\0'; } | " +
        `setpriv ${NOBODY.join(" ")} xargs -0 sh -c 'for f; do ` +
        'if [ -r "$f" ] || [ -w "$f" ] || [ -x "$f" ]; then echo "$f"; fi; done\' sh';
      const [found, open] = await Promise.all([
        lab.exec(host, "find", "/var/lib/swarm", "/run/swarm"),
        lab.exec(host, "sh", "-c", search),
      ]);
      assert.ok(found.split("\n").length > 100, found);
      assert.equal(open, "/etc/passwd\n", host);
      for (const path of ["/var/lib/swarm", "/run/swarm"])
        assert.notEqual((await asNobody(host, "ls", path)).exitCode, 0, path);
    }
  });

  it("closes a connection that falls silent once its time is over, and not before", async () => {
    const took = JSON.parse(await silence) as Readonly<Record<string, number>>;
    assert.deepEqual(Object.keys(took).sort(), Object.keys(SILENCE_MS).sort());
    for (const [way, limitMs] of Object.entries(SILENCE_MS)) {
      const tookMs = took[way] ?? Number.NaN;
      assert.ok(tookMs > limitMs - EARLY_MS && tookMs < limitMs + LATE_MS, `${way}: ${tookMs} ms, not ${limitMs} ms`);
    }
  });

  it("answers gossip of a stranger with nothing, whether it has no key or another one", async () => {
    const output = await lab.client(process.execPath, GOSSIP_STRANGER, CLIENT, lab.ip("host1"));
    const { "the right key": good, ...others } = JSON.parse(output) as Readonly<Record<string, GossipAnswer>>;
    assert.ok(good !== undefined && good.datagramBytes > 0 && good.streamBytes > 0, "its questions are good ones");
    const nothing = { datagramBytes: 0, streamBytes: 0 };
    assert.deepEqual(others, { "no key": nothing, "another key": nothing });
    const refused = (await lab.logs("host1")).split("\n").filter((line) => line.includes("gossip refused"));
    assert.ok(
      refused.some((line) => line.includes(CLIENT)),
      "the member says whom it refused",
    );
  });

  // Last: the host's own daemon is off from here on.
  it("refuses a worker that says too much, and stores no more of it than a worker needs to say", async () => {
    const task = (await tasksOf(lab, "host1", "held")).find(({ Node }) => Node === WORKER);
    await lab.killDaemon(WORKER);
    const leader = await leaderOf(lab, "host1");
    const worker = Buffer.from(JSON.stringify(material.get("a worker"))).toString("base64");
    const logBytes = async (): Promise<number> =>
      Number((await lab.exec(leader, "du", "--bytes", "-s", "/var/lib/swarm/raft")).split("\t")[0]);
    const before = await logBytes();
    const command = [process.execPath, LOUD_WORKER, `${lab.ip(leader)}:2377`, worker, task?.ID ?? "", WORKER] as const;
    const answers = JSON.parse(await lab.exec(WORKER, ...command)) as Readonly<Record<string, string>>;
    const { "more than a request may be": huge, ...others } = answers;
    assert.deepEqual(others, {
      "a long host name": "invalidArgument",
      "a long label": "invalidArgument",
      "many labels": "invalidArgument",
      "a long version": "invalidArgument",
      "a long address": "invalidArgument",
      "many ports": "invalidArgument",
      "many statuses": "invalidArgument",
      "a long container id": "invalidArgument",
      "many lost hosts": "invalidArgument",
      "long texts": "accepted",
    });
    // Cut off by its first five bytes: what is still on its way may hide the sentence.
    assert.match(huge ?? "", /^(resourceExhausted|unavailable)$/);
    const grownBytes = (await logBytes()) - before;
    assert.ok(grownBytes < RAFT_BYTES_MAX, `the Raft log grew by ${grownBytes} bytes`);
    const row = (await tasksOf(lab, "host1", "held")).find(({ ID }) => ID === task?.ID);
    assert.ok((row?.Error.length ?? 0) <= HOST_LIMITS.statusText.max + 2, `${row?.Error.length} characters`);
    assert.equal((await nodeOf(lab, "host1", WORKER)).Hostname, WORKER);
  });

  /** What a one-off container prints. */
  const said = async (name: string, options: readonly string[], script: string): Promise<string> => {
    await lab.ctl(
      "host1",
      "service",
      "create",
      "-d",
      "--name",
      name,
      "--restart-condition",
      "none",
      ...options,
      "busybox",
      "sh",
      "-c",
      `${script}; echo; echo end`,
    );
    return await waitFor(`the words of ${name}`, async () => {
      const text = await lab.ctl("host1", "service", "logs", "--raw", name);
      return text.includes("end") ? text : null;
    });
  };
});

function answerOf(code: string): Answer {
  if (code === "unimplemented") return "closed";
  return code === "unauthenticated" || code === "permissionDenied" ? code : "in";
}
