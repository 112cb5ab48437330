import assert from "node:assert/strict";
import { test } from "node:test";
import { type Arrived, OVERLAY_PROBE_MS, probeOverlay, rungsUpTo } from "../../../../worker/doctor/overlay-probe.ts";
import type { Datagrams } from "../../../../worker/ports/datagrams.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const IP_AND_UDP_BYTES = 28;
const [A, B, C] = ["10.0.0.2", "10.0.0.3", "10.0.0.4"] as const;
const MTU = 1450;

/** An overlay that lets packets of up to `fits(from, to)` bytes through, to whoever has opened a socket. */
function createWorld(fits: (from: string, to: string) => number = () => MTU) {
  const clock = new VirtualClock();
  const sockets = new Map<string, (bytes: Uint8Array, from: string) => void>();
  const counts = { sent: 0, open: 0 };
  const datagrams: Datagrams = {
    async open(address, _port, onPacket) {
      sockets.set(address, onPacket);
      counts.open++;
      return {
        send(bytes, to) {
          counts.sent++;
          if (bytes.length + IP_AND_UDP_BYTES > fits(address, to)) return;
          clock.schedule(1, "packet", () => sockets.get(to)?.(bytes, address));
        },
        [Symbol.dispose]() {
          sockets.delete(address);
          counts.open--;
        },
      };
    },
  };
  const start = (address: string, others: readonly string[], examinationId = "e"): Promise<Arrived> =>
    probeOverlay({ examinationId, address, others, mtu: MTU }, { datagrams, clock }, new AbortController().signal);
  /** Runs until all have ended; resolves with their results and the time it took. */
  const finish = async (probes: readonly Promise<Arrived>[]) => {
    let isOver = false;
    const all = Promise.all(probes).finally(() => {
      isOver = true;
    });
    const beganMs = clock.now();
    await clock.until("all probes end", () => isOver);
    return { arrived: await all, tookMs: clock.now() - beganMs };
  };
  return { clock, counts, sockets, start, finish };
}

test("ends early once the largest packets have arrived both ways, and closes its socket", async () => {
  const { counts, start, finish } = createWorld();
  const { arrived, tookMs } = await finish([start(A, [B, C]), start(B, [A, C]), start(C, [A, B])]);
  assert.deepEqual(
    arrived.map((each) => [...each.values()]),
    [
      [MTU, MTU],
      [MTU, MTU],
      [MTU, MTU],
    ],
  );
  assert.ok(tookMs < OVERLAY_PROBE_MS / 2, `${tookMs}`);
  assert.equal(counts.open, 0);
});

test("tells in which direction nothing arrives, and how large what arrives is", async () => {
  const { start, finish } = createWorld((from, to) => (from === A && to === B ? 0 : from === C ? 1360 : MTU));
  const { arrived, tookMs } = await finish([start(A, [B, C]), start(B, [A, C]), start(C, [A, B])]);
  const [a, b, c] = arrived;
  assert.deepEqual(Object.fromEntries(a ?? []), { [B]: MTU, [C]: 1360 });
  assert.deepEqual(Object.fromEntries(b ?? []), { [C]: 1360 });
  assert.deepEqual(Object.fromEntries(c ?? []), { [A]: MTU, [B]: MTU });
  assert.ok(tookMs >= OVERLAY_PROBE_MS && tookMs < OVERLAY_PROBE_MS * 1.1, `${tookMs}`);
});

test("finds a host that begins a second later", async () => {
  const { clock, start, finish } = createWorld();
  const first = start(A, [B]);
  await clock.run(1_000);
  const { arrived } = await finish([first, start(B, [A])]);
  assert.deepEqual(
    arrived.map((each) => [...each.values()]),
    [[MTU], [MTU]],
  );
});

test("goes on for the other, which has not got everything yet", async () => {
  let isOpen = false;
  const { clock, start, finish } = createWorld((from) => (from === B || isOpen ? MTU : 0));
  const probes = [start(A, [B]), start(B, [A])];
  clock.schedule(2_000, "the way opens", () => {
    isOpen = true;
  });
  const { arrived, tookMs } = await finish(probes);
  assert.deepEqual(
    arrived.map((each) => [...each.values()]),
    [[MTU], [MTU]],
  );
  assert.ok(tookMs < OVERLAY_PROBE_MS, `${tookMs}`);
});

test("takes no packets of another examination, of strangers, or cut short", async () => {
  const { clock, sockets, start, finish } = createWorld();
  const own = start(A, [B]);
  const other = start(B, [A], "f");
  await clock.run(100);
  sockets.get(A)?.(Buffer.concat([Buffer.from("e"), Buffer.alloc(100)]), C);
  sockets.get(A)?.(Buffer.from("e"), B);
  sockets.get(A)?.(Buffer.alloc(0), B);
  const { arrived } = await finish([own, other]);
  assert.deepEqual(
    arrived.map(({ size }) => size),
    [0, 0],
  );
});

test("the sizes it tries end with the one that is assumed to fit", () => {
  assert.deepEqual(rungsUpTo(1230).slice(-3), [1000, 1200, 1230]);
  assert.equal(rungsUpTo(8950).at(-1), 8950);
});
