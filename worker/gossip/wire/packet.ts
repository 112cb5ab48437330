import type { Random } from "../../../shared/ports/random.ts";
import {
  COMPOUND_HEAD_BYTES,
  COMPOUND_PART_BYTES,
  CRC_BYTES,
  compress,
  decompress,
  joinCompound,
  labelHead,
  splitCompound,
  withCrc,
  withoutCrc,
  withoutLabel,
} from "./frames.ts";
import type { Keyring } from "./keyring.ts";
import { decodeMessage, messageTypes, type Part } from "./messages.ts";
import { SEAL_BYTES, seal, unseal } from "./seal.ts";
import { WireError, type WireFault } from "./wire-error.ts";

/** The most we send in one packet, without IP and UDP headers: fits Ethernet, VXLAN and most tunnels. */
export const PACKET_BYTES_MAX = 1_400;
/**
 * What a packet may grow to when decompressed; UDP carries no more than 64 KiB, and gossip is not worth packing well.
 */
const INFLATED_BYTES_MAX = 1024 * 1024;
/** LZW does not make anything shorter than this smaller, and nearly all packets are shorter. */
const COMPRESS_FROM_BYTES = 256;
/** A compound in a compound in a checksum in a compression: more is an attack on our stack. */
const NESTING_MAX = 4;
/** Messages of one packet, however nested. */
const PARTS_MAX = 1_024;

/** How packets of this cluster are framed. */
export interface Framing {
  readonly keyring: Keyring;
  /** Empty = none. */
  readonly label: Uint8Array;
  /** Whether to try LZW; frames that do not become smaller go as they are. Receiving never depends on it. */
  readonly compress: boolean;
  /** Whether unencrypted packets are read although there are keys: only while encryption is being introduced. */
  readonly acceptPlain: boolean;
}

/** What is left for messages in one packet, without the compound's own header. Each message costs two more bytes. */
export function packetRoom({ keyring, label }: Pick<Framing, "keyring" | "label">): number {
  const sealed = keyring.primary === null ? 0 : SEAL_BYTES;
  const labelled = label.length === 0 ? 0 : 2 + label.length;
  return PACKET_BYTES_MAX - sealed - labelled - CRC_BYTES - COMPOUND_HEAD_BYTES;
}

/** What one message takes of a packet's room. */
export function partCost(part: Part): number {
  return part.bytes.length + COMPOUND_PART_BYTES;
}

/** One packet of 1 to 255 messages. `crc`: the receiver is known to speak protocol 5 (used in the clear only). */
export function encodePacket(parts: readonly Uint8Array[], framing: Framing, crc: boolean, random: Random): Uint8Array {
  const [only] = parts;
  const joined = only !== undefined && parts.length === 1 ? only : joinCompound(parts);
  const packed =
    framing.compress && joined.length >= COMPRESS_FROM_BYTES ? smallerOf(joined, compress(joined)) : joined;
  const { primary } = framing.keyring;
  // A seal is a better checksum.
  const checked = crc && primary === null ? withCrc(packed) : packed;
  const sealed = primary === null ? checked : seal(checked, primary, random.bytes(12), framing.label);
  return framing.label.length === 0 ? sealed : Buffer.concat([labelHead(framing.label), sealed]);
}

function smallerOf(plain: Uint8Array, packed: Uint8Array): Uint8Array {
  return packed.length < plain.length ? packed : plain;
}

/** The messages of a packet that could be read, and why others of it could not. */
export interface DecodedPacket {
  readonly parts: readonly Part[];
  readonly faults: readonly WireFault[];
}

/** Never throws for what a peer may send: one bad message does not cost the good ones beside it. */
export function decodePacket(bytes: Uint8Array, framing: Framing): DecodedPacket {
  const parts: Part[] = [];
  const faults: WireFault[] = [];
  try {
    readFrames(openPacket(bytes, framing), 0, parts, faults);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    faults.push(error.fault);
  }
  return { parts, faults };
}

function openPacket(bytes: Uint8Array, { keyring, label, acceptPlain }: Framing): Uint8Array {
  const inner = withoutLabel(bytes, label);
  if (keyring.keys.length === 0) return inner;
  try {
    return unseal(inner, keyring, label);
  } catch (error) {
    if (!acceptPlain) throw error;
    return inner;
  }
}

function readFrames(frame: Uint8Array, depth: number, parts: Part[], faults: WireFault[]): void {
  const type = frame[0];
  if (type === undefined) throw new WireError("truncated", "an empty packet");
  if (depth > NESTING_MAX || parts.length >= PARTS_MAX) throw new WireError("tooLarge", "too much in one packet");
  const body = frame.subarray(1);
  switch (type) {
    case messageTypes.hasCrc:
      readFrames(withoutCrc(body), depth + 1, parts, faults);
      return;
    case messageTypes.compress:
      readFrames(decompress(body, INFLATED_BYTES_MAX), depth + 1, parts, faults);
      return;
    case messageTypes.compound: {
      const compound = splitCompound(body);
      if (compound.lost > 0) faults.push("truncated");
      for (const part of compound.parts) readOne(part, depth + 1, parts, faults);
      return;
    }
    default:
      parts.push({ message: decodeMessage(frame), bytes: frame });
  }
}

function readOne(frame: Uint8Array, depth: number, parts: Part[], faults: WireFault[]): void {
  try {
    readFrames(frame, depth, parts, faults);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    faults.push(error.fault);
  }
}
