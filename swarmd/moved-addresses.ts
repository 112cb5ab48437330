import type { Logger } from "../shared/log.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import { type InterfaceAddress, joinHostPort, splitHostPort } from "./advertise.ts";
import type { NodeRecord } from "./node-record.ts";

/**
 * How often a node looks whether its host still has its addresses, which takes a fraction of a millisecond. A host that
 * nobody reaches is given up after 2 s, and by then it should speak from its new address.
 */
export const ADDRESS_LOOK_MS = 500;
/** Once it has not, it looks again: who renews an address may take it away for a moment. */
export const ADDRESS_CONFIRM_MS = 200;

/**
 * What the record should say on a host with these addresses. A node's address belongs to a network interface: where
 * that has another one of the same family instead, and only one, this is the node's from now on. An address that was
 * on no interface when it was last looked at is somebody else's to translate, and stays; so does one whose interface
 * has none or several others, since nobody can say which of them is meant.
 */
export function followInterfaces(record: NodeRecord, all: readonly InterfaceAddress[]): NodeRecord {
  const { host: advertised, port } = splitHostPort(record.advertiseAddress, "the advertise address");
  const { host: listening, port: listenPort } = splitHostPort(record.listenAddress, "the listen address");
  const advertise = follow(advertised, record.advertiseInterface, all);
  const dataPath = follow(record.dataPathAddress, record.dataPathInterface, all);
  return {
    ...record,
    advertiseAddress: withPort(advertise.address, port),
    // Where it listens on this address alone.
    listenAddress: listening === advertised ? withPort(advertise.address, listenPort) : record.listenAddress,
    dataPathAddress: dataPath.address,
    ...(advertise.name === undefined ? {} : { advertiseInterface: advertise.name }),
    ...(dataPath.name === undefined ? {} : { dataPathInterface: dataPath.name }),
  };
}

/** What the record should say on this host; the log says where the node has moved. */
export function recordHere(
  last: NodeRecord,
  { interfaces, log }: { readonly interfaces: () => readonly InterfaceAddress[]; readonly log: Logger },
): NodeRecord {
  const record = following(last, interfaces);
  const [was, is] = [last, record].map((each) => [each.advertiseAddress, each.dataPathAddress]);
  if (hasMoved(last, record)) log.warn("this host has another address", { was, is });
  return record;
}

/** Whether the node is to be reached elsewhere. */
export function hasMoved(before: NodeRecord, now: NodeRecord): boolean {
  return before.advertiseAddress !== now.advertiseAddress || before.dataPathAddress !== now.dataPathAddress;
}

/** Resolves with true once the host's addresses are others, and the same at two looks. @throws the signal's reason. */
export async function untilMoved(
  record: () => NodeRecord,
  { interfaces, clock }: { readonly interfaces: () => readonly InterfaceAddress[]; readonly clock: Clock },
  signal: AbortSignal,
): Promise<true> {
  for (let last: NodeRecord | null = null; ; ) {
    await sleep(clock, last === null ? ADDRESS_LOOK_MS : ADDRESS_CONFIRM_MS, "node: look at its addresses", signal);
    const now = following(record(), interfaces);
    if (!hasMoved(record(), now)) last = null;
    else if (last !== null && !hasMoved(last, now)) return true;
    else last = now;
  }
}

/** A host that cannot say its addresses now, for want of a file descriptor, has the ones it had. */
function following(record: NodeRecord, interfaces: () => readonly InterfaceAddress[]): NodeRecord {
  try {
    return followInterfaces(record, interfaces());
  } catch {
    return record;
  }
}

function follow(
  address: string,
  interfaceName: string | undefined,
  all: readonly InterfaceAddress[],
): { readonly address: string; readonly name: string | undefined } {
  const present = all.find((each) => each.address === address);
  if (present !== undefined) return { address, name: present.interfaceName };
  const family = address.includes(":") ? "IPv6" : "IPv4";
  const others = all.filter((each) => each.interfaceName === interfaceName && each.family === family);
  const [only, second] = others.filter((each) => !/^(fe80:|169\.254\.)/.test(each.address));
  return { address: only === undefined || second !== undefined ? address : only.address, name: interfaceName };
}

function withPort(host: string, port: number | null): string {
  return port === null ? host : joinHostPort(host, port);
}
