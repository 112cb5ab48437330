import { messageOf } from "../../shared/errors.ts";
import type { ConnectionPattern } from "../netlink/connections.ts";
import type { NetworkKernel } from "../ports/network-kernel.ts";

/**
 * Forgetting connections beside everything else: the search for them takes the kernel longer than everything else
 * about a change. Only for a backend that drains it is waited for, since the task ends once this host has said that it
 * knows.
 */
export class Forgetting {
  #underWay: Promise<string | null> = Promise.resolve(null);

  /** To be called after `settle`. @throws SwarmError internal when it was waited for and the kernel did not answer. */
  async begin(kernel: Pick<NetworkKernel, "forgetConnections">, patterns: readonly ConnectionPattern[]): Promise<void> {
    if (patterns.length === 0) return;
    const forgotten = kernel.forgetConnections(patterns);
    if (patterns.some((pattern) => pattern.kind === "backend" && pattern.unanswered)) await forgotten;
    else
      this.#underWay = forgotten.then(
        () => null,
        (error: unknown) => `connections to backends that have gone were not forgotten: ${messageOf(error)}`,
      );
  }

  /**
   * When what was begun is done, so that nothing is forgotten of a backend that comes with an address that was used
   * before; resolves with why it failed, in words.
   */
  async settle(): Promise<readonly string[]> {
    const why = await this.#underWay;
    this.#underWay = Promise.resolve(null);
    return why === null ? [] : [why];
  }
}
