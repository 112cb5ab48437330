import { GOSSIP_PORT } from "../../shared/host-probe/prober.ts";
import { areWhole, primaryKeyOf } from "../../shared/pki/gossip-keys.ts";
import type { NodeRole } from "../../shared/rpc/gen/objects.ts";
import { addressToBytes, type Endpoint } from "../gossip/wire/address.ts";
import { META_BYTES_MAX } from "../gossip/wire/fields.ts";
import { type Keyring, noKeys } from "../gossip/wire/keyring.ts";
import { pack } from "../gossip/wire/msgpack.ts";
import type { GossipFacts } from "../ports/host-membership.ts";

/** How much of swarmd's version is told; META_BYTES_MAX limits the whole. */
const VERSION_LENGTH_MAX = 64;
const ADDRESS_LENGTH_MAX = 64;

/** What a host tells about itself in gossip. */
export interface HostMeta {
  readonly role: NodeRole;
  /** IP address for overlay traffic. */
  readonly dataPathAddress: string;
  /** swarmd's. */
  readonly version: string;
}

/** A map in MessagePack, as memberlist's users have it; at most META_BYTES_MAX because of the limits above. */
export function toMeta({ role, dataPathAddress, version }: HostMeta): Uint8Array {
  const meta = pack({
    address: dataPathAddress.slice(0, ADDRESS_LENGTH_MAX),
    role: role.toLowerCase(),
    version: version.slice(0, VERSION_LENGTH_MAX),
  });
  return meta.length <= META_BYTES_MAX ? meta : pack({ role: role.toLowerCase() });
}

/** Sends with the middle key, and tries keys for reading in order of likelihood: the middle, the newest, the oldest. */
export function toKeyring(facts: GossipFacts | null): Keyring {
  if (facts === null || !areWhole(facts.keys)) return noKeys;
  const primary = primaryKeyOf(facts.keys);
  const [oldest, , newest] = facts.keys.keys;
  return { primary, keys: [primary, newest, oldest].filter((key) => key !== undefined) };
}

/** Where to gossip at first; `self` and invalid addresses are left out. */
export function toSeeds({ addresses }: GossipFacts, self: string): readonly Endpoint[] {
  return addresses
    .filter((address) => address !== self && isAddress(address))
    .map((address) => ({ address, port: GOSSIP_PORT }));
}

function isAddress(text: string): boolean {
  try {
    addressToBytes(text);
    return true;
  } catch {
    return false;
  }
}
