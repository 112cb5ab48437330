import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Attachment } from "../../../../worker/network/attachment.ts";
import { AttachmentBook } from "../../../../worker/network/attachment-book.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { testId } from "../../../support/objects.ts";

const ATTACHMENT: Attachment = {
  taskId: testId<TaskId>("t1"),
  namespacePath: "/run/swarm/network/netns/swarm-t1",
  kind: "egress",
  hostPorts: [],
  formerCidr: null,
  isBridged: false,
  interfaceName: "eth0",
  mac: "02:00:00:00:00:01",
  networks: [
    {
      ...{ networkId: testId("n1"), interfaceName: "eth1", isInternal: false, mac: "02:00:00:00:00:02" },
      cidrs: { ipv4: "10.0.1.2/24", ipv6: null },
    },
  ],
  cidr: "172.31.0.2/24",
  cidr6: "fd73:7761:726d::ac1f:2/64",
};

test("records that cannot be read at first are read by whoever asks next", async () => {
  const files = new FakeHostNetwork();
  await new AttachmentBook(files, silentLogger).add(ATTACHMENT);
  const readRecords = files.readRecords.bind(files);
  let failures = 2;
  files.readRecords = async () => {
    if (failures-- > 0) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    return await readRecords();
  };
  const book = new AttachmentBook(files, silentLogger);
  // Whoever asks while a reading is under way shares it, with its failure.
  const shared = await Promise.allSettled([book.load(), book.load()]);
  assert.deepEqual(
    shared.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  await assert.rejects(book.load(), { code: "EMFILE" });
  await book.load();
  assert.deepEqual(book.all(), [ATTACHMENT]);
});

test("a record that says nothing is skipped and named; the others are read", async () => {
  const files = new FakeHostNetwork();
  await new AttachmentBook(files, silentLogger).add(ATTACHMENT);
  const broken = testId<TaskId>("t2");
  files.records.set(broken, '{"taskId":');
  const warned: unknown[] = [];
  const log = { ...silentLogger, warn: (_line: string, fields: object = {}) => void warned.push(fields) };
  const book = new AttachmentBook(files, log);
  await book.load();
  assert.deepEqual(book.all(), [ATTACHMENT]);
  assert.deepEqual(
    warned.map((fields) => (fields as { taskId: string }).taskId),
    [broken],
  );
});
