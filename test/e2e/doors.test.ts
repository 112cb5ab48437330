/**
 * Who x door x answer: every caller at every method of proto/, at a manager that leads and at one that follows; a user
 * of the host at every file and socket; a container at the walls around it. docs/security.md shows the same table.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TlsMaterial } from "../../shared/pki/tls-credentials.ts";
import { DOORS, type Door } from "../../shared/rpc/doors.ts";
import { services } from "../../shared/rpc/schema.ts";
import { Lab } from "../support/lab.ts";
import { nodeOf, tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { createTestCa, createTestIdentity } from "../unit/shared/pki/fixtures.ts";

const KNOCKER = join(import.meta.dirname, "door-knocker.ts");
const MANAGERS = ["host1", "host2"] as const;
const DEMOTED = "host3";
const REMOVED = "host4";
const WORKER = "host5";
const CERTIFICATES = "/var/lib/swarm/certificates";

type Answers = Readonly<Record<string, string>>;
/** "in": judged by what it asks for; else the code of the refusal. "closed": nothing of that name is served there. */
type Answer = "in" | "unauthenticated" | "permissionDenied" | "closed";

/** The table of docs/security.md. Local services are served on the local socket only; strangers are not told. */
const TABLE: Readonly<Record<string, Readonly<Record<Door, Answer>>>> = {
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
): Readonly<Record<Door, Answer>> {
  return { anyone, node, manager, operator, host };
}

describe("doors", { timeout: 300_000 }, () => {
  let lab: Lab;
  const material = new Map<string, TlsMaterial>();

  before(async () => {
    lab = await Lab.up(5, { managers: 3 });
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
            wanted[key] = expected[door];
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
      if (/^(local|control|logs)\./.test(key)) assert.equal(answerOf(code), "in", `${key}: ${code}`);
      else assert.equal(answerOf(code), "closed", `${key}: ${code}`);
    }
    const refused = await asNobody("host1", "curl", "-s", "--unix-socket", "/run/swarm/swarmd.sock", "http://x/");
    assert.notEqual(refused.exitCode, 0);
  });

  it("shows another user of the host no file: neither manager's nor worker's", async () => {
    for (const host of ["host1", WORKER]) {
      for (const path of ["/var/lib/swarm", "/run/swarm"]) {
        const found = await lab.exec(host, "find", path, "-maxdepth", "2");
        const paths = found.trim().split("\n");
        assert.ok(paths.length > 3, found);
        const { stdout } = await asNobody(
          host,
          "sh",
          "-c",
          'for f; do if [ -r "$f" ] || [ -w "$f" ]; then echo "$f"; fi; done',
          "sh",
          ...paths.slice(1),
        );
        assert.equal(stdout, "", host);
        assert.notEqual((await asNobody(host, "ls", path)).exitCode, 0);
      }
    }
  });

  const asNobody = (host: string, ...command: string[]) =>
    lab.tryExec(host, "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ...command);

  it("walls a container in", async () => {
    const says = await said(
      "walls",
      [],
      WALLS.map(([, command]) => `(${command}) 2>&1 | head -1`).join("; echo ---; "),
    );
    const lines = says.split("---").map((part) => part.trim());
    for (const [index, [what, , expected]] of WALLS.entries()) assert.match(lines[index] ?? "", expected, what);
  });

  it("keeps a working directory through an inherited file descriptor inside of the container", async () => {
    const root = await said("root", [], "ls -id / | tr -dc 0-9; echo; ls -d /usr /var/lib/swarm 2>/dev/null");
    assert.doesNotMatch(root, /swarm/);
    for (const descriptor of [3, 5, 7, 8, 9, 10]) {
      const name = `fd${descriptor}`;
      const script = "ls -d ../../../../../../var/lib/swarm 2>/dev/null; echo done";
      await lab.ctl(
        "host1",
        "service",
        "create",
        "-d",
        "--name",
        name,
        "--restart-condition",
        "none",
        "--workdir",
        `/proc/self/fd/${descriptor}`,
        "busybox",
        "sh",
        "-c",
        script,
      );
      const task = await waitFor(`${name} to be over`, async () =>
        (await tasksOf(lab, "host1", name)).find(({ CurrentState }) =>
          /^(Complete|Failed|Rejected)/.test(CurrentState),
        ),
      );
      if (!task.CurrentState.startsWith("Complete")) continue;
      assert.doesNotMatch(await lab.ctl("host1", "service", "logs", "--raw", name), /swarm/, name);
    }
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

/** What, the command in the container, what it says. */
const WALLS: readonly (readonly [string, string, RegExp])[] = [
  ["masked: the kernel's memory, or not there at all", "cat /proc/kcore | wc -c", /^0$|can't open/],
  ["masked: its timers, or not there at all", "cat /proc/timer_list | wc -c", /^0$|can't open|No such/],
  ["read-only: kernel settings", "echo 1 > /proc/sys/kernel/panic", /[Rr]ead-only/],
  ["read-only: the magic key, or not there", "echo h > /proc/sysrq-trigger", /[Rr]ead-only|nonexistent/],
  ["read-only: devices of the host", "touch /sys/kernel/x", /[Rr]ead-only/],
  ["read-only: cgroups", "mkdir /sys/fs/cgroup/pids/x || mkdir /sys/fs/cgroup/x", /[Rr]ead-only/],
  ["no mount", "mount -t tmpfs none /mnt && echo mounted", /denied|not permitted/],
  ["no namespaces", "unshare -m true && echo unshared", /not permitted|denied/],
  ["no namespace of users either", "unshare -U true && echo unshared", /not permitted|denied/],
  ["a device node of the host's disk opens nothing", "mknod /tmp/d b 8 0 && cat /tmp/d", /not permitted|denied/],
  ["a system call filter", "grep Seccomp: /proc/self/status", /2$/],
  ["fourteen capabilities", "grep CapBnd /proc/self/status", /00000000a80425fb$/],
  ["no module", "insmod /x.ko", /./],
];

function answerOf(code: string): Answer {
  if (code === "unimplemented") return "closed";
  return code === "unauthenticated" || code === "permissionDenied" ? code : "in";
}
