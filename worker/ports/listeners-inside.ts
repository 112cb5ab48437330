import type { Listener } from "../netlink/listeners.ts";

/** Who takes what comes to a port in the network namespace of a file; null = this kernel does not say. */
export type ListenersInside = (namespace: string) => readonly Listener[] | null;
