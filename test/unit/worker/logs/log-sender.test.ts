import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerKey } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { SentLog } from "../../../../worker/logs/log-messages.ts";
import { LogSender } from "../../../../worker/logs/log-sender.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const PATH = "/data/t1/container.log";
const KEY = "t1" as ContainerKey;
const line = (n: number): string => `2026-11-21T05:00:0${n}.000000000+00:00 stdout F line ${n}\n`;
const sent: SentLog = {
  destination: {
    ...{ kind: "syslog", server: { kind: "udp", host: "log", port: 514 }, facility: 3, format: "rfc5424" },
  },
  ...{ tag: "t", containerId: "c".repeat(64), name: "web", imageName: "nginx", attributes: [] },
};

/** A host with a log, and a server that may be away. */
function world(text: string) {
  const files = new MemoryHostFiles({ [PATH]: text });
  const clock = new VirtualClock();
  const heard: string[] = [];
  const state = { isAway: false, isOver: false };
  const sockets = {
    async open() {
      if (state.isAway) throw new Error("nobody listens");
      return {
        async send(messages: readonly Uint8Array[]) {
          if (state.isAway) throw new Error("nobody listens any more");
          heard.push(
            ...messages.map((bytes) =>
              Buffer.from(bytes)
                .toString()
                .replace(/^.* - /, ""),
            ),
          );
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
  const open = (): LogSender =>
    new LogSender({ hostname: "h", pid: 1 }, { files, sockets, clock, random: seededRandom(1), log: silentLogger });
  const begin = (sender: LogSender): void => sender.begin(KEY, { sent, path: PATH, isOver: async () => state.isOver });
  return { files, clock, heard, state, open, begin };
}

describe("a log that is sent", () => {
  it("goes out to its last line, and its end is waited for when its container goes", async () => {
    const { open, begin, heard, state } = world(line(1) + line(2));
    const sender = open();
    state.isOver = true;
    begin(sender);
    await sender.forget(KEY);
    assert.deepEqual(heard, ["line 1", "line 2"]);
  });

  it("waits for a server that is away, and goes on where it was", async () => {
    // The second line comes too soon after the first one for its place to be noted in the file.
    const { clock, files, open, begin, heard, state } = world(line(1) + line(2));
    const sender = open();
    begin(sender);
    await clock.run(1);
    state.isAway = true;
    await files.writeText(PATH, line(1) + line(2) + line(3) + line(4));
    await clock.run(2_000);
    assert.deepEqual(heard, ["line 1", "line 2"]);
    state.isAway = false;
    await clock.run(20_000);
    assert.deepEqual(heard, ["line 1", "line 2", "line 3", "line 4"]);
    await sender.close();
  });

  it("is gone on with by the next daemon from the place that was noted", async () => {
    const { clock, files, open, begin, heard, state } = world(line(1));
    const first = open();
    begin(first);
    await clock.run(5_000);
    await first.close();
    await files.writeText(PATH, line(1) + line(2));
    state.isOver = true;
    const second = open();
    begin(second);
    await second.forget(KEY);
    assert.deepEqual(heard, ["line 1", "line 2"]);
  });

  it("does not hold up the removal of its container for long", async () => {
    const { clock, open, begin, state } = world(line(1));
    state.isAway = true;
    const sender = open();
    begin(sender);
    let isOver = false;
    const forgotten = sender.forget(KEY).then(() => (isOver = true));
    await clock.run(10_000);
    assert.ok(isOver);
    await forgotten;
  });
});
