import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { openSystemTransport } from "../../../../worker/gossip/ports/system-gossip-transport.ts";
import { waitFor } from "../../../support/wait.ts";

const NOWHERE = [
  { address: "127.0.0.1", port: 0 },
  { address: "::1", port: 7946 },
  { address: "255.255.255.255", port: 7946 },
];

test("waiting for a port that another program has for UDP alone uses up no files", async () => {
  const other = createSocket("udp4");
  await new Promise<void>((resolve) => other.bind(0, "127.0.0.1", resolve));
  try {
    const listen = { address: "127.0.0.1", port: other.address().port };
    const open = () => openSystemTransport(listen, { onPacket: () => {}, onStream: () => {} });
    await assert.rejects(open(), /Cannot listen for gossip/);
    const before = await openFiles();
    for (let tries = 0; tries < 20; tries++) await assert.rejects(open(), /Cannot listen for gossip/);
    await waitFor("sockets to be closed", async () => (await openFiles()) <= before);
  } finally {
    await new Promise<void>((resolve) => other.close(resolve));
  }
});

const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

test("a packet or a stream to an address that cannot be is lost and harms nobody", async () => {
  await using transport = await openSystemTransport(
    { address: "127.0.0.1", port: 0 },
    { onPacket: () => {}, onStream: () => {} },
  );
  for (const to of NOWHERE) {
    transport.send(Buffer.from("lost"), to);
    const stream = transport.dial(to);
    await assert.rejects(stream.read());
    stream.close();
  }
});
