/**
 * Sends one VXLAN packet with a made-up frame, as any program with a UDP socket can, and then one plain datagram to
 * the same host as a fence: once that has been seen, the first has been dealt with. Argument: a ForgedPacket as JSON.
 */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { hostBlock } from "../../shared/ip-block.ts";

export interface ForgedPacket {
  /** The host it is sent to, and the port of VXLAN there. */
  readonly to: string;
  readonly port: number;
  readonly vni: number;
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  /** UDP port of the packet inside. */
  readonly destinationPort: number;
}

/** UDP port of the fence. */
export const FENCE_PORT = 9;

/** The frame inside: Ethernet, IPv4 or IPv6, UDP, one byte. */
export function forgedFrame(packet: ForgedPacket): Buffer {
  return isIPv6(packet.destination) ? frameOfIpv6(packet) : frameOfIpv4(packet);
}

function frameOfIpv6({ source, destination, destinationPort, ...macs }: ForgedPacket): Buffer {
  const addresses = Buffer.concat([source, destination].map(bytesOfIpv6));
  const udp = Buffer.from("00000000000900007800", "hex");
  udp.writeUInt16BE(40_001, 0);
  udp.writeUInt16BE(destinationPort, 2);
  // Over the addresses as well, and never left out: one byte of payload and one to fill up.
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(9, 0);
  pseudo.writeUInt8(17, 7);
  udp.writeUInt16BE(checksum(Buffer.concat([addresses, pseudo, udp])), 6);
  const head = Buffer.from("6000000000091140", "hex");
  const ethernet = Buffer.from(`${macs.destinationMac}${macs.sourceMac}86dd`.replaceAll(":", ""), "hex");
  return Buffer.concat([ethernet, head, addresses, udp.subarray(0, 9)]);
}

function bytesOfIpv6(address: string): Buffer {
  const value = hostBlock(address)?.first ?? 0n;
  return Buffer.from(value.toString(16).padStart(32, "0"), "hex");
}

function frameOfIpv4(packet: ForgedPacket): Buffer {
  const payload = Buffer.from("x");
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(40_001, 0);
  udp.writeUInt16BE(packet.destinationPort, 2);
  udp.writeUInt16BE(udp.length + payload.length, 4);
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(ip.length + udp.length + payload.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(17, 9);
  Buffer.from(packet.source.split(".").map(Number)).copy(ip, 12);
  Buffer.from(packet.destination.split(".").map(Number)).copy(ip, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  const ethernet = Buffer.from(`${packet.destinationMac}${packet.sourceMac}0800`.replaceAll(":", ""), "hex");
  return Buffer.concat([ethernet, ip, udp, payload]);
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

if (import.meta.main) {
  const packet = JSON.parse(process.argv[2] ?? "") as ForgedPacket;
  const header = Buffer.alloc(8);
  header.writeUInt8(0x08, 0);
  header.writeUInt32BE(packet.vni << 8, 4);
  const socket = createSocket(isIPv6(packet.to) ? "udp6" : "udp4");
  const send = (bytes: Buffer, port: number): Promise<void> =>
    new Promise((resolve) => {
      // A host that keeps us from sending says so here; that is as good as nothing having arrived.
      socket.send(bytes, port, packet.to, () => resolve());
    });
  await send(Buffer.concat([header, forgedFrame(packet)]), packet.port);
  await send(Buffer.from("fence"), FENCE_PORT);
  socket.close();
}
