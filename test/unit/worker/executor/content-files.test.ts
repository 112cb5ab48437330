import assert from "node:assert/strict";
import { test } from "node:test";
import { contentFiles, fileMounts, memoryOptions, writeFiles } from "../../../../worker/executor/content-files.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { createConfig, createContainerSpec, createSecret, testId } from "../../../support/objects.ts";

const PAGE_BYTES = 4_096;
const reference = (id: string, target: string, mode?: number) => ({
  ...{ sourceId: testId<string>(id), sourceName: id, target, uid: 1, gid: 2 },
  ...(mode === undefined ? {} : { mode }),
});
const container = createContainerSpec({
  secrets: [reference("key", "a/key.pem", 0o400), reference("key", "/etc//key")],
  configs: [reference("site", "site.conf")],
});
const contents = new Map(
  [createSecret("key", "k".repeat(PAGE_BYTES + 1)), createConfig("site", "listen 80")].map(({ id, spec }) => [
    id as string,
    spec.data,
  ]),
);

test("relative targets of secrets are in /run/secrets, those of configs in /; the mode is 0444 unless said", () => {
  assert.deepEqual(
    contentFiles(container, contents).map(({ target, owner }) => [
      target,
      owner.mode.toString(8),
      owner.uid,
      owner.gid,
    ]),
    [
      ["/run/secrets/a/key.pem", "400", 1, 2],
      ["/etc/key", "444", 1, 2],
      ["/site.conf", "444", 1, 2],
    ],
  );
});

test("the memory file system has room for the files and hardly more; without files there is none", () => {
  const options = memoryOptions(contentFiles(container, contents)).join(",");
  assert.match(options, /^nosuid,nodev,noexec,mode=0700,size=\d+,nr_inodes=11$/);
  assert.equal(Number(/size=(\d+)/.exec(options)?.[1]) / PAGE_BYTES, 2 + 2 + 1 + 4);
  assert.deepEqual(memoryOptions([]), []);
});

test("each file is mounted read-only from where it was written", async () => {
  const files = contentFiles(container, contents);
  const host = new MemoryHostFiles();
  await writeFiles(files, "/host", host);
  const mounts = fileMounts(files, "/host");
  assert.equal(await host.readText(mounts[2]?.source ?? ""), "listen 80");
  assert.deepEqual(mounts[2], {
    destination: "/site.conf",
    type: "bind",
    source: "/host/2",
    options: ["bind", "rprivate", "ro", "nosuid", "nodev", "noexec"],
  });
});

test("a file that its mode lets be executed can be, and only that one", () => {
  const files = contentFiles({ ...container, configs: [reference("site", "start.sh", 0o755)] }, contents);
  assert.ok(!memoryOptions(files).includes("noexec"));
  assert.deepEqual(
    fileMounts(files, "/host").map(({ options }) => options.includes("noexec")),
    [true, true, false],
  );
});
