import { parseIpAddress } from "../../shared/address.ts";
import { SwarmError } from "../../shared/errors.ts";
import { isId } from "../../shared/ids.ts";
import { isMacAddress } from "../../shared/mac-address.ts";
import type { NetworkAttachment } from "../../shared/rpc/gen/objects.ts";
import { interfaceAt, isInterfaceName } from "./names.ts";

/** A task's place on one user network. */
export interface AttachedNetwork {
  readonly networkId: string;
  /** What its link to the network is called inside. */
  readonly interfaceName: string;
  /** Its addresses there, with prefix length; null = none of that family. */
  readonly cidrs: { readonly ipv4: string | null; readonly ipv6: string | null };
  /** The network has no way out. */
  readonly isInternal: boolean;
  /** Hardware address that people chose; absent = it follows from the address. */
  readonly mac?: string;
}

/**
 * The places that the task should have, out of those it has: a network that stays keeps its interface, a new one gets
 * the lowest that is free, and not one of a network that goes now, which has it a moment longer. `others` = interfaces
 * that are taken besides.
 * @throws SwarmError invalidArgument when an address is none.
 */
export function attachNetworks(
  before: readonly AttachedNetwork[],
  wanted: readonly (Pick<NetworkAttachment, "networkId" | "address" | "address6" | "macAddress"> & {
    readonly isInternal: boolean;
  })[],
  others: readonly string[],
): readonly AttachedNetwork[] {
  const wishes = wanted.map(({ networkId, address, address6, macAddress, isInternal }) => ({
    ...{ networkId, isInternal },
    cidrs: { ipv4: toCidr(address), ipv6: toCidr(address6) },
    ...(macAddress === undefined ? {} : { mac: macAddress }),
  }));
  const kept = wishes.map((wish) => before.find((one) => isSame(one, wish)) ?? null);
  const taken = new Set([...others, ...before.map(({ interfaceName }) => interfaceName)]);
  return wishes.map((wish, at) => {
    const known = kept[at];
    if (known !== null && known !== undefined) return known;
    let number = 0;
    while (taken.has(interfaceAt(number))) number++;
    taken.add(interfaceAt(number));
    return { ...wish, interfaceName: interfaceAt(number) };
  });
}

/** Without prefix length, IPv4 first. */
export function addressesOn({ cidrs }: AttachedNetwork): readonly string[] {
  return [cidrs.ipv4, cidrs.ipv6].flatMap((cidr) => cidr?.split("/")[0] ?? []);
}

/** Of a record in a file. */
export function isAttachedNetworks(value: unknown): value is readonly AttachedNetwork[] {
  return Array.isArray(value) && value.every(isAttachedNetwork);
}

function isAttachedNetwork(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { networkId, interfaceName, cidrs, isInternal, mac } = value as Record<string, unknown>;
  if (typeof cidrs !== "object" || cidrs === null) return false;
  const { ipv4, ipv6 } = cidrs as Record<string, unknown>;
  return (
    typeof networkId === "string" &&
    isId(networkId) &&
    isInterfaceName(interfaceName) &&
    typeof isInternal === "boolean" &&
    (mac === undefined || (typeof mac === "string" && isMacAddress(mac))) &&
    [ipv4, ipv6].every((cidr) => cidr === null || (typeof cidr === "string" && isCidr(cidr))) &&
    [ipv4, ipv6].some((cidr) => cidr !== null)
  );
}

type Place = Omit<AttachedNetwork, "interfaceName">;

function isSame(left: Place, right: Place): boolean {
  return (
    left.networkId === right.networkId &&
    left.cidrs.ipv4 === right.cidrs.ipv4 &&
    left.cidrs.ipv6 === right.cidrs.ipv6 &&
    left.isInternal === right.isInternal &&
    left.mac === right.mac
  );
}

/** As the kernel writes it; "" is none. */
function toCidr(text: string): string | null {
  if (text === "") return null;
  const [first = "", prefix = ""] = text.split("/");
  const address = parseIpAddress(first, "address of a task");
  const isLength = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (address.includes(":") ? 128 : 32);
  if (!isLength) throw new SwarmError("invalidArgument", `not an address with prefix length: ${JSON.stringify(text)}`);
  return `${address}/${Number(prefix)}`;
}

function isCidr(text: string): boolean {
  try {
    return toCidr(text) === text;
  } catch {
    return false;
  }
}
