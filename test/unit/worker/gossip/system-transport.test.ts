import assert from "node:assert/strict";
import { test } from "node:test";
import { openSystemTransport } from "../../../../worker/gossip/ports/system-gossip-transport.ts";

const NOWHERE = [
  { address: "127.0.0.1", port: 0 },
  { address: "::1", port: 7946 },
  { address: "255.255.255.255", port: 7946 },
];

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
