import { toAddress } from "../../shared/ipv4.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import { RESOLV_CONF_FRESH_MS } from "./limits.ts";
import { canonicalIpv6 } from "./names.ts";

/** As many as a resolver library reads (MAXNS in resolv.h). */
const NAMESERVERS_MAX = 3;
/** Asked when the host names none. The same as Docker's. */
const FALLBACK_SERVERS: readonly string[] = ["8.8.8.8", "8.8.4.4"];

/**
 * The servers that the host itself asks, out of its resolv.conf. Also those on its loopback, since we ask from where
 * the host does. `own`, where we listen ourselves, is left out: we would ask ourselves.
 */
export function serversOf(resolvConf: string, own: string | null): readonly string[] {
  const named = resolvConf
    .split("\n")
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? "")
    .filter((address) => isAddress(address) && address !== own);
  const servers = [...new Set(named)].slice(0, NAMESERVERS_MAX);
  return servers.length > 0 ? servers : FALLBACK_SERVERS;
}

/** Link-local addresses come with the name of a link (`fe80::1%eth0`). */
function isAddress(text: string): boolean {
  return (
    toAddress(text) !== null || (/^[^%]+(%[\w.-]+)?$/.test(text) && canonicalIpv6(text.split("%")[0] ?? "") !== null)
  );
}

/** Reads the host's list when somebody asks, and again when it may have changed: nothing runs at rest. */
export class HostServers {
  readonly #read: () => Promise<string>;
  readonly #clock: Clock;
  #text = "";
  #readAt: InstantMs | null = null;
  #reading: Promise<void> | null = null;

  /** `read`: the text of the host's resolv.conf, "" when it has none. */
  constructor(read: () => Promise<string>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  async servers(own: string | null): Promise<readonly string[]> {
    if (this.#readAt === null || this.#clock.now() - this.#readAt >= RESOLV_CONF_FRESH_MS) {
      this.#reading ??= this.#refresh().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
    return serversOf(this.#text, own);
  }

  async #refresh(): Promise<void> {
    try {
      this.#text = await this.#read();
    } catch {
      // Unreadable for a moment, as when the host is out of files: what it said before is the best there is.
    }
    this.#readAt = this.#clock.now();
  }
}
