import { LOCAL_TTL_SECONDS } from "./limits.ts";
import { addressBytes, bareAddress } from "./names.ts";
import type { DnsRecord } from "./reply.ts";

/**
 * The record of an address, with or without prefix length; none for "" and for what is no address. `owner`: null = the
 * name that was asked for.
 */
export function addressRecords(address: string, owner: string | null = null): readonly DnsRecord[] {
  const bytes = address === "" ? null : addressBytes(bareAddress(address));
  return bytes === null ? [] : [{ owner, ttlSeconds: LOCAL_TTL_SECONDS, data: { kind: "address", bytes } }];
}
