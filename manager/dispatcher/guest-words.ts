import { SwarmError } from "../../shared/errors.ts";
import { type NetworkId, parseId } from "../../shared/ids.ts";
import { hostBlock } from "../../shared/ip-block.ts";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import type { Guest } from "../../shared/objects/types.ts";
import type { TellGuestsRequest } from "../../shared/rpc/gen/dispatcher.ts";
import { isPrintable } from "../../shared/visible-text.ts";

/** What a host says of a guest; the rest is the leader's. */
export type WantedGuest = Pick<Guest, "networkId" | "containerId" | "names" | "wished" | "wished6" | "insists">;

const CONTAINER_ID = /^[0-9a-f]{64}$/;

/** The guests that a host says it has, and about how many bytes they take. @throws SwarmError invalidArgument. */
export function takeGuests({ guests }: TellGuestsRequest): {
  readonly wanted: readonly WantedGuest[];
  readonly bytes: number;
} {
  const { max, of } = HOST_LIMITS.guests;
  if (guests.length > max) throw invalid(`${of}: ${guests.length}, but at most ${max} are allowed`);
  const wanted = guests.map((guest): WantedGuest => {
    const { containerId, names, wished, wished6, insists } = guest;
    if (!CONTAINER_ID.test(containerId)) throw invalid("the id of a container has 64 hexadecimal digits");
    if (names.length === 0 || names.length > HOST_LIMITS.guestNames.max)
      throw invalid(`${HOST_LIMITS.guestNames.of}: ${names.length}`);
    for (const name of names) {
      const isName = name !== "" && Buffer.byteLength(name) <= HOST_LIMITS.guestName.max && isPrintable(name);
      if (!isName) throw invalid("the name of a container on a network is no name");
    }
    for (const address of [wished, wished6]) {
      const isAddress = address === "" || (hostBlock(address) !== null && !address.includes("/"));
      if (!isAddress) throw invalid("a container wishes an address that is none");
    }
    const networkId = parseId<NetworkId>(guest.networkId, "network");
    return { networkId, containerId, names, wished, wished6, insists };
  });
  const keys = new Set(wanted.map(keyOf));
  if (keys.size !== wanted.length) throw invalid("a container is on a network only once");
  return { wanted, bytes: wanted.reduce((sum, guest) => sum + bytesOf(guest), 0) };
}

/** A container on a network. */
export function keyOf({ networkId, containerId }: Pick<Guest, "networkId" | "containerId">): string {
  return `${networkId} ${containerId}`;
}

function bytesOf({ names }: WantedGuest): number {
  const REST = 200;
  return names.reduce((sum, name) => sum + Buffer.byteLength(name), REST);
}

const invalid = (sentence: string): SwarmError => new SwarmError("invalidArgument", sentence);
