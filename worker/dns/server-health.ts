import type { InstantMs } from "../../shared/ports/clock.ts";
import { SERVER_HOLD_MS } from "./limits.ts";

/** Which other servers did not answer lately. Bounded by the servers that are named. */
export class ServerHealth {
  readonly #failed = new Map<string, InstantMs>();

  /** Those that answer first, in the order given; then those that failed, which may be back. */
  order(servers: readonly string[], now: InstantMs): readonly string[] {
    for (const [server, at] of this.#failed) if (now - at >= SERVER_HOLD_MS) this.#failed.delete(server);
    const isWell = (server: string): boolean => !this.#failed.has(server);
    return [...servers.filter(isWell), ...servers.filter((server) => !isWell(server))];
  }

  noteFailure(server: string, now: InstantMs): void {
    this.#failed.set(server, now);
  }

  noteAnswer(server: string): void {
    this.#failed.delete(server);
  }
}
