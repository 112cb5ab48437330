import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Datagrams } from "../ports/datagrams.ts";

/** Both ends use it, so that each packet is an answer to the other's: only answers are let in from the overlay. */
export const OVERLAY_PROBE_PORT = 7_947;
/** Hosts do not begin at the same moment, and a loaded one is slow to begin. */
export const OVERLAY_PROBE_MS = 5_000;
export const ROUND_EVERY_MS = 200;
/** All sizes are tried every so many rounds; the smallest and the largest in each. */
const LADDER_EVERY = 4;
/** After the last thing we wait for: others may have missed what we said. */
const FAREWELL_ROUNDS = 2;
const IP_AND_UDP_BYTES = 28;
const HEARD_BYTES = 2;

/** Sizes of whole packets, bytes, that links on the way often make of 1500 or 9000. */
const RUNGS: readonly number[] = [
  ...[128, 576, 1000, 1200, 1230, 1280, 1300, 1320, 1340, 1350, 1360, 1370, 1380, 1390, 1400, 1410, 1420, 1430, 1440],
  ...[1450, 1480, 1500, 2000, 4000, 8000, 8900, 8950],
];

export interface OverlayProbeOptions {
  /** The same on all hosts of one examination; tells its packets from any others. */
  readonly examinationId: string;
  /** This host's address on the network. */
  readonly address: string;
  /** Addresses of the others on the network. */
  readonly others: readonly string[];
  /** The largest packet that is assumed to fit, and the largest that is tried. */
  readonly mtu: number;
}

/** Largest packets that came, in bytes, by the address that they came from; an address without any is missing. */
export type Arrived = ReadonlyMap<string, number>;

/**
 * Sends packets of many sizes to the others, which do the same at the same time, and notes what arrives. Ends once
 * everything has arrived everywhere, after OVERLAY_PROBE_MS, or when aborted. @throws when no socket can be had.
 */
export async function probeOverlay(
  { examinationId, address, others, mtu }: OverlayProbeOptions,
  { datagrams, clock }: { readonly datagrams: Datagrams; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Arrived> {
  const arrived = new Map<string, number>();
  /** What the others say that they got from us. */
  const heard = new Map<string, number>();
  const label = Buffer.from(examinationId, "latin1");
  const known = new Set(others);
  using socket = await datagrams.open(address, OVERLAY_PROBE_PORT, (bytes, from) => {
    const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!known.has(from) || packet.length < label.length + HEARD_BYTES) return;
    if (!packet.subarray(0, label.length).equals(label)) return;
    arrived.set(from, Math.max(arrived.get(from) ?? 0, packet.length + IP_AND_UDP_BYTES));
    heard.set(from, Math.max(heard.get(from) ?? 0, packet.readUInt16BE(label.length)));
  });
  const sizes = rungsUpTo(mtu);
  const ends = [sizes[0] ?? mtu, mtu];
  const isDone = (): boolean =>
    others.every((other) => (arrived.get(other) ?? 0) >= mtu && (heard.get(other) ?? 0) >= mtu);
  const endMs = clock.now() + OVERLAY_PROBE_MS;
  let farewells = 0;
  for (let round = 0; clock.now() < endMs && farewells <= FAREWELL_ROUNDS && !signal.aborted; round++) {
    if (isDone()) farewells++;
    for (const other of others) {
      for (const size of round % LADDER_EVERY === 0 ? sizes : ends) {
        const packet = Buffer.alloc(Math.max(size - IP_AND_UDP_BYTES, label.length + HEARD_BYTES));
        label.copy(packet);
        packet.writeUInt16BE(Math.min(arrived.get(other) ?? 0, 0xffff), label.length);
        socket.send(packet, other);
      }
    }
    await sleep(clock, ROUND_EVERY_MS, "doctor: next round of packets", signal).catch(() => {});
  }
  return arrived;
}

/** The sizes to try: what is below the largest, and the largest itself. */
export function rungsUpTo(mtu: number): readonly number[] {
  return [...RUNGS.filter((rung) => rung < mtu), mtu];
}
