import assert from "node:assert/strict";
import { it } from "node:test";
import type { Random } from "../../../../../shared/ports/random.ts";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import { encodeMessage } from "../../../../../worker/gossip/wire/messages.ts";
import { decodePacket, encodePacket } from "../../../../../worker/gossip/wire/packet.ts";
import { encodeStream, StreamReader } from "../../../../../worker/gossip/wire/stream.ts";
import { WireError } from "../../../../../worker/gossip/wire/wire-error.ts";
import { plainFraming, sampleExchange, sampleMessages } from "./samples.ts";

/** GOSSIP_MUTATIONS=1000000 for the long run. */
const MUTATIONS = Number(process.env["GOSSIP_MUTATIONS"] ?? 50_000);
/** Garbage that waits for its collector, and what one frame may be decompressed to (40 MiB). */
const GROWTH_BYTES_MAX = 250 * 1024 * 1024;
const LOOK_EVERY = 1_000;
const SEED = Number(process.env["GOSSIP_SEED"] ?? 7);

/** Flips, cuts, doubles and overwrites; lengths and type bytes get more than their share. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let change = random.below(4); change >= 0; change--) {
    const at = random.below(random.below(3) === 0 ? Math.min(8, copy.length) : copy.length);
    copy[at] = random.below(2) === 0 ? (copy[at] ?? 0) ^ (1 << random.below(8)) : random.below(256);
  }
  switch (random.below(6)) {
    case 0:
      return copy.subarray(0, random.below(copy.length + 1));
    case 1:
      return Buffer.concat([copy, copy.subarray(random.below(copy.length))]);
    default:
      return copy;
  }
}

it(`mutated packets and streams never throw anything but a refusal, and never grow (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const compressed = { ...plainFraming, compress: true };
  const packets = [
    ...sampleMessages.map(encodeMessage),
    encodePacket(sampleMessages.map(encodeMessage), plainFraming, false, random),
    encodePacket(sampleMessages.map(encodeMessage), compressed, false, random),
  ];
  const streams = [
    encodeStream(sampleExchange, plainFraming, random),
    encodeStream(sampleExchange, compressed, random),
  ];
  let read = 0;
  let refused = 0;
  const rssBefore = process.memoryUsage.rss();
  for (let run = 0; run < MUTATIONS; run++) {
    if (run % LOOK_EVERY === 0) {
      const grownBytes = process.memoryUsage.rss() - rssBefore;
      assert.ok(grownBytes < GROWTH_BYTES_MAX, `${grownBytes} bytes more after ${run} mutations`);
    }
    const isStream = run % 4 === 0;
    const originals = isStream ? streams : packets;
    const bytes = mutate(originals[random.below(originals.length)] ?? new Uint8Array(1), random);
    if (isStream) {
      try {
        if (new StreamReader(plainFraming).take(bytes) === null) refused++;
        else read++;
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        refused++;
      }
      continue;
    }
    const { parts, faults } = decodePacket(bytes, plainFraming);
    if (parts.length > 0) read++;
    if (faults.length > 0) refused++;
    for (const { message } of parts) encodeMessage(message);
  }
  assert.ok(read > MUTATIONS / 20, `some mutations stay readable (${read})`);
  assert.ok(refused > MUTATIONS / 20, `some do not (${refused})`);
});
