import { networkInterfaces } from "node:os";
import type { InterfaceAddress } from "../advertise.ts";

/** This host's addresses, in the daemon's network namespace. */
export function listInterfaceAddresses(): readonly InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) =>
    addresses.map(({ address, family, internal }) => ({ interfaceName, address, family, internal })),
  );
}
