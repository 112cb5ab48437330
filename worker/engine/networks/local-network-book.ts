import type { LocalNetwork } from "../../../shared/rpc/gen/networks.ts";

/** What this host keeps of its local networks, on disk. */
export interface LocalNetworkBook {
  load(): Promise<readonly LocalNetwork[]>;
  put(network: LocalNetwork): Promise<void>;
  remove(id: string): Promise<void>;
}
