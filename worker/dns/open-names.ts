import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { NameFacts } from "../../shared/rpc/gen/doctor.ts";
import type { DnsSockets } from "../ports/dns-sockets.ts";
import type { NameService } from "../ports/name-service.ts";
import { examineNames } from "./examine-names.ts";
import { Forwarder } from "./forwarder.ts";
import { HostNames, type LocalNames } from "./host-names.ts";
import { HostServers } from "./host-servers.ts";
import { LOG_AGAIN_MS } from "./limits.ts";
import { NameListener } from "./name-listener.ts";
import { NameServer } from "./name-server.ts";

export interface NamesOptions {
  /** Where tasks send their questions. */
  readonly address: (signal: AbortSignal) => Promise<string>;
  /** Which task has the address. */
  readonly taskAt: (address: string) => ContainerKey | null;
  /** The text of the host's resolv.conf, "" when it has none. */
  readonly readResolvConf: () => Promise<string>;
  readonly sockets: DnsSockets;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Names {
  readonly service: NameService;
  /** Of this host's own networks. */
  setLocal(local: LocalNames): void;
  /** Answers tasks until aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether it is there and knows what it should. */
  examine(signal: AbortSignal): Promise<NameFacts>;
}

/** Puts a host's DNS server together. */
export function openNames(options: NamesOptions): Names {
  const { clock, log } = options;
  const names = new HostNames();
  const hostServers = new HostServers(options.readResolvConf, clock);
  let complainedAt: number | null = null;
  const server = new NameServer({
    ...options,
    names,
    forwarder: new Forwarder(options),
    hostServers: () => hostServers.servers(listener.address),
    onLoop(name) {
      if (complainedAt !== null && clock.now() - complainedAt < LOG_AGAIN_MS) return;
      complainedAt = clock.now();
      log.warn("a name server that this host asks asks this host in turn; see its resolv.conf and --dns of services", {
        name,
      });
    },
  });
  const listener = new NameListener({ ...options, server });
  return {
    service: names,
    setLocal: (local) => names.setLocal(local),
    run: (signal) => listener.run(signal),
    examine(signal) {
      const { address } = listener;
      return examineNames({ ...options, names, address, hostServers: () => hostServers.servers(address) }, signal);
    },
  };
}
