import type { Guest, Network } from "../../shared/rpc/gen/objects.ts";

/** What the leader of the swarm does for own containers of a host that is in session with it. */
export interface GuestLink {
  /** @throws SwarmError notFound; permissionDenied for a network that lets no own containers in. */
  findNetwork(ref: string, signal: AbortSignal): Promise<Network>;
  /** Says all guests there are; resolves with each of them, in order, with its addresses or why it has none. */
  tellGuests(guests: readonly Guest[], signal: AbortSignal): Promise<readonly Guest[]>;
}

/** Keeps guests, own containers on networks of the swarm, and tells every leader of them. */
export interface GuestKeeper {
  onSession(link: GuestLink): void;
  onSessionOver(): void;
}
