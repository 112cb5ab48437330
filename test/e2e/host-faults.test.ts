/** A host that lacks something for a while: tasks say what, and the daemon lives and goes on when it is there again. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LAB_NAME, Lab } from "../support/lab.ts";
import { tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const HOST = "host2";
/** Room for an image and what a daemon writes. */
const DISK = "size=48m,mode=700";
const STATE = "/var/lib/swarm";
const RUNTIME = "/run/programs/crun";

interface Fault {
  readonly what: string;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
  readonly says: RegExp;
}

describe("a host that lacks something for a while", () => {
  let lab: Lab;
  const onHost = (script: string): Promise<string> => lab.exec(HOST, "sh", "-c", script);
  const daemon = async (): Promise<string> =>
    await onHost(`
      here=$(readlink /proc/self/ns/net)
      for pid in $(pgrep -f swarmd[.]mjs); do
        if [ "$(readlink /proc/$pid/ns/net)" = "$here" ]; then echo $pid; fi
      done`);

  before(async () => {
    lab = await Lab.up(2, { managers: 1, daemonOptions: ["--oci-runtime", RUNTIME] });
    await lab.stopDaemon(HOST);
    // A disk that can be filled, and a runtime that can be taken away.
    await onHost(`
      set -e
      mkdir -p /run/kept /run/programs && cp -a ${STATE}/. /run/kept/ && cp "$(command -v crun)" ${RUNTIME}
      mount -t tmpfs -o ${DISK} tmpfs ${STATE} && cp -a /run/kept/. ${STATE}/
      mkdir -p ${STATE}/containers && mount -t tmpfs -o ${DISK} tmpfs ${STATE}/containers`);
    await lab.startDaemon(HOST);
    await create("first");
    await untilRuns("first");
    await lab.ctl("host1", "service", "rm", "first");
    await waitFor("no container to be left", async () => (await onHost(`ls ${STATE}/containers`)).trim() === "");
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const create = (name: string): Promise<string> => {
    const options = ["--detach", "--name", name, "--constraint", `node.hostname==${HOST}`, "--stop-signal", "SIGKILL"];
    return lab.ctl("host1", "service", "create", ...options, "busybox", "sleep", "9000");
  };
  const untilRuns = (name: string): Promise<unknown> =>
    waitFor(`${name} to run`, async () =>
      (await tasksOf(lab, "host1", name)).some(({ CurrentState }) => CurrentState.startsWith("Running")),
    );
  const processes = (file: string): string =>
    join("/sys/fs/cgroup", processGroups(), `swarm-lab-${LAB_NAME}`, HOST, file);

  const faults: readonly Fault[] = [
    {
      what: "room on its disk",
      begin: () =>
        onHost(`
          for disk in ${STATE} ${STATE}/containers; do
            dd if=/dev/zero of=$disk/.filling bs=4k 2>/dev/null
          done; true`),
      end: () => onHost(`rm ${STATE}/.filling ${STATE}/containers/.filling`),
      says: /the disk of this host cannot be written.*: it is full|no space left/,
    },
    {
      what: "a disk that can be written",
      begin: () => onHost(`mount -o remount,ro ${STATE}/containers`),
      end: () => onHost(`mount -o remount,rw ${STATE}/containers`),
      says: /the disk of this host cannot be written at \/var\/lib\/swarm\/containers.*: it is read-only/,
    },
    {
      what: "its OCI runtime",
      begin: () => onHost(`mv ${RUNTIME} ${RUNTIME}.away`),
      end: () => onHost(`mv ${RUNTIME}.away ${RUNTIME}`),
      says: /^cannot create container .* on node host2: \/run\/programs\/crun is not installed$/,
    },
    {
      what: "processes",
      begin: async () => {
        writeFileSync(processes("pids.max"), `${Number(readFileSync(processes("pids.current"), "utf8")) + 1}`);
      },
      end: async () => writeFileSync(processes("pids.max"), "max"),
      says: /no more processes may be started on node host2|too many processes/,
    },
  ];

  for (const [at, { what, begin, end, says }] of faults.entries()) {
    it(`says so of ${what}, and starts its tasks when it has that`, async () => {
      const name = `lacking${at}`;
      const before = await daemon();
      await begin();
      try {
        await create(name);
        await waitFor(`${name} to say what is missing`, async () =>
          (await tasksOf(lab, "host1", name)).some(({ Error: said }) => says.test(unquoted(said))),
        );
        await end();
        await untilRuns(name);
        assert.equal(await daemon(), before, "it is the same daemon");
      } finally {
        await end().catch(() => {});
        await lab.tryCtl("host1", "service", "rm", name);
      }
      await waitFor("no container to be left", async () => (await onHost(`ls ${STATE}/containers`)).trim() === "");
    });
  }

  it("comes up without its OCI runtime, and starts its tasks when that is there", async () => {
    await lab.killDaemon(HOST);
    await onHost(`mv ${RUNTIME} ${RUNTIME}.away`);
    await lab.startDaemon(HOST);
    await create("atstart");
    await waitFor("the task to say what is missing", async () =>
      (await tasksOf(lab, "host1", "atstart")).some(({ Error: said }) => /crun is not installed/.test(said)),
    );
    await onHost(`mv ${RUNTIME}.away ${RUNTIME}`);
    await untilRuns("atstart");
  });
});

const unquoted = (text: string): string => text.replace(/^"|"$/g, "");

/** Of control groups in version 1, the hierarchy that counts processes. */
function processGroups(): string {
  return readFileSync("/proc/self/mountinfo", "utf8").includes("/sys/fs/cgroup/pids") ? "pids" : "";
}
