/** What the launcher promises, on this kernel. "conmon" here is a shell that says one line, or none. */

import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SwarmError } from "../../shared/errors.ts";
import { silentLogger } from "../../shared/log.ts";
import type { MonitorLaunch, MonitorLauncher, MountedFiles } from "../../worker/ports/monitor-launcher.ts";
import { ProgramStarter } from "../../worker/ports/program-starter.ts";
import { systemMonitorLauncher } from "../../worker/ports/system-monitor-launcher.ts";
import { systemRootedTrees } from "../../worker/ports/system-rooted-tree.ts";
import { waitFor } from "../support/wait.ts";

const NEVER = new AbortController().signal;
const LIMIT_MS = 60_000;
const PIPE = `>&$_OCI_SYNCPIPE`;

/** As a thread sees it that never leaves the daemon's namespace. */
const hostMounts = async (): Promise<string> => await readFile("/proc/thread-self/mountinfo", "utf8");
const namespaces = (): readonly string[] => ["mnt", "net"].map((kind) => readlinkSync(`/proc/self/ns/${kind}`));
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/exe`);

for (const where of ["on the daemon's own thread", "on a thread of its own"]) theLauncher(where);

function theLauncher(where: string): void {
  describe(`the launcher of monitors, ${where}`, () => {
    let starter: ProgramStarter | null = null;
    let launcher: MonitorLauncher;
    const look = () => [...namespaces(), readlinkSync("/proc/self/cwd"), statSync("/").ino, process.umask()];
    let directory: string;
    let count = 0;
    let umask = 0;
    let atHome: ReturnType<typeof look>;
    before(() => {
      starter = where.includes("own thread") ? null : new ProgramStarter(silentLogger);
      launcher = systemMonitorLauncher(starter?.startMonitor);
      umask = process.umask(0o077);
      atHome = look();
      directory = mkdtempSync(join(tmpdir(), "swarm-launch-"));
      mkdirSync(join(directory, "layer/etc"), { recursive: true });
      writeFileSync(join(directory, "layer/etc/passwd"), "root\n");
      symlinkSync("layer", join(directory, "L"));
    });
    after(() => {
      starter?.[Symbol.dispose]();
      process.umask(umask);
      rmSync(directory, { recursive: true, force: true });
    });

    /** A launch of `script` in the place of conmon. */
    function launchOf(script: string, mounts: Partial<MonitorLaunch["mounts"]> = {}): MonitorLaunch & { own: string } {
      const own = join(directory, `c${++count}`);
      for (const name of ["upper", "work", "rootfs", "memory"]) mkdirSync(join(own, name), { recursive: true });
      const options = `lowerdir=L,upperdir=${own}/upper,workdir=${own}/work`;
      return {
        own,
        mounts: {
          overlay: { directory, options, target: `${own}/rootfs` },
          memory: null,
          shared: { directory: `${own}/shared`, sources: [] },
          ...mounts,
        },
        argv: ["sh", "-c", script, "conmon"],
        runtime: "sh",
        pidFile: `${own}/pid`,
      };
    }
    const launch = (
      what: MonitorLaunch,
      whileMounted: (mounted: MountedFiles) => Promise<void> = async () => {},
      signal = NEVER,
      limitMs = LIMIT_MS,
    ) => launcher.launch(what, limitMs, signal, whileMounted);
    const isCode = (code: string) => (error: unknown) => error instanceof SwarmError && error.code === code;

    it("shows the files to the daemon before anything runs, and to the monitor; the host never sees them", async () => {
      const memory = {
        options: ["nosuid", "mode=0700", "size=65536"],
        target: join(directory, `c${count + 1}/memory`),
      };
      const what = launchOf(`cat ${directory}/c${count + 1}/rootfs/etc/passwd ${memory.target}/secret >&2`, { memory });
      const { complaint } = await launch(what, async (mounted) => {
        assert.ok(!existsSync(what.pidFile), "nothing runs yet");
        await using tree = await systemRootedTrees.open(mounted.rootfs);
        await using file = await tree.openFile("/etc/passwd");
        assert.equal(Buffer.from((await file?.read(0, 100)) ?? []).toString(), "root\n");
        writeFileSync(`${mounted.memory}/secret`, "hush\n");
        assert.ok(!(await hostMounts()).includes(what.own));
      });
      assert.equal(complaint, "root\nhush");
      assert.deepEqual(readdirSync(memory.target), []);
      assert.ok(!(await hostMounts()).includes(what.own));
    });

    it("comes back: namespaces, root, current directory and umask of the daemon are as they were", async () => {
      await launch(launchOf(`echo '{"data":1}' ${PIPE}`), async () => assert.deepEqual(look(), atHome));
      assert.deepEqual(look(), atHome);
      await launch(launchOf("true", { overlay: { directory: "/", options: "lowerdir=/no", target: "/no" } }));
      assert.deepEqual(look(), atHome);
    });

    it("gives the monitor's reply, and a monitor a namespace that it keeps when it goes on", async () => {
      const what = launchOf(`sleep 1000 & echo "{\\"data\\":$!}" ${PIPE}`);
      const { pid } = await launch(what);
      assert.ok(isAlive(pid));
      assert.ok(readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(`${what.own}/rootfs`));
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/mnt`), readlinkSync("/proc/self/ns/mnt"));
      assert.ok(Number(readFileSync(what.pidFile, "utf8")) > 0);
      assert.equal(/^Umask:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1], "0022");
      process.kill(pid, "SIGKILL");
    });

    it("gets what the host unmounts unmounted: all but what is shared is a slave of the host's", async () => {
      const what = launchOf(`cat /proc/self/mountinfo >&2`);
      const { complaint } = await launch(what);
      assert.doesNotMatch(complaint, / shared:/);
    });

    it("mounts nothing and starts nothing when the caller changes its mind, and keeps no file open", async () => {
      const what = launchOf("true");
      const open = (): number => readdirSync("/proc/self/fd").length;
      const before = open();
      await assert.rejects(
        launch(what, async () => {
          throw new SwarmError("failedPrecondition", "no such user");
        }),
        /no such user/,
      );
      assert.ok(!existsSync(what.pidFile));
      assert.equal(open(), before);
      rmSync(what.own, { recursive: true });
    });

    it("replies with the reason when something cannot be mounted, and keeps no file open", async () => {
      const open = (): number => readdirSync("/proc/self/fd").length;
      const before = open();
      const place = launchOf("true").own;
      const overlay = { directory, options: "lowerdir=nothing-there", target: `${place}/rootfs` };
      const never = async (): Promise<void> => assert.fail("called");
      const reply = await launch(launchOf("true", { overlay }), never);
      assert.deepEqual(reply, { pid: -1, complaint: `cannot mount ${place}/rootfs: No such file or directory` });
      await waitFor("files closed", () => open() === before);
    });

    it("replies with the reason when runtime or monitor is not installed", async () => {
      const what = launchOf("true");
      const noRuntime = await launch({ ...what, runtime: "no-such-runtime" });
      assert.deepEqual(noRuntime, { pid: -1, complaint: "no-such-runtime is not installed" });
      const { pid, complaint } = await launch({ ...what, argv: ["no-such-conmon"] });
      assert.deepEqual([pid, complaint], [-1, "spawn no-such-conmon ENOENT"]);
    });

    it("kills what it has started when nobody waits for it any more, or for too long", async () => {
      const cancelled = new AbortController();
      const what = launchOf(`echo $$ >"${directory}/running"; sleep 1000; true`);
      const launched = launch(what, async () => {}, cancelled.signal);
      await waitFor(
        "it runs",
        () => existsSync(`${directory}/running`) && readFileSync(`${directory}/running`, "utf8") !== "",
      );
      cancelled.abort();
      await assert.rejects(launched, isCode("cancelled"));
      const pid = Number(readFileSync(`${directory}/running`, "utf8"));
      await waitFor("it is killed", () => !isAlive(pid));
      await assert.rejects(
        launch(launchOf("sleep 1000"), async () => {}, NEVER, 100),
        isCode("deadlineExceeded"),
      );
    });

    it("mounts a part of the host's files at another place, for the monitor alone", async () => {
      const what = launchOf(`cat ${directory}/c${count + 1}/memory/passwd >&2`);
      const place = `${what.own}/memory`;
      const { complaint } = await launch(what, async (mounted) => {
        await using tree = await systemRootedTrees.open(mounted.pathOf(`${directory}/layer`));
        await using part = await tree.openPlace("etc");
        mounted.bind(part?.handlePath ?? "", place);
        assert.throws(() => mounted.bind(`${directory}/no`, place), /cannot mount .*: No such file or directory/);
      });
      assert.equal(complaint, "root");
      assert.deepEqual(readdirSync(place), []);
    });

    it("keeps first and last words of a monitor that says much before it fails", async () => {
      const script = "echo first words >&2; seq 1 100000 >&2; echo the reason >&2; exit 1";
      const { pid, complaint } = await launch(launchOf(script));
      assert.equal(pid, -1);
      assert.match(complaint, /^first words\n.*\nthe reason$/s);
      assert.ok(complaint.length <= 4_000, `${complaint.length} characters`);
    });

    it("never lets another thread see a namespace that the main thread is in for a moment", async () => {
      let isOver = false;
      let wrong = 0;
      const look = async (): Promise<void> => {
        while (!isOver) if ((await hostMounts()).includes(`${directory}/c`)) wrong++;
      };
      const watches = [look(), look()];
      for (let at = 0; at < 20; at++) await launch(launchOf("true"));
      isOver = true;
      await Promise.all(watches);
      assert.equal(wrong, 0);
    });
  });
}
