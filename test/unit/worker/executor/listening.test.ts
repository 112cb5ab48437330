import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkId } from "../../../../shared/ids.ts";
import {
  type CalledPorts,
  calledPorts,
  LISTEN_WAIT_MS_MAX,
  stillSilent,
  untilListening,
} from "../../../../worker/executor/listening.ts";
import type { Listener } from "../../../../worker/netlink/listeners.ts";
import { createPort, createService, createTask, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const listener = (port: number, change: Partial<Listener> = {}): Listener => ({
  ...{ protocol: "tcp", port, address: "0.0.0.0", inode: 1 },
  ...change,
});
const WEB: CalledPorts = { ports: [{ protocol: "tcp", port: 80 }], which: "all" };

const onNetwork = { networkId: testId<NetworkId>("n1"), address: "10.0.1.3/24", address6: "", aliases: [] };
const taskWith = (part: Parameters<typeof createTask>[2]) => createTask("t1", createService("web"), part);
const publishing = (...ports: readonly Parameters<typeof createPort>[0][]) => ({
  mode: "VIP" as const,
  virtualIps: [],
  ports: ports.map((port) => createPort(port)),
});

test("clients call at published ports, of the mesh and of the host, by TCP and UDP", () => {
  const endpoint = publishing(
    { targetPort: 80 },
    { targetPort: 53, protocol: "UDP", publishMode: "HOST" },
    { targetPort: 36412, protocol: "SCTP" },
  );
  assert.deepEqual(calledPorts(taskWith({ endpoint }), ["443/tcp"]), {
    ports: [
      { protocol: "tcp", port: 80 },
      { protocol: "udp", port: 53 },
    ],
    which: "all",
  });
});

test("where none is published neighbours call at one of the image's ports, and without neighbours nobody calls", () => {
  const exposed = ["80/tcp", "53/udp", "9000", "8000-8010/tcp"];
  const [tcp, udp, bare] = [
    { protocol: "tcp", port: 80 },
    { protocol: "udp", port: 53 },
    { protocol: "tcp", port: 9000 },
  ];
  const task = taskWith({ endpoint: null, networks: [onNetwork] });
  assert.deepEqual(calledPorts(task, exposed), { ports: [tcp, udp, bare], which: "any" });
  assert.deepEqual(calledPorts(taskWith({ endpoint: null, networks: [] }), exposed).ports, []);
});

test("who listens on loopback alone is not there for others; with several ports all or one are awaited", () => {
  assert.equal(stillSilent(WEB, [listener(80, { address: "127.0.0.1" })]).length, 1);
  assert.equal(stillSilent(WEB, [listener(80, { address: "::1" })]).length, 1);
  assert.equal(stillSilent(WEB, [listener(80, { protocol: "udp" })]).length, 1);
  assert.equal(stillSilent(WEB, [listener(80, { address: "::" })]).length, 0);
  const both = [...WEB.ports, { protocol: "tcp", port: 443 } as const];
  assert.deepEqual(stillSilent({ ports: both, which: "all" }, [listener(80)]), [both[1]]);
  assert.deepEqual(stillSilent({ ports: both, which: "any" }, [listener(443)]), []);
});

/** What is seen while time passes until the wait is over. */
async function waiting(called: CalledPorts, look: (nowMs: number) => readonly Listener[] | null) {
  const clock = new VirtualClock();
  const said: string[] = [];
  let overAtMs = -1;
  const parts = { clock, look: () => look(clock.now()), onProgress: (message: string) => void said.push(message) };
  const wait = untilListening(called, parts, new AbortController().signal).then(() => {
    overAtMs = clock.now();
  });
  await clock.run(2 * LISTEN_WAIT_MS_MAX);
  await wait;
  return { overAtMs, said };
}

test("a program that listens after a moment is waited for, to within some milliseconds", async () => {
  const { overAtMs, said } = await waiting(WEB, (nowMs) => (nowMs < 300 ? [] : [listener(80)]));
  assert.ok(overAtMs >= 300 && overAtMs <= 350, `${overAtMs} ms`);
  assert.deepEqual(said, []);
  assert.equal((await waiting(WEB, () => [listener(80)])).overAtMs, 0);
});

test("one that does not is said so, and not waited for longer than its time", async () => {
  const { overAtMs, said } = await waiting(WEB, () => []);
  assert.ok(overAtMs >= LISTEN_WAIT_MS_MAX && overAtMs <= LISTEN_WAIT_MS_MAX + 50, `${overAtMs} ms`);
  assert.deepEqual(said, ["nothing listens on port 80/tcp yet"]);
});

test("a kernel that does not say who listens holds nobody up", async () => {
  assert.equal((await waiting(WEB, () => null)).overAtMs, 0);
});

test("a task that should stop is not waited for", async () => {
  const stop = new AbortController();
  const parts = { clock: new VirtualClock(), look: () => [], onProgress: () => {} };
  const wait = untilListening(WEB, parts, stop.signal);
  stop.abort(new Error("stop"));
  await assert.rejects(wait, /stop/);
});
