import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { addressBytes, addressText, macBytes, macText, prefixBytes } from "../../../../worker/netlink/addresses.ts";
import { listenerRequests, parseListeners, readListener } from "../../../../worker/netlink/listeners.ts";
import { attribute, attributesIn, type Message, message, messagesIn } from "../../../../worker/netlink/wire.ts";

describe("netlink's pure parts", () => {
  it("write each address in one way, and read it back", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const { bytes } = addressBytes(text);
        const canonical = addressText(bytes);
        assert.ok(addressBytes(canonical).bytes.equals(bytes));
        if (bytes.length === 16) assert.equal(new URL(`http://[${text}]/`).hostname, `[${canonical}]`);
      }),
    );
    assert.ok(isIPv6(addressText(Buffer.alloc(16))));
    assert.equal(macText(macBytes("02:42:0a:00:00:0b")), "02:42:0a:00:00:0b");
  });

  it("refuse what is no address, no prefix and no MAC", () => {
    for (const text of ["", "10.0.0", "10.0.0.1/33", "fd00::/129", "10.0.0.1/", "10.0.0.1/2/3", "::1%lo", "x"])
      assert.throws(() => prefixBytes(text), { code: "invalidArgument" }, text);
    for (const text of ["", "02:42:0a:00:00", "02:42:0A:00:00:0B", "02-42-0a-00-00-0b"])
      assert.throws(() => macBytes(text), { code: "invalidArgument" }, text);
  });

  it("take any bytes for a datagram, and read of a whole one what was written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const { body } of messagesIn(Buffer.from(bytes))) attributesIn(body, 4);
        const [read] = messagesIn(message(7, 3, attribute(9, bytes)));
        assert.deepEqual([read?.type, read?.flags], [7, 3]);
        assert.deepEqual(attributesIn(read?.body).get(9), Buffer.from(bytes));
      }),
    );
  });

  it("ask who listens, and read the kernel's answers", () => {
    assert.deepEqual(
      listenerRequests().map(({ protocol, request }) => `${protocol} ${request.subarray(16, 24).toString("hex")}`),
      ["tcp 0206000000040000", "tcp 0a06000000040000", "udp 0211000080000000", "udp 0a11000080000000"],
    );
    const answer = (start: string, address: string): Message => {
      const body = Buffer.alloc(72);
      Buffer.from(start, "hex").copy(body);
      Buffer.from(address, "hex").copy(body, 8);
      body.writeUInt32LE(178, 68);
      return { type: 20, flags: 2, sequence: 1, port: 0, body };
    };
    const read = (start: string, address: string): unknown => readListener("tcp", answer(start, address));
    const listener = { protocol: "tcp", inode: 178 };
    assert.deepEqual(read("020a000007e8", "7f00000b"), { ...listener, port: 2024, address: "127.0.0.11" });
    assert.deepEqual(read("0a0a00000050", "00".repeat(16)), { ...listener, port: 80, address: "::" });
    const mapped = "00000000000000000000ffff0a620002";
    assert.deepEqual(read("0a0a00000050", mapped), { ...listener, port: 80, address: "10.98.0.2" });
    assert.equal(readListener("tcp", { ...answer("", ""), body: Buffer.alloc(10) }), null);
  });

  it("read who listens: TCP that listens, and UDP without a peer", () => {
    const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    const tcp = [
      heading,
      "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
      "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0",
      "",
    ].join("\n");
    const udp6 = [
      heading,
      "   9: 000000000000000000000000F9000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 3 2",
      "  10: 0000000000000000FFFF00000200620A:1F90 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 4 2",
      "  11: 00000000000000000000000000000000:1F90 00000000000000000000000001000000:0035 01 0:0 0:0 0 0 0 5 2",
      "",
    ].join("\n");
    assert.deepEqual(parseListeners("tcp", tcp), [{ protocol: "tcp", port: 22, address: "0.0.0.0", inode: 1 }]);
    assert.deepEqual(parseListeners("udp6", udp6), [
      { protocol: "udp", port: 53, address: "::f9", inode: 3 },
      { protocol: "udp", port: 8080, address: "10.98.0.2", inode: 4 },
    ]);
  });
});
