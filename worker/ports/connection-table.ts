import { sleep } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { type ConnectionPattern, connectionsRequests, forgetRequest } from "../netlink/connections.ts";
import { PROTOCOL } from "../netlink/groups.ts";
import { NetlinkSocket } from "./netlink-socket.ts";
import { inNamespace } from "./network-namespaces.ts";

/** Longer than a packet and its answer take between hosts, shorter than a client waits before it asks again (1 s). */
const ANSWER_WAIT_MS = 50;

/**
 * The kernel's table of connections, of one namespace. The table is one for all namespaces and has a quarter of a
 * million places on a small machine, which a search goes through one by one for ten milliseconds: it is searched on
 * another thread, so that everybody else goes on.
 */
export class ConnectionTable {
  readonly #socket: NetlinkSocket;
  /** One search at a time. */
  #tail: Promise<void> = Promise.resolve();

  /** null = the daemon's own namespace. */
  constructor(namespace: number | null) {
    this.#socket = inNamespace(namespace, () => new NetlinkSocket(PROTOCOL.netfilter));
  }

  /** Makes the kernel forget what matches. @throws SwarmError internal when it does not answer. */
  forget(patterns: readonly ConnectionPattern[]): Promise<void> {
    const forgotten = this.#tail.then(async () => {
      for (const pattern of patterns) await this.#forget(pattern);
    });
    this.#tail = forgotten.catch(() => {});
    return forgotten;
  }

  /** When what was begun is done: the number of a socket that is closed is soon another's. */
  close(): void {
    void this.#tail.then(() => this.#socket.close());
  }

  async #forget(pattern: ConnectionPattern): Promise<void> {
    let matching = await this.#find(pattern);
    if (matching.length === 0) return;
    if (pattern.kind === "backend" && pattern.unanswered) {
      // The answer to a packet that was sent this very moment is on its way, and its connection must not be cut.
      const before = new Set(matching.map((request) => request.toString("hex")));
      await sleep(systemClock, ANSWER_WAIT_MS, "answers to first packets");
      matching = (await this.#find(pattern)).filter((request) => before.has(request.toString("hex")));
    }
    // One that has gone by itself meanwhile is as good.
    this.#socket.transact(matching);
  }

  /** The requests that forget what matches. */
  async #find(pattern: ConnectionPattern): Promise<readonly Buffer[]> {
    const found: Buffer[] = [];
    for (const request of connectionsRequests(pattern))
      await this.#socket.dumpAside(request, (message) => {
        const removal = forgetRequest(message, pattern);
        if (removal !== null) found.push(removal);
      });
    return found;
  }
}
