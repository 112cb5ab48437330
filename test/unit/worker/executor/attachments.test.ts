import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import type { ContainerId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { ATTACHED_MAX, Attachments } from "../../../../worker/executor/attachments.ts";
import type { MonitorConnection, MonitorConnector } from "../../../../worker/ports/monitor-connection.ts";
import { containerPaths, sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const KEY = "c".repeat(64) as ContainerId;
const { signal } = new AbortController();

/** A monitor that notes what it is told. */
class FakeMonitor implements MonitorConnector {
  readonly told: string[] = [];
  readonly #ended = Promise.withResolvers<void>();
  isThere = true;
  write: (text: string) => void = () => {};

  async connect(path: string, onOutput: Parameters<MonitorConnector["connect"]>[1]): Promise<MonitorConnection> {
    if (!this.isThere) throw new SwarmError("unavailable", "the container has no monitor");
    this.told.push(`connect ${path.split("/").at(-1)}`);
    this.write = (text) => onOutput("stdout", Buffer.from(text));
    return {
      ended: this.#ended.promise,
      write: async (bytes) => void this.told.push(`input ${Buffer.from(bytes)}`),
      endInput: () => void this.told.push("end of input"),
      hold: () => {},
      [Symbol.dispose]: () => void this.told.push("left"),
    };
  }

  end(): void {
    this.#ended.resolve();
  }
}

function world(): { readonly monitor: FakeMonitor; readonly attachments: Attachments; readonly piped: string[] } {
  const monitor = new FakeMonitor();
  const piped: string[] = [];
  const attachments = new Attachments({
    connector: monitor,
    files: {
      tellPipe: async (path, line) => {
        piped.push(`${path.split("/").at(-1)}: ${line}`);
        return true;
      },
    },
    clock: new VirtualClock(),
    log: silentLogger,
    pathsOf: (key) => containerPaths(sharedPaths("/data", "/run"), key),
  });
  return { monitor, attachments, piped };
}

const HOW = { holds: false, stdin: "kept" } as const;
const textOf = (piece: unknown): string => String((piece as { readonly bytes: Buffer } | null)?.bytes);

describe("those who are attached to a container", () => {
  it("share one connection, and each gets all that it writes", async () => {
    const { monitor, attachments } = world();
    const [one, other] = [attachments.join(KEY, HOW), attachments.join(KEY, HOW)];
    await Promise.all([attachments.connect(KEY), attachments.connect(KEY)]);
    monitor.write("hello");
    assert.deepEqual([textOf(await one.take(signal)), textOf(await other.take(signal))], ["hello", "hello"]);
    assert.deepEqual(monitor.told, ["connect attach"]);
    monitor.end();
    assert.deepEqual([await one.take(signal), await other.take(signal)], [null, null]);
  });

  it("are connected when it is made, if they waited for that, and their input waits with them", async () => {
    const { monitor, attachments } = world();
    const waiting = attachments.join(KEY, HOW);
    const writing = waiting.write(Buffer.from("early"));
    assert.deepEqual(monitor.told, []);
    await attachments.onCreated(KEY);
    await writing;
    assert.deepEqual(monitor.told, ["connect attach", "input early"]);
    assert.equal(await waiting.connected, true);
  });

  it("learn that it will not run, when it cannot be started or has no monitor", async () => {
    const { monitor, attachments } = world();
    const one = attachments.join(KEY, HOW);
    attachments.end(KEY);
    assert.deepEqual([await one.take(signal), await one.connected], [null, false]);
    monitor.isThere = false;
    const other = attachments.join(KEY, HOW);
    await attachments.onCreated(KEY);
    assert.equal(await other.take(signal), null);
    const late = attachments.join(KEY, HOW);
    await assert.rejects(attachments.connect(KEY), /the container has no monitor/);
    assert.equal(await late.take(signal), null);
  });

  it("leave its input open unless they end it, and close it only where it is open for one", async () => {
    for (const [stdin, ends, told] of [
      ["kept", true, ["connect attach", "left"]],
      ["none", true, ["connect attach", "left"]],
      // Leaving would close it: the connection stays.
      ["once", false, ["connect attach"]],
      ["once", true, ["connect attach", "end of input", "left"]],
    ] as const) {
      const { monitor, attachments } = world();
      const one = attachments.join(KEY, { holds: false, stdin });
      await attachments.connect(KEY);
      if (ends) one.endInput();
      await new Promise((resolve) => setImmediate(resolve));
      one[Symbol.dispose]();
      assert.deepEqual(monitor.told, told, `${stdin} ${ends}`);
    }
  });

  it("write nothing to a container whose input is not open", async () => {
    const { monitor, attachments } = world();
    const one = attachments.join(KEY, { holds: false, stdin: "none" });
    await attachments.connect(KEY);
    await one.write(Buffer.from("lost"));
    assert.deepEqual(monitor.told, ["connect attach"]);
  });

  it("are 256 at most, and one who leaves makes room", async () => {
    const { attachments } = world();
    const all = Array.from({ length: ATTACHED_MAX }, () => attachments.join(KEY, HOW));
    assert.throws(() => attachments.join(KEY, HOW), /256 are attached to the container already/);
    all[0]?.[Symbol.dispose]();
    attachments.join(KEY, HOW);
  });

  it("give its terminal another size by the monitor's pipe", async () => {
    const { attachments, piped } = world();
    assert.equal(await attachments.resize(KEY, { rows: 24, columns: 80 }), true);
    assert.deepEqual(piped, ["ctl: 1 24 80"]);
  });
});
