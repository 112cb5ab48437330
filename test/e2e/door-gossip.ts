/**
 * Run on the lab's client: asks members for what only members get, without a key, with a wrong one, and (of a member of
 * its own, so that the question is known to be a good one) with the right one. Prints how many bytes each was answered
 * with, by datagram and by stream.
 *
 *     door-gossip.ts OWN-ADDRESS MEMBER-ADDRESS
 */
import { silentLogger } from "../../shared/log.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import { swarmProfile } from "../../worker/gossip/core/profiles.ts";
import { Gossip } from "../../worker/gossip/gossip.ts";
import { openSystemTransport } from "../../worker/gossip/ports/system-gossip-transport.ts";
import type { Endpoint } from "../../worker/gossip/wire/address.ts";
import { encodeMessage, type Versions } from "../../worker/gossip/wire/messages.ts";
import { encodePacket, type Framing } from "../../worker/gossip/wire/packet.ts";
import { encodeStream } from "../../worker/gossip/wire/stream.ts";

const PORT = 7946;
const VERSIONS: Versions = [1, 5, 2, 2, 5, 4];
const NOTHING = new Uint8Array(0);
const KEY = systemRandom.bytes(32);

export interface GossipAnswer {
  readonly datagramBytes: number;
  readonly streamBytes: number;
}

const [own = "", member = ""] = process.argv.slice(2);
const plain: Framing = { keyring: { primary: null, keys: [] }, label: NOTHING, compress: false, acceptPlain: false };
const sealed: Framing = { ...plain, keyring: { primary: KEY, keys: [KEY] } };
const decoy = await Gossip.start(
  {
    ...{ name: "decoy", listen: { address: own, port: PORT }, meta: NOTHING, profile: swarmProfile },
    ...{ label: "", compress: false, acceptPlain: false },
  },
  {
    ...{ open: openSystemTransport, keyring: () => sealed.keyring, clock: systemClock, random: systemRandom },
    ...{ log: silentLogger, onMember: () => {} },
  },
);
const answers: Record<string, GossipAnswer> = {
  // First, so that it is known to have been answered before it is given up in the others.
  "the right key": await ask({ address: own, port: PORT }, sealed, true),
  "no key": await ask({ address: member, port: PORT }, plain, false),
  "another key": await ask({ address: member, port: PORT }, sealed, false),
};
await decoy[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify(answers)}\n`);

/** A stream's end comes after the answer to a datagram that was sent before, unless that is waited for. */
async function ask(to: Endpoint, framing: Framing, isAnswered: boolean): Promise<GossipAnswer> {
  const heard = Promise.withResolvers<void>();
  let datagramBytes = 0;
  const onPacket = (bytes: Uint8Array): void => {
    datagramBytes += bytes.length;
    heard.resolve();
  };
  await using transport = await openSystemTransport(
    { address: own, port: 0 },
    { onPacket, onStream: (stream) => stream.close() },
  );
  const ping = encodeMessage({ type: "ping", seqNo: 1, node: "", source: { ...transport.local, node: "stranger" } });
  transport.send(encodePacket([ping], framing, false, systemRandom), to);
  if (isAnswered) await heard.promise;
  const stream = transport.dial(to);
  const stranger = { name: "stranger", endpoint: transport.local, incarnation: 1, meta: NOTHING, versions: VERSIONS };
  const exchange = { type: "pushPull", join: true, userState: NOTHING } as const;
  await stream.send(encodeStream({ ...exchange, members: [{ ...stranger, state: "alive" }] }, framing, systemRandom));
  stream.end();
  let streamBytes = 0;
  try {
    for (let part = await stream.read(); part !== null; part = await stream.read()) streamBytes += part.length;
  } catch {
    // A connection that is cut off has said what it said.
  }
  return { datagramBytes, streamBytes };
}
