/** What people do with a host's volumes, with containers that use them, on this kernel. Needs root. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, linkSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import type { ImportVolumeRequest } from "../../shared/rpc/gen/volumes.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { EventLog } from "../../worker/engine/events/event-log.ts";
import { VolumeArchive } from "../../worker/engine/volumes/volume-archive.ts";
import { VolumeBook } from "../../worker/engine/volumes/volume-book.ts";
import { TaskContainers } from "../../worker/executor/task-containers.ts";
import { systemHostFiles } from "../../worker/ports/system-host-files.ts";
import { SystemProgramLauncher } from "../../worker/ports/system-program-launcher.ts";
import { createMount } from "../support/objects.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const EVERY = { names: [], labels: [], sizes: false };

describe("the life of a volume on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  let book: VolumeBook;
  let archive: VolumeArchive;
  before(async () => {
    fixture = new RuntimeFixture();
    fixture.storeImage();
    const containers = await fixture.containers();
    executor = new TaskContainers(containers);
    const { store, lock, usersOf } = containers.volumes;
    const launcher = new SystemProgramLauncher(fixture.directory);
    const parts = {
      volumes: store,
      lock,
      usersOf,
      hostname: "here",
      random: systemRandom,
      events: new EventLog(systemClock),
    };
    book = new VolumeBook(parts);
    archive = new VolumeArchive({ ...parts, files: systemHostFiles, launcher });
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  const contentOf = (name: string): string => join(fixture.dataDirectory, "volumes", name, "_data");
  const create = (
    name: string,
    options: Readonly<Record<string, string>> = {},
    labels: Readonly<Record<string, string>> = {},
  ) => book.create({ name, driver: "", options, labels });
  const names = async (request = {}): Promise<readonly string[]> =>
    (await book.list({ ...EVERY, ...request })).map(({ name }) => name);
  const taskWith = (script: string, ...sources: readonly string[]): Task =>
    fixture.task(script, {
      mounts: sources.map((source, at) => createMount({ type: "VOLUME", source, target: `/v${at}` })),
    });
  async function start(task: Task): Promise<void> {
    await executor.prepare(task, NEVER, () => {});
    await executor.start(task, NEVER);
  }
  async function exported(name: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    await archive.export(name, async ({ bytes }) => void pieces.push(bytes as Uint8Array), NEVER);
    return Buffer.concat(pieces);
  }
  async function* messages(name: string, bytes: Buffer, replace = false): AsyncGenerator<ImportVolumeRequest> {
    const message = (part: Sendable<ImportVolumeRequest>) => part as ImportVolumeRequest;
    yield message({ head: { name, replace, labels: {} } });
    for (let at = 0; at < bytes.length; at += 65_536) yield message({ bytes: bytes.subarray(at, at + 65_536) });
  }

  it("is made once, stays while a container uses it, running or not, and says whose it is", async () => {
    await create("kept", {}, { tier: "a" });
    assert.equal((await create("kept")).labels["tier"], "a", "one that is there stays as it is");
    await assert.rejects(create("kept", { type: "tmpfs", device: "tmpfs" }), { code: "alreadyExists" });
    const task = taskWith("true", "kept");
    await start(task);
    await executor.wait(task.id, NEVER);
    await assert.rejects(book.remove("kept", true), {
      code: "failedPrecondition",
      message: `cannot remove volume kept of node here: container web.1.${task.id} uses it`,
    });
    assert.deepEqual((await book.inspect("kept", true)).usedBy, [`web.1.${task.id}`]);
    // A daemon that returns knows as well.
    const later = (await fixture.containers()).volumes;
    assert.deepEqual(
      later.usersOf("kept").map(({ name }) => name),
      [`web.1.${task.id}`],
    );
    await executor.remove(task.id);
    await book.remove("kept", false);
    assert.ok(!existsSync(join(contentOf("kept"), "..")));
    await assert.rejects(book.remove("kept", false), { code: "notFound", message: "no such volume: kept (node here)" });
    await book.remove("kept", true);
  });

  it("is found by name, label and use, and pruned only when nobody uses it: anonymous ones, or all", async () => {
    for (const name of ["p-used", "p-a", "p-b"]) await create(name, {}, { kind: name });
    const anonymous = await create("");
    assert.match(anonymous.name, /^[0-9a-f]{64}$/);
    const task = taskWith("sleep 60", "p-used");
    await start(task);
    assert.deepEqual(await names({ names: ["p-"] }), ["p-a", "p-b", "p-used"]);
    assert.deepEqual(await names({ names: ["p-"], dangling: true }), ["p-a", "p-b"]);
    assert.deepEqual(await names({ labels: ["kind=p-b"] }), ["p-b"]);
    writeFileSync(join(contentOf("p-a"), "file"), Buffer.alloc(100_000, 1));
    assert.deepEqual((await book.prune({ all: false, labels: [], withoutLabels: [] })).removed, [anonymous.name]);
    const { removed, reclaimedBytes, failures } = await book.prune({
      all: true,
      labels: [],
      withoutLabels: ["kind=p-b"],
    });
    assert.deepEqual([removed, failures], [["p-a"], []]);
    assert.ok(reclaimedBytes >= 100_000, `${reclaimedBytes} bytes`);
    assert.deepEqual(await names({ names: ["p-"] }), ["p-b", "p-used"]);
    await executor.remove(task.id);
  });

  it("that is a file system of its own is unmounted, never emptied, when it goes", async () => {
    const device = join(fixture.directory, "precious");
    mkdirSync(device);
    writeFileSync(join(device, "file"), "kept");
    await create("bound", { type: "none", o: "bind", device });
    const task = taskWith("cat /v0/file", "bound");
    await start(task);
    await executor.wait(task.id, NEVER);
    await executor.remove(task.id);
    await book.remove("bound", false);
    assert.deepEqual(readdirSync(device), ["file"]);
    await assert.rejects(create("half", { type: "nfs" }), {
      code: "invalidArgument",
      message: /device=\.\.\. is missing/,
    });
  });

  it("goes into an archive and comes back with owners, modes, times, links, holes, attributes", async () => {
    await create("full");
    const at = (path: string): string => join(contentOf("full"), path);
    mkdirSync(at("dir"));
    writeFileSync(at("dir/file"), "content", { mode: 0o4751 });
    chownSync(at("dir/file"), 12_345, 54_321);
    execFileSync("chmod", ["4751", at("dir/file")]);
    linkSync(at("dir/file"), at("hard"));
    symlinkSync("dir/file", at("soft"));
    symlinkSync("/etc/passwd", at("absolute"));
    execFileSync("truncate", ["--size=50M", at("hole")]);
    execFileSync("mkfifo", [at("pipe")]);
    execFileSync("touch", ["--date=2001-02-03T04:05:06.789Z", at("dir/file")]);
    const hasAttributes = attribute(at("dir/file"));
    execFileSync("chmod", ["1770", contentOf("full")]);
    const tar = await exported("full");
    assert.ok(tar.length < 1 << 20, `${tar.length} bytes: the hole is none in the archive`);
    await archive.import(messages("again", tar), NEVER);
    const to = (path: string): string => join(contentOf("again"), path);
    const facts = (of: (path: string) => string) =>
      ["", "dir", "dir/file", "hard", "hole", "pipe"].map((path) => {
        const { mode, uid, gid, nlink, size, mtimeMs } = statSync(of(path));
        return { path, mode, uid, gid, nlink, size: path === "" || path === "dir" ? 0 : size, mtimeMs };
      });
    assert.deepEqual(facts(to), facts(at));
    assert.equal(statSync(to("hard")).ino, statSync(to("dir/file")).ino);
    assert.ok(statSync(to("hole")).blocks < 100, "the hole is one again");
    assert.equal(
      execFileSync("readlink", [to("absolute")])
        .toString()
        .trim(),
      "/etc/passwd",
    );
    if (hasAttributes)
      assert.match(execFileSync("getfattr", ["-n", "user.colour", "--only-values", to("dir/file")]).toString(), /^red/);
  });

  it("is filled only when it is empty and nobody uses it, by a whole archive, or not at all", async () => {
    await create("source");
    writeFileSync(join(contentOf("source"), "new"), "new");
    const tar = await exported("source");
    await create("target");
    writeFileSync(join(contentOf("target"), "old"), "old");
    await assert.rejects(archive.import(messages("target", tar), NEVER), {
      code: "failedPrecondition",
      message: "volume target of node here is not empty: say --replace to lose what is in it",
    });
    const torn = tar.subarray(0, 700);
    await assert.rejects(archive.import(messages("target", torn, true), NEVER), {
      code: "invalidArgument",
      message: /^the archive cannot be unpacked: Unexpected EOF in archive/,
    });
    await assert.rejects(archive.import(messages("fresh", Buffer.from("no archive".repeat(100))), NEVER), {
      code: "invalidArgument",
    });
    assert.deepEqual(await names({ names: ["fresh"] }), []);
    assert.deepEqual(readdirSync(contentOf("target")), ["old"]);
    const task = taskWith("sleep 60", "target");
    await start(task);
    await assert.rejects(archive.import(messages("target", tar, true), NEVER), /container web\.1\.\w+ uses it/);
    await executor.remove(task.id);
    await archive.import(messages("target", tar, true), NEVER);
    assert.deepEqual(readdirSync(contentOf("target")), ["new"]);
    assert.deepEqual(readdirSync(join(contentOf("target"), "..")), ["_data"]);
  });

  it("takes compressed archives, and archives that would lead out of it stay in it", async () => {
    const outside = join(fixture.directory, "outside");
    mkdirSync(outside);
    const script = `import io, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|gz")
def add(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 3 if kind == tarfile.REGTYPE else 0
    out.addfile(info, io.BytesIO(b"bad"))
add("../escaped")
add("${outside}/absolute")
add("way", tarfile.SYMTYPE, "${outside}")
add("way/through")
add("fine")
out.close()`;
    const evil = execFileSync("python3", ["-c", script]);
    await assert.rejects(archive.import(messages("evil", evil), NEVER), { code: "invalidArgument" });
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(await names({ names: ["evil", "escaped"] }), []);
    await create("plain");
    writeFileSync(join(contentOf("plain"), "f"), "x");
    const tar = await exported("plain");
    await archive.import(messages("zipped", execFileSync("gzip", { input: tar })), NEVER);
    assert.deepEqual(readdirSync(contentOf("zipped")), ["f"]);
  });
});

/** Whether the file system takes attributes of users. */
function attribute(path: string): boolean {
  try {
    execFileSync("setfattr", ["-n", "user.colour", "-v", "red", path], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
