import { networkInterfaces } from "node:os";
import { PROTOCOL } from "../../worker/netlink/groups.ts";
import { drainNotices } from "../../worker/ports/netlink-socket.ts";
import { joinGroup, openNetlink } from "../../worker/ports/system-calls.ts";
import type { InterfaceAddress } from "../advertise.ts";

/** RTNLGRP_*: devices, which show addresses only when they are up, and addresses of both families. */
const GROUPS = [1, 5, 9] as const;

/**
 * Gives a function that says this host's addresses, in the daemon's network namespace. On a host with many containers
 * it takes a millisecond to list them, so they are listed anew only when the kernel has told of a change.
 */
export function followInterfaceAddresses(): () => readonly InterfaceAddress[] {
  // Open for as long as the process runs.
  const notices = openNetlink(PROTOCOL.route);
  for (const group of GROUPS) joinGroup(notices, group);
  let known: readonly InterfaceAddress[] | null = null;
  return () => {
    // Before they are listed, so that what changes meanwhile is heard the next time.
    const isWhole = drainNotices(notices, () => {
      known = null;
    });
    if (!isWhole) known = null;
    known ??= listInterfaceAddresses();
    return known;
  };
}

function listInterfaceAddresses(): readonly InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) =>
    addresses.map(({ address, family, internal }) => ({ interfaceName, address, family, internal })),
  );
}
