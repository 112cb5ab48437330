import type { NetworkEndpoint, NetworkService, NetworkTableChange } from "../../shared/rpc/gen/dispatcher.ts";

/** Lines of one message, in bytes: encoded in about 3 ms, and far below what a message may be. */
export const CHUNK_BYTES_MAX = 256 * 1024;
/** Of a line without texts of people's choice: three ids, addresses, tags and lengths. */
const LINE_BYTES = 130;
/** Of a published port, at most. */
const PORT_BYTES = 14;

/** A change small enough for one message. */
export interface Chunk {
  readonly change: NetworkTableChange;
  /** About as many bytes as it takes. */
  readonly weight: number;
}

const LISTS = [
  "putHosts",
  "putEndpoints",
  "putServices",
  "removedNodeIds",
  "removedTaskIds",
  "removedServiceIds",
] as const;

export function emptyChange(networkId: string): NetworkTableChange {
  return {
    networkId,
    network: null,
    putHosts: [],
    putEndpoints: [],
    putServices: [],
    removedNodeIds: [],
    removedTaskIds: [],
    removedServiceIds: [],
  };
}

/** A change as changes that say the same one after the other. At least one; the network itself is in the first. */
export function inChunks(change: NetworkTableChange): [Chunk, ...Chunk[]] {
  const chunks: { change: NetworkTableChange; weight: number }[] = [];
  let chunk = { change: { ...emptyChange(change.networkId), network: change.network }, weight: LINE_BYTES };
  for (const list of LISTS) {
    for (const item of change[list]) {
      const weight = bytesOf(item);
      if (chunk.weight + weight > CHUNK_BYTES_MAX && chunk.weight > LINE_BYTES) {
        chunks.push(chunk);
        chunk = { change: emptyChange(change.networkId), weight: LINE_BYTES };
      }
      (chunk.change[list] as unknown[]).push(item);
      chunk.weight += weight;
    }
  }
  return [chunks[0] ?? chunk, ...(chunks.length === 0 ? [] : [...chunks.slice(1), chunk])];
}

function bytesOf(item: NetworkTableChange[(typeof LISTS)[number]][number]): number {
  if (typeof item === "string") return item.length + 2;
  return LINE_BYTES + ("names" in item ? textBytes(item) : "ports" in item ? serviceBytes(item) : 0);
}

function textBytes({ names }: NetworkEndpoint): number {
  return names.reduce((sum, name) => sum + name.length + 2, 0);
}

function serviceBytes({ name, aliases, ports }: NetworkService): number {
  return [name, ...aliases].reduce((sum, each) => sum + each.length + 2, ports.length * PORT_BYTES);
}
