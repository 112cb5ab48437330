/** What a connection to a monitor promises, over a real socket of packets with a stand-in for conmon behind it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SwarmError } from "../../shared/errors.ts";
import { systemMonitorConnector } from "../../worker/ports/system-monitor-connector.ts";

/** Packets as conmon sends them; at the end of the input, the sizes of the packets that came. */
const ECHO = `
import socket, os, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1]); s.listen(1); print("ready", flush=True)
c, _ = s.accept()
c.send(b"\\x02out"); c.send(b"\\x03err"); c.send(b"\\x02" + b"x" * 8192)
sizes = []
while True:
    got = c.recv(65536)
    if not got: break
    sizes.append(len(got))
c.send(b"\\x02" + repr(sizes).encode()); c.close()
`;

describe("a connection to a monitor", () => {
  it("tells outputs apart by packets, cuts input to what a monitor takes, and goes on after the input's end", async () => {
    // Longer than the address of a socket may be.
    const directory = mkdtempSync(join(tmpdir(), `swarm-attach-${"x".repeat(120)}-`));
    const child = spawn("python3", ["-c", ECHO, "attach"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const pieces: string[] = [];
      using connection = await systemMonitorConnector.connect(join(directory, "attach"), (stream, bytes) => {
        pieces.push(`${stream} ${bytes.length > 100 ? bytes.length : bytes}`);
      });
      await Promise.all([connection.write(Buffer.from("a")), connection.write(Buffer.alloc(40_000))]);
      connection.endInput();
      await connection.ended;
      assert.deepEqual(pieces.slice(0, 3), ["stdout out", "stderr err", "stdout 8192"]);
      const sizes = JSON.parse((pieces[3] ?? "").replace("stdout ", "")) as readonly number[];
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        40_001,
      );
      assert.ok(
        sizes.every((size) => size <= 32_768),
        `${sizes}`,
      );
    } finally {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("is refused with a sentence where nobody listens", async () => {
    const refused = (path: string): Promise<void> =>
      assert.rejects(
        systemMonitorConnector.connect(path, () => {}),
        (error) => {
          return error instanceof SwarmError && error.code === "unavailable";
        },
      );
    await refused("/nowhere/attach");
    await refused(join(tmpdir(), "nobody-listens-here"));
  });
});
