/**
 * Why bytes from the network were refused. `truncated` also means "not all of it has come yet" on a stream.
 * A closed set: each has a counter (worker/gossip/traffic-counters.ts).
 */
export type WireFault =
  | "truncated"
  | "malformed"
  | "tooLarge"
  | "badCrc"
  | "badLabel"
  | "notEncrypted"
  | "wrongKey"
  | "unknownType"
  | "unsupported";

/** Refused input of a peer; never our own bug. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly fault: WireFault;
  constructor(fault: WireFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
