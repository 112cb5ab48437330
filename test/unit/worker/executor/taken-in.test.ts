import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { hasWaiting, TAKE_IN_MS_MAX, untilTakenIn } from "../../../../worker/executor/taken-in.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (state: string, sent: string, received: string): string =>
  `${HEADING}   0: 0100007F:1F90 0200007F:C350 ${state} ${sent}:${received} 00:00000000 00000000     0        0 12345 1\n`;
const NOTHING = "00000000";
const SOME = "00000010";

describe("what came to a container and was not taken in", () => {
  for (const [what, state, sent, received, expected] of [
    ["connections that nobody has accepted", "0A", NOTHING, SOME, true],
    ["bytes of a connection that nobody has read", "01", NOTHING, SOME, true],
    ["bytes of one that the other side has ended", "08", NOTHING, SOME, true],
    ["no bytes", "01", NOTHING, NOTHING, false],
    ["bytes on their way out", "01", SOME, NOTHING, false],
    ["what is left of a connection that is over", "06", NOTHING, SOME, false],
  ] as const)
    it(`is ${expected ? "seen" : "not seen"} in ${what}`, () => {
      assert.equal(hasWaiting(line(state, sent, received)), expected);
    });

  it("is seen in IPv6, and not in a table without connections", () => {
    const any = "0".repeat(32);
    assert.ok(
      hasWaiting(`${HEADING}   0: ${any}:0050 ${any}:0000 0A ${NOTHING}:00000001 00:00000000 00000000  0 0 7 1\n`),
    );
    assert.ok(!hasWaiting(HEADING));
    assert.ok(!hasWaiting(""));
  });

  it("is in the kernel's own table as expected", async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const client = connect(address.port, "127.0.0.1");
    const accepted = once(server, "connection");
    client.write("hello");
    const [socket] = await accepted;
    const port = `:${address.port.toString(16).toUpperCase().padStart(4, "0")} `;
    const own = (): string => {
      const lines = readFileSync("/proc/self/net/tcp", "utf8").split("\n");
      return lines.filter((each) => each.split(" rem")[0]?.includes(`0100007F${port}0100007F`)).join("\n");
    };
    while (!hasWaiting(own())) await new Promise((resolve) => setImmediate(resolve));
    socket.resume();
    await once(socket, "data");
    assert.ok(!hasWaiting(own()));
    client.destroy();
    socket.destroy();
    server.close();
  });

  it("is waited for until it has been taken in, and not for ever", async () => {
    const waits = async (tables: readonly string[]): Promise<number> => {
      const clock = new VirtualClock();
      let looks = 0;
      const processes = {
        identify: async () => null,
        list: async () => [],
        commandLine: async () => [],
        kill: async () => true,
        connections: async () => tables[Math.min(looks++, tables.length - 1)] ?? "",
      };
      let isOver = false;
      const waiting = untilTakenIn({ pid: 1, startTicks: "1" }, { processes, clock }, new AbortController().signal);
      void waiting.then(() => {
        isOver = true;
      });
      const startedAt = clock.now();
      while (!isOver) await clock.run(10);
      return clock.now() - startedAt;
    };
    const busy = line("0A", NOTHING, SOME);
    assert.ok((await waits([HEADING])) <= 10);
    assert.ok((await waits([busy, busy, HEADING])) <= 60);
    const longest = await waits([busy]);
    assert.ok(longest >= TAKE_IN_MS_MAX && longest <= TAKE_IN_MS_MAX + 50, `${longest}`);
  });
});
