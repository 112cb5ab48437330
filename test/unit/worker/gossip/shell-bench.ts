import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { type Profile, swarmProfile } from "../../../../worker/gossip/core/profiles.ts";
import { Gossip, type GossipOptions } from "../../../../worker/gossip/gossip.ts";
import type { GossipStream, GossipTransport } from "../../../../worker/gossip/gossip-transport.ts";
import type { Endpoint } from "../../../../worker/gossip/wire/address.ts";
import { type Keyring, noKeys } from "../../../../worker/gossip/wire/keyring.ts";
import { MemoryGossipNet } from "../../../support/memory-gossip-net.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

export const at = (index: number): Endpoint => ({ address: `10.0.0.${index}`, port: 7946 });
export const keyOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

export interface Lodger {
  readonly gossip: Gossip;
  readonly changes: readonly string[];
  readonly warnings: readonly Readonly<Record<string, unknown>>[];
  /** Replace it, and the next packet goes by it. */
  keyring: Keyring;
  stateOf(name: string): string;
}

/** Members by their shell, on sockets in memory and under virtual time. */
export class ShellBench implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly net = new MemoryGossipNet(this.clock);
  readonly #stack = new AsyncDisposableStack();

  async start(
    index: number,
    options: Partial<GossipOptions> & { keyring?: Keyring; profile?: Profile } = {},
  ): Promise<Lodger> {
    const changes: string[] = [];
    const warnings: Readonly<Record<string, unknown>>[] = [];
    const log = { ...silentLogger, warn: (_: string, fields = {}) => void warnings.push(fields) };
    const name = options.name ?? `m${index}`;
    const lodger = { changes, warnings, keyring: options.keyring ?? noKeys };
    const gossip = await Gossip.start(
      {
        name,
        listen: at(index),
        meta: Uint8Array.of(index),
        profile: swarmProfile,
        label: "",
        compress: true,
        acceptPlain: false,
        ...options,
      },
      {
        open: this.net.open,
        keyring: () => lodger.keyring,
        clock: this.clock,
        random: seededRandom(index, `shell ${index}`),
        log,
        onMember: (change, member) => void changes.push(`${member.name} ${change}`),
      },
    );
    this.#stack.use(gossip);
    return Object.assign(lodger, { gossip, stateOf: (other: string) => gossip.member(other)?.state ?? "unknown" });
  }

  /** Members 1..count that know each other. */
  async cluster(count: number, options: Parameters<ShellBench["start"]>[1] = {}): Promise<readonly Lodger[]> {
    const lodgers: Lodger[] = [];
    for (let index = 1; index <= count; index++) lodgers.push(await this.start(index, options));
    for (const { gossip } of lodgers) gossip.setSeeds([at(1)]);
    await this.clock.until("all know all", () => lodgers.every(({ gossip }) => gossip.members().length === count));
    return lodgers;
  }

  /** Sockets without a member behind them: what they send is up to the test. */
  async stranger(index: number, heard: Uint8Array[] = []): Promise<GossipTransport> {
    return this.#stack.use(
      await this.net.open(at(index), {
        onPacket: (bytes) => void heard.push(bytes),
        onStream: (stream: GossipStream) => stream.close(),
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
