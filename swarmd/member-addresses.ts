import type { Store } from "../manager/store/store-types.ts";
import type { Clock, InstantMs } from "../shared/ports/clock.ts";

/** A flood of connections asks thousands of times a second, and nodes come and go far less often. */
const LOOKED_UP_EVERY_MS = 1_000;

export interface MemberAddressesDeps {
  readonly store: Pick<Store, "view">;
  /** HOST:PORT of the managers. */
  readonly managers: () => readonly string[];
  readonly clock: Pick<Clock, "now">;
}

/** Whether an address is that of a host of the cluster, according to the store; at most a second old. */
export class MemberAddresses {
  readonly #deps: MemberAddressesDeps;
  #known: ReadonlySet<string> = new Set();
  #atMs: InstantMs | null = null;

  constructor(deps: MemberAddressesDeps) {
    this.#deps = deps;
  }

  has(address: string): boolean {
    const nowMs = this.#deps.clock.now();
    if (this.#atMs === null || nowMs - this.#atMs >= LOOKED_UP_EVERY_MS) {
      this.#atMs = nowMs;
      this.#known = this.#lookUp();
    }
    // An IPv6 socket reports IPv4 peers as mapped addresses.
    return this.#known.has(address.replace(/^::ffff:(?=\d+\.)/i, ""));
  }

  #lookUp(): ReadonlySet<string> {
    const known = new Set<string>();
    for (const { status, description } of this.#deps.store.view().all("node")) {
      if (status.address !== "") known.add(status.address);
      if (description !== null && description.dataPathAddress !== "") known.add(description.dataPathAddress);
    }
    for (const manager of this.#deps.managers()) known.add(manager.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"));
    return known;
  }
}
