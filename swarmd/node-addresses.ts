import { SwarmError } from "../shared/errors.ts";
import { chooseAdvertiseAddress, type InterfaceAddress, joinHostPort, splitHostPort } from "./advertise.ts";
import { type DaemonOptions, DEFAULT_MANAGER_PORT } from "./daemon-options.ts";
import type { NodeRecord } from "./node-record.ts";

/** Where a node is reached, and listens. */
export interface Addresses {
  readonly ip: string;
  readonly advertise: string;
  readonly listen: string;
  readonly dataPath: string;
}

/** What `init` and `join` say of addresses; "" = as the daemon's flags have it. */
export interface AskedAddresses {
  readonly advertiseAddress: string;
  readonly listenAddress: string;
  readonly dataPathAddress: string;
}

/** @throws SwarmError when one is wrong, or none of this host's can be chosen. */
export function chooseAddresses(
  asked: AskedAddresses,
  options: DaemonOptions,
  interfaces: readonly InterfaceAddress[],
): Addresses {
  const listen = splitHostPort(asked.listenAddress || options.listenAddress, "--listen-addr");
  const listenPort = listen.port ?? DEFAULT_MANAGER_PORT;
  const chosen = chooseAdvertiseAddress(asked.advertiseAddress || options.advertiseAddress, interfaces);
  const dataPath = asked.dataPathAddress || options.dataPathAddress;
  return {
    ip: chosen.ip,
    advertise: joinHostPort(chosen.ip, chosen.port ?? listenPort),
    listen: joinHostPort(listen.host, listenPort),
    dataPath: dataPath === "" ? chosen.ip : chooseAdvertiseAddress(dataPath, interfaces, "--data-path-addr").ip,
  };
}

/**
 * Of a node that is told to be elsewhere; what is not said stays, and what was the same as another address goes with
 * it. null = nothing is said. @throws SwarmError as `chooseAddresses`.
 */
export function addressesAnew(
  asked: AskedAddresses,
  record: Pick<NodeRecord, "advertiseAddress" | "listenAddress" | "dataPathAddress">,
  options: DaemonOptions,
  interfaces: readonly InterfaceAddress[],
): Addresses | null {
  const { advertiseAddress, listenAddress, dataPathAddress } = asked;
  if ([advertiseAddress, listenAddress, dataPathAddress].every((each) => each === "")) return null;
  const advertise = chooseAdvertiseAddress(advertiseAddress || record.advertiseAddress, interfaces);
  const before = splitHostPort(record.advertiseAddress, "the advertise address").host;
  const listen = splitHostPort(record.listenAddress, "the listen address");
  const hadOwnData = record.dataPathAddress !== before;
  const listenHost = listen.host === before ? advertise.ip : listen.host;
  return chooseAddresses(
    {
      advertiseAddress: advertiseAddress || record.advertiseAddress,
      listenAddress: listenAddress || joinHostPort(listenHost, listen.port ?? DEFAULT_MANAGER_PORT),
      dataPathAddress: dataPathAddress || (hadOwnData ? record.dataPathAddress : advertise.ip),
    },
    options,
    interfaces,
  );
}

/** HOST:PORT of the managers that `join` was given. @throws SwarmError invalidArgument when one is wrong, or none. */
export function managersToJoin(remoteAddresses: readonly string[]): readonly string[] {
  if (remoteAddresses.length === 0) throw new SwarmError("invalidArgument", "join needs the address of a manager");
  return remoteAddresses.map((text) => {
    const { host, port } = splitHostPort(text, "manager address");
    return joinHostPort(host, port ?? DEFAULT_MANAGER_PORT);
  });
}
