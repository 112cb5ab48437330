import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../shared/errors.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { HostListener } from "../../shared/rpc/gen/objects.ts";
import type { Listener } from "../netlink/listeners.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import { hostListeners } from "./host-listeners.ts";
import {
  claimPorts,
  formatClaims,
  type LeftPorts,
  leftPorts,
  type MeshPorts,
  NO_CLAIMS,
  type PortClaims,
  parseClaims,
} from "./port-claims.ts";

/**
 * How often the host's listeners are looked at. A program that begins to listen on a published port is shown this much
 * later; nothing else waits for it, since newly published ports are looked at by themselves.
 */
export const LISTENERS_INTERVAL_MS = 20_000;

/** What the watch needs of the host. */
export interface PortHost {
  listeners(): Promise<readonly Listener[]>;
  readSetting(path: string): string | null;
}

/** Where the kernel takes ports from for programs that ask for none. */
const EPHEMERAL = "net/ipv4/ip_local_port_range";
const EPHEMERAL_DEFAULT = { from: 32_768, to: 60_999 } as const;

/** Keeps track of which programs of this host listen where, and whose the published ports among these are. */
export class PortWatch {
  readonly #host: PortHost;
  readonly #files: Pick<NetworkFiles, "readClaims" | "writeClaims" | "socketOwners">;
  /** null = nothing has been published yet. */
  #claims: PortClaims | null = null;
  /** As in the file. */
  #written: string | null = null;
  #listeners: readonly Listener[] = [];
  /** Every socket of the last look; null = there was none. */
  #seen: ReadonlySet<number> | null = null;
  /** Programs by the sockets they have; "" = nobody's that can be told, null = this daemon's. */
  readonly #programs = new Map<number, string | null>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(host: PortHost, files: Pick<NetworkFiles, "readClaims" | "writeClaims" | "socketOwners">) {
    this.#host = host;
    this.#files = files;
  }

  /** To be awaited before the ports are published: decides whose they are. */
  async publish(published: MeshPorts): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#claims !== null && isDeepStrictEqual(this.#claims.published, published)) return;
      await this.#look();
      const before = this.#claims ?? parseClaims(await this.#files.readClaims(), published) ?? NO_CLAIMS;
      await this.#claim(published, before);
    });
  }

  /** Looks who listens. Resolves with whether that changed what is left to programs. */
  async look(): Promise<boolean> {
    return await this.#inTurn(async () => {
      const before = this.left();
      await this.#look();
      if (this.#claims !== null) await this.#claim(this.#claims.published, this.#claims);
      return !isDeepStrictEqual(before, this.left());
    });
  }

  /** What the mesh leaves to programs of this host. */
  left(): LeftPorts {
    return this.#claims === null ? new Map() : leftPorts(this.#claims, this.#listeners);
  }

  /** For the managers, as of the last look. */
  report(): readonly HostListener[] {
    return hostListeners(this.#listeners, this.#programs, this.#claims ?? NO_CLAIMS);
  }

  /** After everything was taken away. */
  async forget(): Promise<void> {
    this.#claims = null;
    this.#written = null;
    await this.#files.writeClaims(null);
  }

  async #look(): Promise<void> {
    const all = await this.#host.listeners();
    const seen = this.#seen;
    const range = this.#ephemeral();
    // A client that asks by UDP has a socket like a server's, for a moment, at a port the kernel chose.
    const isPassing = ({ protocol, port, inode }: Listener): boolean =>
      protocol === "udp" && port >= range.from && port <= range.to && seen !== null && !seen.has(inode);
    this.#seen = new Set(all.map(({ inode }) => inode));
    for (const inode of this.#programs.keys()) if (!this.#seen.has(inode)) this.#programs.delete(inode);
    const lasting = all.filter((listener) => !isPassing(listener));
    await this.#name(lasting);
    this.#listeners = lasting.filter(({ inode }) => this.#programs.get(inode) !== null);
  }

  /** Whose a socket is does not change, and looking through all programs' files is long. */
  async #name(listeners: readonly Listener[]): Promise<void> {
    const unknown = new Set(listeners.map(({ inode }) => inode).filter((inode) => !this.#programs.has(inode)));
    if (unknown.size === 0) return;
    const owners = await this.#files.socketOwners(unknown);
    for (const inode of unknown) {
      const owner = owners.get(inode);
      this.#programs.set(inode, owner?.isSelf === true ? null : (owner?.program ?? ""));
    }
  }

  async #claim(published: MeshPorts, before: PortClaims): Promise<void> {
    this.#claims = claimPorts(published, before, this.#listeners);
    const text = formatClaims(this.#claims);
    if (text === this.#written) return;
    await this.#files.writeClaims(text);
    this.#written = text;
  }

  #ephemeral(): { readonly from: number; readonly to: number } {
    const [from, to] = (this.#host.readSetting(EPHEMERAL) ?? "").split(/\s+/).map(Number);
    return from === undefined || to === undefined || !(from > 0) ? EPHEMERAL_DEFAULT : { from, to };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => {});
    return turn;
  }
}

/** Looks again and again until the signal aborts; ends without error then. */
export async function runPortWatch(
  network: { lookAtPorts(): Promise<void> },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await network.lookAtPorts();
      failures = 0;
    } catch (error) {
      log[levelOfFailure(++failures)]("could not look who listens on this host", { error: messageOf(error), failures });
    }
    await sleep(clock, LISTENERS_INTERVAL_MS, "port watch", signal).catch(() => {});
  }
}
