/**
 * `crowd.ts MEMBERS`: one process that plays that many members to one real one: answers its pings and exchanges, and
 * sends what they would send it at rest.
 */

import { systemRandom } from "../../../shared/ports/system-random.ts";
import { OUR_VERSIONS } from "../../../worker/gossip/core/member.ts";
import { swarmProfile } from "../../../worker/gossip/core/profiles.ts";
import type { GossipStream } from "../../../worker/gossip/gossip-transport.ts";
import { openSystemTransport } from "../../../worker/gossip/ports/system-gossip-transport.ts";
import type { Endpoint } from "../../../worker/gossip/wire/address.ts";
import { encodeMessage, type Message } from "../../../worker/gossip/wire/messages.ts";
import { decodePacket, encodePacket, type Framing } from "../../../worker/gossip/wire/packet.ts";
import { encodeStream, type MemberRecord, StreamReader } from "../../../worker/gossip/wire/stream.ts";
import { CROWD_PORT, LONE, LONE_NAME } from "./lone-member.ts";
import { CLUSTER_KEY } from "./start-gossip.ts";

const members = Number(process.argv[2]);
const key = CLUSTER_KEY;
const framing: Framing = {
  keyring: { primary: key, keys: [key] },
  label: new Uint8Array(0),
  compress: true,
  acceptPlain: false,
};
const records: readonly MemberRecord[] = Array.from({ length: members }, (_, index) => ({
  name: `member${index}`.padEnd(25, "x"),
  endpoint: { address: `127.1.${index >> 8}.${index & 255}`, port: CROWD_PORT },
  incarnation: 1,
  state: "alive",
  meta: new Uint8Array(60).fill(index & 255),
  versions: OUR_VERSIONS,
}));

const transport = await openSystemTransport(
  { address: "0.0.0.0", port: CROWD_PORT },
  {
    onPacket(bytes, from) {
      for (const { message } of decodePacket(bytes, framing).parts) {
        if (message.type === "ping") send({ type: "ack", seqNo: message.seqNo, payload: new Uint8Array(0) }, from);
      }
    },
    onStream: (stream) => void serve(stream),
  },
);

setInterval(() => send({ type: "ping", seqNo: 1, node: LONE_NAME, source: null }, LONE), swarmProfile.probePaceMaxMs);
setInterval(() => void exchange(), swarmProfile.exchangeIntervalMs);

function send(message: Message, to: Endpoint): void {
  transport.send(encodePacket([encodeMessage(message)], framing, false, systemRandom), to);
}

async function serve(stream: GossipStream): Promise<void> {
  const reader = new StreamReader(framing);
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    const message = reader.take(chunk);
    if (message?.type === "pushPull") await stream.send(answer(message.join));
    if (message !== null) break;
  }
  stream.end();
}

async function exchange(): Promise<void> {
  const stream = transport.dial(LONE);
  try {
    await stream.send(answer(false));
    await stream.read();
  } finally {
    stream.close();
  }
}

function answer(join: boolean): Uint8Array {
  const from = systemRandom.below(members);
  const some = join ? records : records.slice(from, from + swarmProfile.exchangeMembersMax);
  const exchanged = { type: "pushPull", join, members: some, userState: new Uint8Array(0) } as const;
  return encodeStream(exchanged, framing, systemRandom);
}
